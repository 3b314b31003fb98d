"""data/raw.dvc: the version of the data, its origin, and the lock for changing it.

DVC leaves `meta` in a .dvc file alone, even in `dvc add` and `dvc update`, so the origin stays with
the hash that it describes:

    meta:
      origin:
        kind: archive
        source: pictures.zip
        sha256: 9f86d081884c7d65...
        bytes: 251580
        files: 1797
        version: 72e131e0cd93ceeb743a1f9fa75849e9.dir
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import yaml

from ..console.errors import UserError
from ..core.files import refuse_conflicts, write_bytes

Origin = Mapping[str, Any]
# Names the version that is being checked out, while that is under way.
MARK = Path(".dvc/tmp/data-use")
LOCK = Path(".dvc/tmp/data.lock")


@contextmanager
def alone() -> Iterator[None]:
    """Let one command at a time change the data of this project.

    Raises:
        UserError: another command is changing them.
    """
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    # A database lock works on every system, and ends with its process, however that happens.
    with closing(sqlite3.connect(LOCK, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise UserError(
                "another command changes the data of this project; run this one when that is done."
            ) from None
        yield


def cut_off() -> str:
    """Return the version whose checkout was interrupted, or ""."""
    return MARK.read_text(encoding="utf-8").strip() if MARK.exists() else ""


def refuse_parts() -> None:
    """Refuse data that may be parts of two versions.

    Raises:
        UserError: the last checkout of a version was interrupted.
    """
    if name := cut_off():
        raise UserError(
            f"'samebits data checkout {name}' was cut off, so data/raw may hold parts of two "
            "versions; run that again first."
        )


def recorded_version(pointer: Path) -> str | None:
    """Return the hash in a .dvc file, or None if there is no such file.

    Raises:
        UserError: the file names no hash.
    """
    return str(_read(pointer)["outs"][0]["md5"]) if pointer.exists() else None


def tracked(pointer: Path) -> list[Path]:
    """Return the paths that a .dvc file tracks.

    Raises:
        UserError: it names no path, or has conflict markers.
    """
    try:
        return [pointer.parent / out["path"] for out in _read(pointer)["outs"]]
    except (LookupError, TypeError):
        raise UserError(f"{pointer} names no path; restore it from Git.") from None


def origin(pointer: Path) -> Origin | None:
    """Return the origin of the data that a .dvc file names.

    Returns:
        "kind" (example, folder, archive, file or bucket), "source", "files"; for an archive or a
        file also "sha256" and "bytes". None if it is not recorded, or belongs to another version
        than the .dvc file names now.

    Raises:
        UserError: the file names no version.
    """
    if not pointer.exists():
        return None
    content = _read(pointer)
    meta = content.get("meta")
    recorded = meta.get("origin") if isinstance(meta, dict) else None
    if not isinstance(recorded, dict):
        return None
    # DVC tracks a bucket itself: `dvc update` changes its version.
    return recorded if recorded.get("version") in (None, content["outs"][0]["md5"]) else None


def imported(pointer: Path) -> bool:
    """Return whether a .dvc file tracks data that DVC imported from a bucket or a server.

    Raises:
        UserError: the file names no version.
    """
    return pointer.exists() and bool(_read(pointer).get("deps"))


def record_origin(pointer: Path, origin: Origin) -> None:
    """Write the origin into a .dvc file, with the version that it describes."""
    content = _read(pointer)
    version = {} if origin["kind"] == "bucket" else {"version": content["outs"][0]["md5"]}
    content["meta"] = {**(content.get("meta") or {}), "origin": {**origin, **version}}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000)
    write_bytes(pointer, text.encode())


def described(origin: Origin) -> str:
    """Return the origin in a few words."""
    checksum = f" (SHA-256 {origin['sha256']})" if "sha256" in origin else ""
    return f"{origin['kind']} {origin['source']}{checksum}"


def _read(pointer: Path) -> dict[str, Any]:
    try:
        text = pointer.read_text(encoding="utf-8")
        refuse_conflicts(pointer.as_posix(), text)
        content: dict[str, Any] = yaml.safe_load(text)
        str(content["outs"][0]["md5"])
    except (yaml.YAMLError, LookupError, TypeError, UnicodeDecodeError, RecursionError):
        raise UserError(f"{pointer} names no md5; restore it from Git.") from None
    return content
