"""The packed layout of data/raw: few tar archives instead of a file for each example.

DVC, and any tool that copies files, is slow with very many files. Members have the paths of the
files, so `tar xf` restores the folders; a table of labels stays next to the archives. Archives hold
the examples in the order of their paths, without times, owners or modes. The contents alone decide
where an archive ends, and an archive is named by a hash of its content. So the same examples give
the same bytes, and new examples change only the archives whose range they fall into.
"""

import hashlib
import os
import re
import sqlite3
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path

from ..console.errors import UserError
from ..console.progress import progress
from ..core.files import replacing
from .readers import FOLDERS, Lines, Reader
from .source import Source, archives

SHARD_BYTES = 64 * 2**20  # of an archive, unless an example is larger
_BLOCK = tarfile.BLOCKSIZE
_NAMED = re.compile(r"pictures-([0-9a-f]{32})\.tar")
_TABLE = """
CREATE TABLE listed (path TEXT PRIMARY KEY, file TEXT, start INTEGER, bytes INTEGER, stamp TEXT)
WITHOUT ROWID
"""


def pack(raw: Path, shard_bytes: int = SHARD_BYTES, reader: Reader = FOLDERS) -> int:
    """Move every example below `raw` into archives; leave unchanged archives alone.

    A kill at any moment loses nothing: new files are complete before old ones are removed.

    Args:
        raw: the folder.
        shard_bytes: of an archive, at most, unless an example is larger.
        reader: finds the examples.

    Returns:
        The number of examples.

    Raises:
        UserError: an example is in the wrong place, the reader refuses its table, or an archive is
            damaged; nothing was changed.
    """
    _refuse_damaged(raw)
    with closing(_listed(raw, reader)) as listed:
        old = archives(raw)
        new = list(_write(_in_order(listed), raw, shard_bytes))
        for name in sorted({*old} - {*new}):
            (raw / name).unlink()
        for (path,) in listed.execute("SELECT path FROM listed WHERE file = '' ORDER BY path"):
            (raw / path).unlink()
        _remove_empty(raw)
        return _count(listed)


def unpack(raw: Path, reader: Reader = FOLDERS) -> int:
    """Write every example below `raw` to its own file, and remove the archives.

    Returns:
        The number of examples.

    Raises:
        UserError: as `pack`; nothing was changed.
    """
    _refuse_damaged(raw)
    with closing(_listed(raw, reader)) as listed:
        half = _half(raw)
        for source in _in_order(listed):
            if source.file:
                half.write_bytes(source.content(raw))
                (raw / source.path).parent.mkdir(parents=True, exist_ok=True)
                half.replace(raw / source.path)
        _clear(half)
        if hasattr(os, "sync"):
            os.sync()
        for name in archives(raw):
            (raw / name).unlink()
        return _count(listed)


def _refuse_damaged(raw: Path) -> None:
    """Refuse archives whose content does not match their names, before reading them."""
    for name in archives(raw):
        if not (named := _NAMED.fullmatch(name)):
            continue
        with (raw / name).open("rb") as file:
            digest = hashlib.file_digest(file, "md5").hexdigest()
        if digest != named[1]:
            raise UserError(
                f"{(raw / name).as_posix()} is damaged: its content does not match its name; get "
                "it back with 'dvc checkout --force data/raw.dvc', or rename it if it was changed "
                "on purpose. Nothing was changed."
            )


def _listed(raw: Path, reader: Reader) -> sqlite3.Connection:
    """Return a temporary table of the files below `raw`; a loose file replaces a packed one."""
    if isinstance(reader, Lines):
        raise UserError("examples that are rows are in few files, which are not packed.")
    listed = sqlite3.connect("")
    listed.execute(_TABLE)
    for source in reader.files(raw):
        if source.rule == "misplaced":
            raise UserError(
                f"{(raw / source.path).as_posix()}: {source.problem}. Nothing was changed."
            )
        if source.rule != "missing-file":
            listed.execute("INSERT OR REPLACE INTO listed VALUES (?, ?, ?, ?, ?)", source[:5])
    return listed


def _in_order(listed: sqlite3.Connection) -> Iterator[Source]:
    rows = listed.execute("SELECT * FROM listed ORDER BY path")
    for row in progress(rows, desc="pack", total=_count(listed), unit=" examples"):
        yield Source(*row)


def _count(listed: sqlite3.Connection) -> int:
    (count,) = listed.execute("SELECT count(*) FROM listed").fetchone()
    return int(count)


def _write(examples: Iterable[Source], raw: Path, most: int) -> Iterator[str]:
    """Write the archives of the examples to `raw`; yield the name of each."""
    left = next(members := _members(examples, raw), None)
    half = _half(raw)
    while left is not None:
        size, least = 0, most // 4
        whole = hashlib.md5()
        with replacing(half) as file:
            while left is not None and (size == 0 or size + len(left[1]) <= most):
                start, member = left
                file.write(member)
                whole.update(member)
                size += len(member)
                left = next(members, None)
                # A larger example is likelier to be the last, so archives end as often per byte.
                if size >= least and start * least < len(member) * 16**8:
                    break
            end = bytes(2 * _BLOCK)
            file.write(end)
            whole.update(end)
        name = f"pictures-{whole.hexdigest()}.tar"
        if not (raw / name).exists():
            half.replace(raw / name)
        yield name
    _clear(half)


def _members(examples: Iterable[Source], raw: Path) -> Iterator[tuple[int, bytes]]:
    """Yield for each example a 32-bit hash of its content, and its tar member."""
    for source in examples:
        content = source.content(raw)
        header = tarfile.TarInfo(source.path)
        header.size = len(content)
        member = header.tobuf(tarfile.PAX_FORMAT) + content + bytes(-len(content) % _BLOCK)
        yield int(hashlib.md5(content).hexdigest()[:8], 16), member


def _half(raw: Path) -> Path:
    """Return the path of a file while it is written, in a folder that Git ignores."""
    folder = raw.parent / "incoming" / "pack"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "half"


def _clear(half: Path) -> None:
    half.unlink(missing_ok=True)
    for folder in (half.parent, half.parent.parent):
        with suppress(OSError):
            folder.rmdir()


def _remove_empty(raw: Path) -> None:
    for folder in sorted(raw.rglob("*/"), reverse=True):
        with suppress(OSError):
            folder.rmdir()
