"""The files of an environment: whether they are the locked ones, and whether others are there.

Standard library only, as setup.py, which imports this.
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
# Written by setup.py in site-packages: this line, then the path of src/.
SOURCES = "sources.pth"
LOOK = 'import os, sys; os.path.isdir("src") and sys.path.append(os.path.abspath("src"))'
# Written by setup.py in bin/: the engine as a command, also for the shells of Windows.
COMMANDS = {"samebits": b'#!/bin/sh\nexec "$(dirname "$0")/python" -I -m samebits "$@"\n'}
if os.name == "nt":
    COMMANDS["samebits.cmd"] = b'@"%~dp0python" -I -m samebits %*\r\n'
CACHE = "__pycache__"  # the folders of bytecode
# The files of `uv venv` in bin/, except an interpreter named like its folder in lib/.
MADE = re.compile(r"(python3?|pythonw)(\.exe)?|activate(_this\.py|\.\w+)?|(deactivate|pydoc)\.bat")


def site_packages(venv: Path) -> Path | None:
    """The folder that holds the environment's packages, if it exists yet."""
    return next(venv.glob("[Ll]ib*/**/site-packages"), None)


def packages(venv: Path) -> list[str]:
    """The installed packages as sorted names of metadata folders, to see manual changes."""
    folder = site_packages(venv)
    return sorted(p.name for p in folder.glob("*.dist-info")) if folder else []


def state(venv: Path) -> dict[str, object]:
    """The state of the environment, to see whether it changed."""
    return {"packages": packages(venv), "files": fingerprint(venv)}


def fingerprint(venv: Path) -> str:
    """SHA-256 over names, sizes and times of all installed files, which is quick."""
    sums = hashlib.sha256()
    for file in installed(venv):
        status = file.lstat()
        sums.update(f"{file} {status.st_size} {status.st_mtime_ns}\n".encode())
    return sums.hexdigest()


def installed(venv: Path, bytecode: bool = False) -> Iterator[Path]:
    """Every file of the packages except bytecode, or only bytecode, in a fixed order."""
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
    """The packages with files that are missing or differ from their RECORD, and these files."""
    site = site_packages(venv) or venv
    damaged: dict[str, list[str]] = {}
    with ThreadPoolExecutor() as pool:
        for record in sorted(site.glob(RECORDS)):
            rows = [row for row in read_record(record) if row[1].startswith("sha256=")]
            wrong = pool.map(lambda row: "" if intact(site, row) else row[0], rows)
            if files := [name for name in wrong if name]:
                damaged[record.parent.name.split("-")[0]] = files
    return damaged


def strays(venv: Path) -> list[Path]:
    """Files that Python or PATH would find, but that no RECORD names and setup did not make."""
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
    """Removes bytecode that is not part of a package; Python recompiles it when needed.

    Python runs bytecode instead of a source that has the time and size it names, whatever it was
    compiled from. To check it, all of it would have to be compiled, which takes half a minute on a
    core; recompiling what a run imports of torch and scikit-learn takes ten seconds.
    """
    site = site_packages(venv) or venv
    hashed = recorded(site, "sha256=")
    for file in installed(venv, bytecode=True):
        if str(file) not in hashed:
            file.unlink(missing_ok=True)  # another Python may be writing there


def recorded(site: Path, value: str = "") -> set[str]:
    """The paths that the RECORDs name: all, or those whose hash starts with `value`."""
    rows = (row for record in site.glob(RECORDS) for row in read_record(record))
    return {os.path.normpath(site / row[0]) for row in rows if row[1].startswith(value)}


def read_record(record: Path) -> Iterator[list[str]]:
    """The rows of a RECORD: path, "sha256=..." or "", size or ""."""
    with record.open(encoding="utf-8", newline="") as lines:
        yield from (row for row in csv.reader(lines) if len(row) == 3)


def intact(site: Path, row: list[str]) -> bool:
    """Whether a file matches its row of a RECORD: path, sha256=..., size."""
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
    """How uv installs files: as clones, which share bytes until one is written, or as links."""
    if sys.platform == "darwin":
        return "clone"
    with tempfile.TemporaryFile(dir=folder) as file, tempfile.TemporaryFile(dir=folder) as copy:
        file.write(b"bytes")
        file.flush()
        try:
            ioctl(copy.fileno(), FICLONE, file.fileno())
        except (OSError, TypeError):
            return "hardlink"
    return "clone"


def unshare(venv: Path) -> None:
    """Replaces hard links into uv's cache by copies.

    Otherwise an edit would change the file in every other project. Large files, gigabytes with
    CUDA, stay links and become read-only.
    """
    with ThreadPoolExecutor() as pool:
        list(pool.map(own, (file for file in installed(venv) if os.lstat(file).st_nlink > 1)))


def own(file: Path) -> None:
    """Replaces a small file by a copy, and makes a large one read-only."""
    if file.stat().st_size > LARGE:
        file.chmod(file.stat().st_mode & ~0o222)
        return
    draft = file.with_name(f"{file.name}.own")
    shutil.copy2(file, draft)
    draft.replace(file)
