"""Where data comes from: a folder, an archive, a table or an address, copied without trust."""

import hashlib
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from ..console.errors import UserError
from ..data.raw_pointer import Origin
from ..data.readers import FOLDERS, TABLES, Reader
from . import download as fetch
from .archive import unpack
from .safe_copy import CopyLimits, Incoming, copy_folder, stripped


def refuse_missing(source: str) -> None:
    """Refuse a path that does not exist, before anything is asked about the data that is here."""
    if source.startswith("file://"):
        raise UserError(f"{source} is a path on this machine; give it without file://.")
    if not fetch.is_address(source) and not Path(source).exists():
        raise UserError(f"{source} does not exist; name a folder, an archive or an address.")


def bring(source: str, folder: Path, sha256: str, limits: CopyLimits, reader: Reader) -> Origin:
    """Make folder/raw of what is at a path or an address, and for a bucket folder/raw.dvc, too.

    Returns:
        Where it came from, as data/raw.dvc says it.

    Raises:
        UserError: it cannot be had, is too much, or is not what the reader reads.
    """
    path = Path(source)
    if fetch.is_address(source):
        shown = fetch.public(source)
        if fetch.names_archive(source):
            path = fetch.fetch(source, folder / "fetched")
            table = PurePosixPath(urlsplit(source).path).name
            return _from_file(path, shown, shown, table, folder, sha256, limits, reader)
    elif path.is_file():
        name = path.resolve().name
        return _from_file(path, source, name, name, folder, sha256, limits, reader)
    if sha256:
        raise UserError(
            f"{source} is a folder, which has no SHA-256; leave that out: DVC computes a hash."
        )
    if fetch.is_address(source):
        fetch.import_folder(source, folder)
        _look_over(folder / "raw", shown, limits)
        return {"kind": "bucket", "source": source}
    return _from_folder(path, source, folder, limits, reader)


def _look_over(raw: Path, source: str, limits: CopyLimits) -> None:
    """Check names that came from a bucket like those from anywhere else."""
    with Incoming(raw, source, limits.files, limits.room(raw)) as into:
        for path in sorted(file for file in raw.rglob("*") if file.is_file()):
            into.look(path.relative_to(raw).as_posix())


def _from_folder(
    path: Path, source: str, folder: Path, limits: CopyLimits, reader: Reader
) -> Origin:
    here, there = folder.parent.resolve(), path.resolve()
    if here.is_relative_to(there) or there.is_relative_to(here):
        raise UserError(f"{source} and {folder.parent} overlap; name a folder elsewhere.")
    with Incoming(folder / "raw", source, limits.files, limits.room(folder)) as into:
        copy_folder(stripped(path, reader is FOLDERS, reader.folders), into)
    return {"kind": "folder", "source": there.name}


def _from_file(
    path: Path,
    source: str,
    name: str,
    table: str,
    folder: Path,
    sha256: str,
    limits: CopyLimits,
    reader: Reader,
) -> Origin:
    """Add an archive, or a `table` of examples if the reader recognises its name."""
    if not reader.is_table(table) and PurePosixPath(table).suffix.lower() in TABLES:
        raise UserError(f"{source} is a table; {advice(reader)}")
    size = path.stat().st_size
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    # Opened once, so that the checked bytes are those unpacked.
    with path.open("rb") as archive:
        digest = hashlib.file_digest(archive, "sha256").hexdigest()
        if sha256 and digest != sha256:
            raise UserError(
                f"{source} has the SHA-256 {digest}, not {sha256}; get it again from the source of "
                "the checksum. Nothing was changed."
            )
        archive.seek(0)
        bounds = (limits.room(folder), limits.expansion(size))
        with Incoming(unpacked, source, limits.files, *bounds) as into:
            if reader.is_table(table):
                into.file(table, archive, size)
            else:
                unpack(archive, source, into)
    stripped(unpacked, reader is FOLDERS, reader.folders).rename(folder / "raw")
    kind = "file" if reader.is_table(table) else "archive"
    return {"kind": kind, "source": name, "sha256": digest, "bytes": size}


def advice(reader: Reader) -> str:
    """Return what to do if the reader finds no example."""
    return (
        f"add {reader.wanted()}, or set section `task` of params.yaml to how your examples are "
        "stored (reader, answer, time). Nothing was changed."
    )
