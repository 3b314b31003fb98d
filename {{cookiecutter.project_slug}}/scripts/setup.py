"""Builds .venv from the lock files; every download is checked against its hash.

    python3 scripts/setup.py                        this project's environment
    python3 scripts/setup.py --root DIR LOCK ...    another folder's, from other locks
    python3 scripts/setup.py --tracker NAME         that of a tracker, beside .venv
    python3 scripts/setup.py --check                compares .venv with the locks, file by file,
                                                    except bytecode, which it removes

Standard library only, because this runs before anything is installed. uv does the work; if the
locked uv is missing, pip fetches it by the hash in setup.lock. An environment that is as locked is
left alone; one that was interrupted, moved or damaged is rebuilt.
"""

from __future__ import annotations  # so that an old Python gets as far as a clear message

import os
import sys

if __name__ == "__main__":  # before a file on PYTHONPATH can shadow a module of Python
    sys.path[:] = [path for path in sys.path if path.startswith(sys.base_prefix)]
    sys.path.append(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120

import argparse
import contextlib
import hashlib
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from uv_tool import PROJECT, SETUP_LOCK, Problem, base_python, find_uv, run, wheel_sources
from venv_files import (
    BIN,
    COMMANDS,
    LOOK,
    SOURCES,
    SUFFIX,
    altered,
    drop_bytecode,
    link_mode,
    packages,
    site_packages,
    state,
    strays,
    unshare,
)

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

STAMP = "locked.json"  # in .venv: what it was built from; written last, so the rest is complete
OLDEST_PYTHON = (3, 11)
LOCKS_OF_TRACKERS = PROJECT / "src/samebits/tracking"


def main() -> int:
    parser = argparse.ArgumentParser(description="Build .venv from the lock files.")
    parser.add_argument("--root", type=Path, default=PROJECT, help="the folder that gets .venv")
    parser.add_argument("--check", action="store_true", help="only compare .venv with the locks")
    trackers = sorted(lock.stem for lock in LOCKS_OF_TRACKERS.glob("*.lock"))
    parser.add_argument("--tracker", choices=trackers, help="build the environment of a tracker")
    parser.add_argument("locks", nargs="*", help="relative to the folder; by default the project's")
    options = parser.parse_args()
    root = options.root.resolve()
    if options.tracker:
        root = PROJECT / ".trackers" / options.tracker  # with .venv, and what it keeps
        options.locks = [LOCKS_OF_TRACKERS / f"{options.tracker}.lock"]
    # A borrowed environment of another folder must match this project's locks.
    home = PROJECT if options.check and not options.locks else root
    names = [f"requirements/{name}.lock" for name in lock_names(home / "requirements")]
    locks = [home / name for name in options.locks or names]
    leave_environment(root / ".venv")
    try:
        print(check(root, locks, wanted_python(home)) if options.check else build(root, locks))
    except (Problem, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        # As of the engine's commands: 1 is a no, 2 says that it could not be done.
        return 1 if options.check and isinstance(error, Problem) else 2
    except KeyboardInterrupt:
        print("\nerror: interrupted; run it again, it starts over", file=sys.stderr)
        return 130
    return 0


def lock_names(requirements: Path) -> list[str]:
    """The locks of a project; remote.in is there if its remote needs a plugin."""
    others = [name for name in ("serve", "remote") if (requirements / f"{name}.in").exists()]
    return ["runtime", "dev", *others]


def leave_environment(venv: Path) -> None:
    """Restarts under the base interpreter, since an environment cannot rebuild itself."""
    if Path(sys.prefix).resolve() == venv:
        sys.exit(subprocess.call([base_python(), "-I", *sys.argv]))


def build(root: Path, locks: list[Path]) -> str:
    """Makes `root/.venv` equal to the locks; returns a line that says what was done."""
    started = time.perf_counter()
    venv = root / ".venv"
    root.mkdir(parents=True, exist_ok=True)
    if os.pathsep in str(root):
        raise Problem(
            f"{root} has a '{os.pathsep}' in its path, which separates entries of PATH, so no tool "
            "in it would be found: rename the folder"
        )
    python = wanted_python(root)
    wanted = stamp(venv, locks, python)
    with exclusive(root):
        recorded = read_stamp(venv)
        if recorded == {**wanted, **state(venv)}:
            return f"Nothing to do: .venv is as locked (Python {python})."
        fits = all(recorded.get(key) == wanted[key] for key in ("place", "python", "links"))
        if venv.is_symlink():
            print(f"{venv} is a link: replacing it by an environment")
            venv.unlink()
        elif venv.exists() and not fits:
            print(f"{venv} was interrupted, moved or made for another Python: rebuilding it")
            shutil.rmtree(venv)
        (venv / STAMP).unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix="uv-") as tools:
            uv = find_uv(venv, Path(tools))
            install(root, locks, python, uv, altered(venv))
            if edited := altered(venv):  # uv trusts the files in its cache
                print(f"Edited in uv's cache, so fetched again: {', '.join(edited)}")
                install(root, locks, python, uv, edited, "--no-cache")
                compare(venv)
        if files := strays(venv):
            print(f"Removing files of no package: {shown_paths(venv, files)}")
            for file in files:
                file.unlink()
        drop_bytecode(venv)
        unshare(venv)
        link_sources(root, venv)
        draft = venv / f"{STAMP}.new"
        draft.write_bytes(json.dumps({**wanted, **state(venv)}, indent=1).encode())
        draft.replace(venv / STAMP)
    took, count = time.perf_counter() - started, len(packages(venv))
    return f"Ready: .venv holds {count} locked packages, Python {python} ({took:.0f} s)."


@contextlib.contextmanager
def exclusive(root: Path) -> Iterator[None]:
    """Waits for another setup of this folder, also for the uv that a killed setup left running.

    The tools inherit the lock. Windows has no such lock, but refuses to remove files in use.
    """
    if fcntl is None:
        yield
        return
    handle = os.open(root, os.O_RDONLY)
    try:
        os.set_inheritable(handle, True)
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def wanted_python(root: Path) -> str:
    """The version in `.python-version`, or that of the running interpreter ("3.12")."""
    file = root / ".python-version"
    if file.exists():
        return file.read_text(encoding="utf-8").strip()
    if sys.version_info < OLDEST_PYTHON:
        raise Problem(
            f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: "
            "choose another, as in `make PYTHON=python3.11`"
        )
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def digest(files: list[Path]) -> str:
    """SHA-256 over the contents of the lock files, in order."""
    sums = ""
    for file in files:
        if not file.exists():
            raise Problem(f"the lock file {file} is missing: restore it from Git")
        sums += hashlib.sha256(file.read_bytes()).hexdigest()
    return hashlib.sha256(sums.encode()).hexdigest()


def stamp(venv: Path, locks: list[Path], python: str) -> dict[str, object]:
    """What an environment is built from, to record in it."""
    sums = digest([*locks, SETUP_LOCK])
    return {"place": str(venv), "python": python, "links": "none", "locks": sums}


def read_stamp(venv: Path) -> dict[str, object]:
    """What the environment was built from; empty if it is unfinished or cannot run."""
    if not (venv / BIN / f"python{SUFFIX}").exists():  # or its base interpreter is gone
        return {}
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def check(root: Path, locks: list[Path], python: str) -> str:
    """Compares what is installed with the locks, and the files of each package with its RECORD.

    Bytecode is removed, since no comparison shows what it was compiled from.

    Raises:
        Problem: it was built from other locks, or a file is missing, changed, or of no package.
    """
    venv = (root / ".venv").resolve()  # a link may lead to a borrowed environment
    recorded, installed = read_stamp(venv), packages(venv)
    if not installed:
        raise Problem(f"{venv} has no packages: run `make setup`")
    if any(recorded.get(key) != value for key, value in stamp(venv, locks, python).items()):
        raise Problem(f"{venv} was not built from the present locks: run `make setup`")
    if recorded.get("packages") != installed:
        raise Problem(f"packages of {venv} were added or removed since: run `make setup`")
    drop_bytecode(venv)
    compare(venv)
    if files := strays(venv):
        raise Problem(f"{shown_paths(venv, files)} belong to no package: run `make setup`")
    return f"Every file of {len(installed)} packages is as locked."


def compare(venv: Path) -> None:
    """Compares every file of the packages with its hash.

    Raises:
        Problem: a file is missing or changed.
    """
    if edited := altered(venv):
        shown = ", ".join([file for files in edited.values() for file in files][:5])
        raise Problem(
            f"files of {', '.join(edited)} were changed since ({shown}): run `make setup`"
        )


def shown_paths(venv: Path, files: list[Path]) -> str:
    """The first three files, as in `.venv/lib/a.py, .venv/lib/b.py, .venv/lib/c.py and 2 more`."""
    names = ", ".join(str(file.relative_to(venv.parent)) for file in files[:3])
    return f"{names} and {len(files) - 3} more" if len(files) > 3 else names


def install(
    root: Path, locks: list[Path], python: str, uv: str, again: Iterable[str], *options: str
) -> None:
    """Creates the environment if it is missing, and installs the locked packages and no others.

    Packages named in `again` are reinstalled. The locks also constrain what builds a source
    distribution, so that this is hashed too.
    """
    venv = root / ".venv"
    if not venv.exists():
        running = sys.version.split()[0].startswith(f"{python}.")
        interpreter = base_python() if running else python
        run([uv, "venv", "--quiet", "--no-project", "--python", interpreter, str(venv)])
    print(f"Installing {', '.join(lock.name for lock in locks)} into {venv}")
    command = [uv, "pip", "sync", "--require-hashes", "--link-mode", link_mode(venv), *options]
    command += [part for name in again for part in ("--reinstall-package", name)]
    command += ["--python", str(venv / BIN / f"python{SUFFIX}")]
    for lock in locks:
        command += ["--build-constraints", str(lock)]
    run([*command, *wheel_sources(locks), *map(str, locks)])


def link_sources(root: Path, venv: Path) -> None:
    """Makes `src` importable without an installation, and the engine in it a command.

    The `src` of the current folder comes first: DVC runs queued experiments in copies, which must
    run their own code. The path is relative because a .pth file is read in the locale's encoding.
    """
    folder = site_packages(venv)
    if folder is None or not (root / "src").is_dir():
        return
    text = f"{LOOK}\n{os.path.relpath(root / 'src', folder)}\n"
    (folder / SOURCES).write_bytes(text.encode("ascii"))
    if (root / "src" / "samebits").is_dir():
        for name, content in COMMANDS.items():
            command = venv / BIN / name
            command.write_bytes(content)
            command.chmod(0o755)


if __name__ == "__main__":
    sys.exit(main())
