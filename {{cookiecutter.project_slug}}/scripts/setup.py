"""Builds .venv from the lock files; every download is checked against its hash.

    python3 scripts/setup.py                        this project's environment
    python3 scripts/setup.py --root DIR LOCK ...    another folder's, from other locks
    python3 scripts/setup.py --check                compares every file of .venv with its hash

Standard library only, because this runs before anything is installed. uv does the work; where the
right uv is not at hand, pip fetches it by the hash in setup.lock. What is already right is left
alone, what was interrupted, moved or damaged is built anew.
"""

from __future__ import annotations  # so that an old Python gets as far as a clear message

import os
import sys

if __name__ == "__main__":  # before a file on PYTHONPATH takes the place of a module of Python's
    sys.path[:] = [path for path in sys.path if path.startswith(sys.base_prefix)]

import argparse
import ast
import base64
import contextlib
import csv
import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PROJECT = Path(__file__).resolve().parent.parent
SETUP_LOCK = PROJECT / "requirements" / "setup.lock"
STAMP = "locked.json"  # in .venv: what it was built from; written last, so it vouches for the rest
BIN = "Scripts" if os.name == "nt" else "bin"
SUFFIX = ".exe" if os.name == "nt" else ""
OLDEST_PYTHON = (3, 11)
LARGE = 2**20  # bytes; larger files are binaries, which nobody edits by hand
FICLONE = 0x40049409  # asks Linux to clone a file
TORCH_CPU = "https://download.pytorch.org/whl/cpu"
# Variables that steer the tools, and those of them that are heard: they say where packages come
# from and how to get there. What is installed, how and where to, the locks and this file decide.
STEERING = ("UV_", "PIP_", "PYTHON", "VIRTUAL_ENV", "CONDA_", "SETUPTOOLS_", "DISTUTILS_")
HEARD = re.compile(
    r"(UV|PIP)_((DEFAULT_|EXTRA_)?INDEX(_URL|_STRATEGY)?|INDEX_\w+_(USERNAME|PASSWORD)|NO_INDEX"
    r"|KEYRING_PROVIDER|CREDENTIALS_DIR|((HTTP|HTTPS|NO)_)?PROXY|CERT|CLIENT_CERT|NATIVE_TLS"
    r"|SYSTEM_CERTS|TRUSTED_HOST|(ALLOW_)?INSECURE_HOST|CACHE_DIR|NO_CACHE(_DIR)?|OFFLINE"
    r"|((DEFAULT|HTTP|HTTP_CONNECT|REQUEST|LOCK)_)?TIMEOUT|(HTTP_)?RETRIES|CONCURRENT_\w+)"
    r"|UV_(PYTHON_INSTALL_MIRROR|PYTHON_INSTALL_DIR|PYTHON_DOWNLOADS(_JSON_URL)?)|PIP_FIND_LINKS"
)


