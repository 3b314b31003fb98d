"""The files of an environment: whether they are those that were locked, and nobody else's.

Standard library only, as in setup.py, which uses this.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

try:
    from fcntl import ioctl
except ImportError:  # Windows
    ioctl = None  # type: ignore[assignment]

RECORDS = "*.dist-info/RECORD"
BIN = "Scripts" if os.name == "nt" else "bin"
SUFFIX = ".exe" if os.name == "nt" else ""
FICLONE = 0x40049409  # asks Linux to clone a file
LARGE = 2**20  # bytes; larger files are binaries, which nobody edits by hand
# In site-packages, of setup.py's own making: this line, then the place of src/.
SOURCES = "sources.pth"
LOOK = 'import os, sys; os.path.isdir("src") and sys.path.append(os.path.abspath("src"))'
# In bin/, of setup.py's own making as well: the engine as a command, also for Windows' shells.
COMMANDS = {"samebits": b'#!/bin/sh\nexec "$(dirname "$0")/python" -I -m samebits "$@"\n'}
if os.name == "nt":
    COMMANDS["samebits.cmd"] = b'@"%~dp0python" -I -m samebits %*\r\n'
CACHE = "__pycache__"  # the folders of bytecode
# What `uv venv` puts in bin/, beside an interpreter that is called as its folder in lib/ is.
MADE = re.compile(r"(python3?|pythonw)(\.exe)?|activate(_this\.py|\.\w+)?|(deactivate|pydoc)\.bat")


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


def installed(venv: Path, bytecode: bool = False) -> Iterator[Path]:
    """Every file of the packages but bytecode, or only bytecode, in a fixed order."""
    for start in filter(None, (site_packages(venv), venv / BIN)):
        for file in below(start):
            if bytecode == (CACHE in file.relative_to(start).parts):
                yield file


def below(start: Path) -> Iterator[Path]:
    """Every file below a folder, and every link to another folder, in a fixed order."""
    for folder, folders, names in os.walk(start):
        folders.sort()
        links = [name for name in folders if Path(folder, name).is_symlink()]
        yield from (Path(folder, name) for name in sorted(names + links))


def altered(venv: Path) -> dict[str, list[str]]:
    """The packages with files that are missing or not those of their RECORD, and these files."""
    site = site_packages(venv) or venv
    found: dict[str, list[str]] = {}
    with ThreadPoolExecutor() as pool:
        for record in sorted(site.glob(RECORDS)):
            rows = [row for row in read_record(record) if row[1].startswith("sha256=")]
            wrong = pool.map(lambda row: "" if intact(site, row) else row[0], rows)
            if files := [name for name in wrong if name]:
                found[record.parent.name.split("-")[0]] = files
    return found


def strays(venv: Path) -> list[Path]:
    """The files that neither a RECORD names nor setup made: Python or the PATH would find them."""
    if (site := site_packages(venv)) is None:
        return []
    made = {venv / BIN / f"{site.parent.name}{SUFFIX}"}
    sources = site / SOURCES
    text = sources.read_text("utf-8", "replace") if sources.is_file() else ""
    first, *rest = text.splitlines() or [""]
    if first == LOOK and not any(line.startswith("import") for line in rest):
        made.add(sources)
    for name, content in COMMANDS.items():
        command = venv / BIN / name
        made |= {command} if command.is_file() and command.read_bytes() == content else set()
    made |= {file for file in (venv / BIN).glob("*") if MADE.fullmatch(file.name)}
    known = recorded(site) | {os.path.normpath(file) for file in made}
    return [file for file in installed(venv) if str(file) not in known]


def drop_bytecode(venv: Path) -> None:
    """Removes the bytecode that no package brought; Python makes it again where it is needed.

    Python runs it in the place of a source whose time and size it names, whatever it was compiled
    from. To compare it, all of it would have to be compiled, half a minute on a core; to make again
    what a run imports of torch and scikit-learn takes ten seconds.
    """
    site = site_packages(venv) or venv
    hashed = recorded(site, "sha256=")
    for file in installed(venv, bytecode=True):
        if str(file) not in hashed:
            file.unlink(missing_ok=True)  # another Python may be writing there


def recorded(site: Path, value: str = "") -> set[str]:
    """The paths that the RECORDs name, all or those with a hash that begins so."""
    rows = (row for record in site.glob(RECORDS) for row in read_record(record))
    return {os.path.normpath(site / row[0]) for row in rows if row[1].startswith(value)}


def read_record(record: Path) -> Iterator[list[str]]:
    """The rows of a RECORD: path, "sha256=..." or "", size or ""."""
    with record.open(encoding="utf-8", newline="") as lines:
        yield from (row for row in csv.reader(lines) if len(row) == 3)


def intact(site: Path, row: list[str]) -> bool:
    """Whether a file is what its line of a RECORD says: path, sha256=..., size."""
    name, value, size = row
    try:
        with Path(site, name).open("rb") as file:
            if os.fstat(file.fileno()).st_size != int(size):
                return False
            sums = hashlib.sha256()
            while part := file.read(2**20):
                sums.update(part)
    except OSError:
        return False
    return value == "sha256=" + base64.urlsafe_b64encode(sums.digest()).rstrip(b"=").decode()


def link_mode(folder: Path) -> str:
    """How uv brings files here: as clones, which share bytes until one is written, or as links."""
    if sys.platform == "darwin":
        return "clone"
    with tempfile.TemporaryFile(dir=folder) as one, tempfile.TemporaryFile(dir=folder) as other:
        one.write(b"bytes")
        one.flush()
        try:
            ioctl(other.fileno(), FICLONE, one.fileno())
        except (OSError, TypeError):
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
