"""The packed layout of data/raw: few tar archives instead of a file for each example.

DVC, and whatever copies files, is slow with very many of them. Members have the paths of the files,
so `tar xf` gives the folders back; a table of labels stays beside the archives. These hold the
examples in the order of their paths and no times, owners or modes; the contents alone say where one
ends, and its own content names it. So the same examples give the same bytes, and new ones change
only the archives into whose range they fall.
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

SHARD_BYTES = 64 * 2**20  # of an archive, unless one example is larger
_BLOCK = tarfile.BLOCKSIZE
_NAMED = re.compile(r"pictures-([0-9a-f]{32})\.tar")
_TABLE = """
CREATE TABLE found (path TEXT PRIMARY KEY, file TEXT, start INTEGER, bytes INTEGER, stamp TEXT)
WITHOUT ROWID
"""


def pack(raw: Path, shard_bytes: int = SHARD_BYTES, reader: Reader = FOLDERS) -> int:
    """Move every example below `raw` into archives; those that stay the same are not touched.

    A kill at any moment loses nothing: what is new is there before what is old goes.

    Args:
        raw: the folder.
        shard_bytes: of an archive, at most, unless one example is larger.
        reader: says what is an example.

    Returns:
        How many examples there are.

    Raises:
        UserError: an example is not where the reader looks, its table is not as it must be, or an
            archive is damaged; nothing was changed.
    """
    _refuse_damaged(raw)
    with closing(_listed(raw, reader)) as found:
        old = archives(raw)
        new = list(_write(_in_order(found), raw, shard_bytes))
        for name in sorted({*old} - {*new}):
            (raw / name).unlink()
        for (path,) in found.execute("SELECT path FROM found WHERE file = '' ORDER BY path"):
            (raw / path).unlink()
        _remove_empty(raw)
        return _count(found)


def unpack(raw: Path, reader: Reader = FOLDERS) -> int:
    """Write every example below `raw` to a file of its own, and remove the archives.

    Returns:
        How many examples there are.

    Raises:
        UserError: as `pack`; nothing was changed.
    """
    _refuse_damaged(raw)
    with closing(_listed(raw, reader)) as found:
        half = _half(raw)
        for one in _in_order(found):
            if one.file:
                half.write_bytes(one.content(raw))
                (raw / one.path).parent.mkdir(parents=True, exist_ok=True)
                half.replace(raw / one.path)
        _clear(half)
        if hasattr(os, "sync"):
            os.sync()
        for name in archives(raw):
            (raw / name).unlink()
        return _count(found)


def _refuse_damaged(raw: Path) -> None:
    """Refuse archives that are not what their names say, before what they hold counts."""
    for name in archives(raw):
        if not (named := _NAMED.fullmatch(name)):
            continue
        with (raw / name).open("rb") as file:
            found = hashlib.file_digest(file, "md5").hexdigest()
        if found != named[1]:
            raise UserError(
                f"{(raw / name).as_posix()} is damaged, for its name tells another content; get it "
                "back with 'dvc checkout --force data/raw.dvc', or give it another name if it was "
                "changed on purpose. Nothing was changed."
            )


def _listed(raw: Path, reader: Reader) -> sqlite3.Connection:
    """Return what stands below `raw` as a table in a temporary file; a loose file goes first."""
    if isinstance(reader, Lines):
        raise UserError("examples that are rows stand in few files, of which none is packed.")
    found = sqlite3.connect("")
    found.execute(_TABLE)
    for one in reader.files(raw):
        if one.rule == "misplaced":
            raise UserError(f"{(raw / one.path).as_posix()}: {one.problem}. Nothing was changed.")
        if one.rule != "missing-file":
            found.execute("INSERT OR REPLACE INTO found VALUES (?, ?, ?, ?, ?)", one[:5])
    return found


def _in_order(found: sqlite3.Connection) -> Iterator[Source]:
    rows = found.execute("SELECT * FROM found ORDER BY path")
    for row in progress(rows, desc="pack", total=_count(found), unit=" examples"):
        yield Source(*row)


def _count(found: sqlite3.Connection) -> int:
    (count,) = found.execute("SELECT count(*) FROM found").fetchone()
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
                # The larger the example, the likelier it is the last: so ends come as often.
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
    """Yield of each example a number of 32 bits that follows from its content, and its member."""
    for one in examples:
        content = one.content(raw)
        header = tarfile.TarInfo(one.path)
        header.size = len(content)
        member = header.tobuf(tarfile.PAX_FORMAT) + content + bytes(-len(content) % _BLOCK)
        yield int(hashlib.md5(content).hexdigest()[:8], 16), member


def _half(raw: Path) -> Path:
    """Return where a file is written before it counts: in a folder that Git ignores."""
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