class Problem(Exception):
    """One sentence for the user: what is wrong and how to mend it."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Build .venv from the lock files.")
    parser.add_argument("--root", type=Path, default=PROJECT, help="the folder that gets .venv")
    parser.add_argument("--check", action="store_true", help="only compare .venv with its hashes")
    parser.add_argument("locks", nargs="*", help="relative to the folder; else the project's")
    options = parser.parse_args()
    root = options.root.resolve()
    names = lock_names(root / "requirements")
    locks = options.locks or [f"requirements/{name}.lock" for name in names]
    leave_environment(root / ".venv")
    try:
        print(check(root) if options.check else build(root, [root / name for name in locks]))
    except (Problem, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nerror: interrupted; start it again, it begins anew", file=sys.stderr)
        return 130
    return 0


def lock_names(requirements: Path) -> list[str]:
    """What a project is installed from; remote.in is there where its remote needs a plugin."""
    return ["runtime", "dev", *(["remote"] if (requirements / "remote.in").exists() else [])]


def leave_environment(venv: Path) -> None:
    """Starts again under the base interpreter: an environment cannot rebuild itself."""
    if Path(sys.prefix).resolve() == venv:
        sys.exit(subprocess.call([base_python(), "-I", *sys.argv]))


def base_python() -> str:
    """The interpreter behind a virtual environment; outside one, the running interpreter."""
    return str(getattr(sys, "_base_executable", "") or sys.executable)


def build(root: Path, locks: list[Path]) -> str:
    """Makes `root/.venv` equal to the locks; returns the one line that says what was done."""
    started = time.perf_counter()
    venv = root / ".venv"
    if os.pathsep in str(root):
        raise Problem(
            f"{root} has a '{os.pathsep}' in its path, where PATH is cut, so no tool in it would "
            "be found: give the folder another name"
        )
    python = wanted_python(root)
    sums = digest([*locks, SETUP_LOCK])
    wanted: dict[str, object] = {"place": str(venv), "python": python, "links": "none"}
    wanted["locks"] = sums
    with alone(root):
        found = read_stamp(venv)
        if found == {**wanted, **state(venv)}:
            return f"Nothing to do: .venv is as locked (Python {python})."
        fits = all(found.get(key) == wanted[key] for key in ("place", "python", "links"))
        if venv.exists() and not fits:
            print(f"{venv} was interrupted, moved or made for another Python: building it anew")
            shutil.rmtree(venv)
        (venv / STAMP).unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix="uv-") as tools:
            uv = find_uv(venv, Path(tools))
            install(root, locks, python, uv, altered(venv))
            if edited := " ".join(altered(venv)):  # uv trusts what it once unpacked
                print(f"Edited in uv's cache, so fetched anew: {edited} (uv cache clean mends it)")
                install(root, locks, python, uv, edited.split(), "--no-cache")
        unshare(venv)
        link_sources(root, venv)
        check(root, thorough=False)
        draft = venv / f"{STAMP}.new"
        draft.write_bytes(json.dumps({**wanted, **state(venv)}, indent=1).encode())
        draft.replace(venv / STAMP)
    took, count = time.perf_counter() - started, len(packages(venv))
    return f"Ready: .venv holds {count} locked packages, Python {python} ({took:.0f} s)."


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    """Waits for another setup of this folder, also for the uv that a killed one left running.

    The tools inherit the lock. Windows has none, but refuses to remove files in use.
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
    """The version in `.python-version`, else that of the running interpreter ("3.12")."""
    file = root / ".python-version"
    if file.exists():
        return file.read_text(encoding="utf-8").strip()
    if sys.version_info < OLDEST_PYTHON:
        raise Problem(
            f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: "
            "start it with another one, as in `make PYTHON=python3.11`"
        )
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def digest(files: list[Path]) -> str:
    """SHA-256 over the contents of the lock files, in order."""
    sums = ""
    for file in files:
        if not file.exists():
            raise Problem(f"there is no lock file {file}: restore it from Git")
        sums += hashlib.sha256(file.read_bytes()).hexdigest()
    return hashlib.sha256(sums.encode()).hexdigest()


def read_stamp(venv: Path) -> dict[str, object]:
    """What the environment was built from; empty if it was not finished or cannot run."""
    if not (venv / BIN / f"python{SUFFIX}").exists():  # also when its base interpreter is gone
        return {}
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def site_packages(venv: Path) -> Path | None:
    """The folder that holds the environment's packages, if it exists yet."""
    return next(venv.glob("[Ll]ib*/**/site-packages"), None)


def packages(venv: Path) -> list[str]:
    """What is installed, as sorted names of metadata folders: shows what came or went by hand."""
    folder = site_packages(venv)
    return sorted(p.name for p in folder.glob("*.dist-info")) if folder else []


def state(venv: Path) -> dict[str, object]:
    """What tells whether the environment is still as it was left."""
    return {"packages": packages(venv), "files": looks(venv)}


def looks(venv: Path) -> str:
    """SHA-256 over names, sizes and times of all that is installed: quick to tell."""
    sums = hashlib.sha256()
    for file in installed(venv):
        seen = file.lstat()
        sums.update(f"{file} {seen.st_size} {seen.st_mtime_ns}\n".encode())
    return sums.hexdigest()


