"""Refreshes the lock files: all that requirements/*.in ask for, pinned and hashed.

    python scripts/lock.py              adds what is new in the .in files, keeps other versions
    python scripts/lock.py --upgrade    takes the newest version of everything

A lock serves Linux, macOS and Windows with Python 3.11 and newer, and names no package index.
All locks are made before any is replaced, so a failure leaves them as they were.
"""

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # which Python omits in isolated mode
import setup
from uv_tool import PROJECT, TORCH_CPU, Problem, local_wheels, run, wheel_sources

COMPILE = (
    "pip compile --universal --generate-hashes --python-version 3.11 --fork-strategy fewest "
    "--no-header --quiet"
).split()
DATA = ("example", "weights")
Pins = dict[str, list[str]]


def main() -> int:
    parser = argparse.ArgumentParser(description="Refresh the lock files.")
    parser.add_argument("--root", type=Path, default=PROJECT, help="the folder of requirements/")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    options = parser.parse_args()
    folder = options.root.resolve() / "requirements"
    try:
        changes = refresh(folder, options.upgrade)
    except (Problem, OSError) as error:
        print(f"error: {error}; no lock was changed", file=sys.stderr)
        return 2
    print("\n".join(changes) or "Nothing to do: every lock is as its .in file asks.")
    return 0


def refresh(folder: Path, upgrade: bool) -> list[str]:
    """Replaces the locks in `folder`; returns a line for each pin that changed."""
    with tempfile.TemporaryDirectory(prefix="locks-") as scratch:
        draft = Path(shutil.copytree(folder, Path(scratch) / "requirements"))
        for name in [*setup.lock_names(draft), *data_locks(draft)]:
            compile_lock(draft, name, upgrade)
        complete_cpu_builds(draft, folder / "runtime.lock")
        write(draft / "setup.lock", only("uv", read(draft / "dev.lock")))
        return adopt(draft, folder)


def data_locks(folder: Path) -> list[str]:
    """The locks of packages that only carry the example data, or pretrained weights."""
    return [name for name in DATA if (folder / f"{name}.in").exists()]


def compile_lock(folder: Path, name: str, upgrade: bool) -> None:
    """Makes `name.lock` from `name.in`; an existing lock's versions are kept unless upgrading.

    Its hashes are dropped: uv would keep them unchecked, even hashes of files that do not exist.
    """
    lock = folder / f"{name}.lock"
    if lock.exists():
        write(lock, re.sub(r"( \\\n    --hash=\S+)+", "", read(lock)))
    options = ["--upgrade"] if upgrade else []
    options += ["--no-deps"] if name in DATA else []  # nothing else of them is used
    uv_compile(folder, name, *options, *wheel_sources([folder / f"{name}.in"]))


def uv_compile(folder: Path, name: str, *options: str) -> None:
    """Runs uv beside the folder, since uv records the origin of a pin as a relative path."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        raise Problem("uv is missing: run `make setup`, then this with the Python of .venv")
    files = [f"{folder.name}/{name}.in", "-o", f"{folder.name}/{name}.lock"]
    run([uv, *COMPILE, *options, *files], folder.parent)


def complete_cpu_builds(draft: Path, in_force: Path) -> None:
    """Gives a package that has a "+cpu" pin the hashes of all its files, for every machine.

    With wheels from links, uv hashes only the wheel for this machine. The other hashes come from
    PyTorch's index or, if that cannot be reached, from the lock in force, for the same release: a
    released file never changes.

    Raises:
        Problem: a release is new and the index cannot be reached, or a file has another hash.
    """
    lock = draft / "runtime.lock"
    text = read(lock)
    names = {pin.split("==")[0] for pin in pins(text) if "+cpu" in pin}
    if not names:
        return
    known = pins(read(in_force)) if in_force.exists() else {}
    if not local_wheels():
        known = merge(known, index_pins(draft, names))
    for pin, hashes in pins(text).items():
        if pin.split("==")[0] not in names:
            continue
        complete = known.get(pin, [] if "+cpu" in pin else hashes)
        if not complete:
            raise Problem(
                f"the hashes of {pin.split()[0]} for other machines are unknown: make the locks "
                "where PyTorch's index can be reached, without UV_FIND_LINKS and PIP_FIND_LINKS"
            )
        if not set(hashes) <= set(complete):
            raise Problem(
                f"the local file of {pin.split()[0]} has another hash than PyTorch's index or the "
                "present lock: remove it"
            )
        text = text.replace(block(pin, hashes), block(pin, complete))
    write(lock, text)


def index_pins(draft: Path, names: set[str]) -> Pins:
    """The pins of PyTorch's index, of these packages only: its copies of others are old."""
    wanted = re.findall(rf"^(?:{'|'.join(names)})\b.*$", read(draft / "runtime.in"), re.MULTILINE)
    write(draft / "cpu.in", "\n".join(wanted) + "\n")
    index = ("--extra-index-url", TORCH_CPU, "--index-strategy", "unsafe-best-match")
    uv_compile(draft, "cpu", "--no-deps", *index)
    known = pins(read(draft / "cpu.lock"))
    (draft / "cpu.lock").unlink()
    return known


def merge(first: Pins, second: Pins) -> Pins:
    both = {**first, **second}
    return {pin: sorted({*first.get(pin, ()), *second.get(pin, ())}) for pin in both}


def pins(lock: str) -> Pins:
    """The hashes of each pin; a pin is `name==version` and its marker, as written."""
    hashes: Pins = {}
    for pin, body in re.findall(
        r"^(\w\S*==.*?)(?: \\)?\n((?:    --hash=.*\n)*)", lock, re.MULTILINE
    ):
        hashes[pin] = sorted(re.findall(r"sha256:[0-9a-f]{64}", body))
    return hashes


def block(pin: str, hashes: list[str]) -> str:
    """A pin and its hashes in uv's own layout."""
    return " \\\n".join([pin, *(f"    --hash={value}" for value in hashes)]) + "\n"


def only(name: str, lock: str) -> str:
    """The part of a lock that pins one package."""
    for pin, hashes in pins(lock).items():
        if pin.startswith(f"{name}=="):
            return block(pin, hashes)
    raise Problem(f"requirements/dev.in does not ask for {name}: add it")


def adopt(draft: Path, folder: Path) -> list[str]:
    """Replaces each lock that differs from its draft; returns a line for each changed pin."""
    changes = []
    for new in sorted(draft.glob("*.lock*")):
        old = folder / new.name
        before, after = (read(old) if old.exists() else ""), read(new)
        if before != after:
            changes += [f"{new.name}: {line}" for line in compare(pins(before), pins(after))]
            temporary = folder / "refreshing.tmp"
            write(temporary, after)
            temporary.replace(old)
    return changes


def compare(before: Pins, after: Pins) -> list[str]:
    """The differences between two locks: `+ pin`, `- pin`, `~ pin (other hashes)`."""
    removed = [f"- {pin}" for pin in before if pin not in after]
    added = [f"+ {pin}" for pin in after if pin not in before]
    rehashed = [pin for pin in after if pin in before and before[pin] != after[pin]]
    lines = sorted(removed + added, key=lambda line: line[2:])
    return lines + [f"~ {pin} (other hashes)" for pin in rehashed] or ["only comments changed"]


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
