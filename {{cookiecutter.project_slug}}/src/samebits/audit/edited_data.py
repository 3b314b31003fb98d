"""The data here is the version that its .dvc file records: not edited in place."""

import hashlib
import json
import re
from pathlib import Path

from .dvc_yaml import Tracked, tracked_data
from .ignore import Ignored
from .outcomes import Finding
from .project import Project

# Data of up to this many bytes is read, in a fraction of a second; of more, only the size counts.
READ = 64_000_000
_MESSAGE = (
    "records another version of {0} than is here: it was edited in place; run `dvc add {0}` to "
    "keep the edit as a new version, or `dvc checkout {1}` to undo it"
)


def edited(project: Project) -> list[Finding]:
    """A finding for every .dvc file whose data is here and is not what it records."""
    findings = []
    for path, data in tracked_data(project).items():
        known = re.fullmatch(r"[0-9a-f]{32}(\.dir)?", data.md5)
        if known and project.exists(path) and not _is_recorded(project.root, path, data):
            message = _MESSAGE.format(path, data.owner.path)
            findings.append(Finding(data.owner.path, data.owner.line, message))
    return findings


def _is_recorded(root: Path, path: str, data: Tracked) -> bool:
    place = root / path
    entries = sorted(place.rglob("*")) if place.is_dir() else [place]
    files = [entry for entry in entries if entry.is_file()]
    if not files or _is_version(place, files, data):
        return True
    # Files that .dvcignore names are not part of a version; looking up each file is slow.
    names = {file: file.relative_to(root).as_posix() for file in files}
    ignored = Ignored(root, ".dvcignore")
    kept = [file for file in files if not ignored.covers(names[file])]
    return len(kept) < len(files) and _is_version(place, kept, data)


def _is_version(place: Path, files: list[Path], data: Tracked) -> bool:
    size = sum(file.stat().st_size for file in files)
    if data.size not in (-1, size) or size > READ:
        return data.size in (-1, size)
    if place.is_file():
        return _md5(place.read_bytes()) == data.md5
    # DVC hashes the list of a folder's files as its version.
    hashes = {file.relative_to(place).as_posix(): _md5(file.read_bytes()) for file in files}
    listed = json.dumps([{"md5": hashes[name], "relpath": name} for name in sorted(hashes)])
    return f"{_md5(listed.encode())}.dir" == data.md5


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