def installed(venv: Path) -> Iterator[Path]:
    """Every file of the packages but bytecode, in a fixed order."""
    for start in filter(None, (site_packages(venv), venv / BIN)):
        for folder, below, names in os.walk(start):
            below[:] = sorted(name for name in below if name != "__pycache__")
            yield from (Path(folder, name) for name in sorted(names))


def check(root: Path, thorough: bool = True) -> str:
    """Compares what is installed with what each package says of its files.

    Raises:
        Problem: a file is missing or another one.
    """
    if edited := altered(root / ".venv", thorough):
        shown = ", ".join([file for files in edited.values() for file in files][:5])
        raise Problem(
            f"files of {', '.join(edited)} are not as installed ({shown}): run setup again"
        )
    return f"Every file of {len(packages(root / '.venv'))} packages is as it was locked."


def altered(venv: Path, thorough: bool = False) -> dict[str, list[str]]:
    """The packages with files that are missing or not those of their RECORD, and these files.

    Unless thorough, of large files the size alone is compared.
    """
    site = site_packages(venv) or venv
    records = sorted(site.glob("*.dist-info/RECORD"))
    found: dict[str, list[str]] = {}
    with ThreadPoolExecutor() as pool:
        for record in records:
            with record.open(encoding="utf-8", newline="") as lines:
                rows = [
                    row for row in csv.reader(lines) if row[1:2] and row[1].startswith("sha256=")
                ]
            wrong = pool.map(lambda row: "" if intact(site, row, thorough) else row[0], rows)
            if files := [name for name in wrong if name]:
                found[record.parent.name.split("-")[0]] = files
    return found


def intact(site: Path, row: list[str], thorough: bool) -> bool:
    """Whether a file is what its line of a RECORD says: path, sha256=..., size."""
    name, value, size = row
    try:
        with Path(site, name).open("rb") as file:
            if os.fstat(file.fileno()).st_size != int(size):
                return False
            if int(size) > LARGE and not thorough:
                return True
            sums = hashlib.sha256()
            while part := file.read(2**20):
                sums.update(part)
    except OSError:
        return False
    return value == "sha256=" + base64.urlsafe_b64encode(sums.digest()).rstrip(b"=").decode()


def find_uv(venv: Path, tools: Path) -> str:
    """The locked release of uv: from the environment, from PATH, else fetched into `tools`."""
    wanted = locked_uv(SETUP_LOCK.read_text(encoding="utf-8"))
    for candidate in (str(venv / BIN / f"uv{SUFFIX}"), shutil.which("uv")):
        if candidate and uv_version(candidate) == wanted:
            return candidate
    print(f"Fetching uv {wanted}")
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise Problem(
            "this Python has no venv module: install it (Debian, Ubuntu: apt install python3-venv) "
            f"or install uv {wanted}"
        )
    run([base_python(), "-I", "-m", "venv", str(tools)])
    pip = [str(tools / BIN / f"python{SUFFIX}"), "-I", "-m", "pip", "--disable-pip-version-check"]
    install = [*pip, "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(SETUP_LOCK)]
    run(install, settings=pip_settings([*pip, "config", "list"]))
    return str(tools / BIN / f"uv{SUFFIX}")


def locked_uv(lock: str) -> str:
    """The version in a line such as `uv==0.13.9 \\`."""
    match = re.search(r"^uv==([^\s\\]+)", lock, re.MULTILINE)
    if not match:
        raise Problem(f"{SETUP_LOCK} does not pin uv: restore it from Git")
    return match.group(1)


def uv_version(uv: str) -> str:
    """What `uv --version` calls itself; empty if it does not run."""
    try:
        reply = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return [*reply.stdout.split(), "", ""][1]


def install(
    root: Path, locks: list[Path], python: str, uv: str, again: Iterable[str], *options: str
) -> None:
    """Creates the environment if there is none and makes it hold the locks and nothing else.

    Packages named in `again` are installed anew.

    The locks also constrain what builds a source distribution, so that this is hashed too.
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


def link_mode(folder: Path) -> str:
    """How uv brings files here: as clones, which share bytes until one is written, or as links."""
    if sys.platform == "darwin":
        return "clone"
    with tempfile.TemporaryFile(dir=folder) as one, tempfile.TemporaryFile(dir=folder) as other:
        one.write(b"bytes")
        one.flush()
        try:
            fcntl.ioctl(other.fileno(), FICLONE, one.fileno())
        except (OSError, AttributeError):
            return "hardlink"
    return "clone"


def unshare(venv: Path) -> None:
    """Gives files that are links into uv's cache bytes of their own.

    Else whoever edits one edits that of every other project. Large ones, gigabytes with CUDA, stay
    links, and nobody may write them.
    """
    with ThreadPoolExecutor() as pool:
        list(pool.map(own, (file for file in installed(venv) if os.lstat(file).st_nlink > 1)))


def own(file: Path) -> None:
    """Makes a small file the only name of its bytes, and a large one read-only."""
    if file.stat().st_size > LARGE:
        file.chmod(file.stat().st_mode & ~0o222)
        return
    draft = file.with_name(f"{file.name}.own")
    shutil.copy2(file, draft)
    draft.replace(file)


def wheel_sources(requirements: list[Path]) -> list[str]:
    """Where uv finds "+cpu" builds of torch: in folders named by the environment, else at PyTorch.

    UV_FIND_LINKS (separated by commas) and PIP_FIND_LINKS (by spaces) serve machines that cannot
    reach PyTorch's index, or none at all (UV_NO_INDEX). Else they are not heard: uv would take a
    build of another variant there, such as 2.0+cpu or 2.0+mine, for the 2.0 of a lock.
    """
    if any("+cpu" in file.read_text(encoding="utf-8") for file in requirements):
        places = local_wheels() or [f"{TORCH_CPU}/torch/"]
    else:
        places = local_wheels() if os.environ.get("UV_NO_INDEX") else []
    return [part for place in places for part in ("-f", place)]


def local_wheels() -> list[str]:
    """The places that UV_FIND_LINKS or PIP_FIND_LINKS names."""
    named = os.environ.get("UV_FIND_LINKS", "").split(",")
    return [place for place in named if place] or os.environ.get("PIP_FIND_LINKS", "").split()


def link_sources(root: Path, venv: Path) -> None:
    """Makes `src` importable without an installation.

    The `src` where Python starts comes first: DVC runs queued experiments in copies, which must
    run their own code. Relative, because a .pth file is read in the locale's encoding.
    """
    folder = site_packages(venv)
    if folder is None or not (root / "src").is_dir():
        return
    here = 'import os, sys; os.path.isdir("src") and sys.path.append(os.path.abspath("src"))'
    text = f"{here}\n{os.path.relpath(root / 'src', folder)}\n"
    (folder / "sources.pth").write_bytes(text.encode("ascii"))


def environment() -> dict[str, str]:
    """The variables for a tool: of those that steer it only the ones that are heard."""
    patient = {"UV_HTTP_TIMEOUT": "120", "PIP_DEFAULT_TIMEOUT": "120", **os.environ}
    return {
        name: value
        for name, value in patient.items()
        if not name.startswith(STEERING) or HEARD.fullmatch(name)
    }


def pip_settings(listing: list[str]) -> dict[str, str]:
    """What is heard of pip's own files, as variables; `listing` is `pip config list`."""
    reply = subprocess.run(listing, env=environment(), capture_output=True, text=True, check=False)
    found = {"PIP_CONFIG_FILE": os.devnull}
    for key, value in re.findall(
        r"^(?:global|install)\.([\w-]+)=('.*'|\".*\")$", reply.stdout, re.M
    ):
        if HEARD.fullmatch(name := variable("PIP", key)):
            found[name] = str(ast.literal_eval(value))
    return found


def uv_settings() -> str:
    """What is heard of uv's own file: the one that UV_CONFIG_FILE names, else the first uv.toml.

    It is the project's, yours or the machine's: those of folders above the project are not meant.
    """
    if told := os.environ.get("UV_CONFIG_FILE"):
        return sources(Path(told).read_text(encoding="utf-8"))
    if os.environ.get("UV_NO_CONFIG"):
        return ""
    files = [PROJECT / "uv.toml", *(folder / "uv" / "uv.toml" for folder in settings_folders())]
    return next((sources(f.read_text(encoding="utf-8")) for f in files if f.is_file()), "")


def settings_folders() -> list[Path]:
    """Where a user's settings are, then a machine's."""
    if os.name == "nt":
        named = [os.environ.get("APPDATA"), os.environ.get("PROGRAMDATA")]
    else:
        shared = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
        yours = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
        named = [yours, *shared.split(os.pathsep), "/etc"]
    return [Path(name).expanduser() for name in named if name]


def sources(settings: str) -> str:
    """The lines of a uv.toml that are heard; without a parser, as older Pythons have none."""
    kept, table, heard = [], "", False
    for line in settings.splitlines():
        if header := re.match(r"\s*\[+\s*([\w.-]+)\s*\]", line):
            table, heard = header[1], header[1] in ("index", "pip")
        elif key := re.match(r"\s*\"?(?:pip\.)?([\w-]+)\"?\s*=", line):
            plain = table in ("", "pip") and HEARD.fullmatch(variable("UV", key[1]))
            heard = table == "index" or bool(plain)
        if heard:  # also where a value goes on
            kept.append(line)
    return "\n".join(kept) + "\n"


def variable(tool: str, key: str) -> str:
    """The variable that sets what `key` sets in a file: PIP_INDEX_URL for index-url."""
    return f"{tool}_{key.replace('-', '_').upper()}"


def run(
    command: list[str], folder: Path | None = None, settings: dict[str, str] | None = None
) -> None:
    """Runs a tool, shows what it says but for its list of packages, explains its failure."""
    with tempfile.TemporaryDirectory(prefix="settings-") as place:
        config = Path(place, "uv.toml")
        config.write_text(uv_settings(), encoding="utf-8")
        variables = {**(settings or {}), **environment(), "UV_CONFIG_FILE": str(config)}
        code, output = shown(command, folder, variables)
    if code:
        raise Problem(diagnose(output, command))


def shown(command: list[str], folder: Path | None, variables: dict[str, str]) -> tuple[int, str]:
    """Runs a tool and shows what it says; its exit status and all that it said."""
    said = []
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        cwd=folder,
        env=variables,
        close_fds=False,  # the tools hold the lock on the folder too: see alone()
    ) as process:
        for line in process.stdout or ():
            said.append(line)
            if not re.match(r" [-+~] ", line):
                print(f"  {line}", end="", flush=True)
    return process.returncode, "".join(said)


CAUSES = (
    ("no space left|not enough space|disk full|os error 112", "the disk is full: make room"),
    (
        "no interpreter found|no download found|python-build-standalone",
        "this version of Python is not here and could not be fetched: install it, "
        "or name another in .python-version",
    ),
    ("no wheels with a matching", "a locked package has no file for this machine or Python"),
    ("hash mismatch|do not match the hashes", "a download is not what the lock file says"),
    ("failed to parse|toml parse error|invalid value", "a setting is not one: mend it"),
    ("unknownissuer|certificate", "a certificate is not trusted: name it in SSL_CERT_FILE"),
    ("unauthorized|forbidden|credentials", "the package index wants a name and password"),
    (
        "dns error|name resolution|error sending request|failed to fetch|timed out|connect"
        "|unreachable|retries|offline|network",
        "the packages could not be fetched: check the network",
    ),
    (
        "could not find a version|no solution found",
        "the package index set here does not hold what is locked: set another",
    ),
)


def diagnose(output: str, command: list[str]) -> str:
    """The likeliest cause of a tool's failure, from what it printed, in one sentence."""
    if "-f" in command and re.search("hash mismatch|do not match the hashes", output.lower()):
        return "a file where UV_FIND_LINKS or PIP_FIND_LINKS points is not the locked one"
    for pattern, cause in CAUSES:
        if re.search(pattern, output.lower()):
            return f"{cause} and start again"
    return f"`{' '.join(command[:3])} ...` failed, as shown above"


if __name__ == "__main__":
    sys.exit(main())
