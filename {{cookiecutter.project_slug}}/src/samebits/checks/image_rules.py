"""Rules about images: file types, content that is lost, and images unlike the others."""

import mimetypes
import sqlite3
from collections.abc import Iterator
from pathlib import PurePosixPath

from PIL import Image

from ..core.sections import Data
from ..data.findings import MOST_PATHS, DataFinding, shown

# Pillow's name of a format → the format that its extension may also name.
ALIASES = {"MPO": "JPEG", "DIB": "BMP"}

# The rules in this module.
RULES = ("lost-content", "wrong-type", "more-frames", "odd-size", "odd-mode", "unused-bits")


def image_findings(database: sqlite3.Connection, data: Data) -> Iterator[DataFinding]:
    """Yield findings about single images, and about the bits that all of them use.

    Args:
        database: that of a catalogue, with the view `examples`.
        data: what is expected.
    """
    yield from _lost(database)
    yield from _wrong_types(database)
    yield from _more(database)
    yield from _unused_bits(database, data)
    count = int(database.execute("SELECT count(*) FROM examples").fetchone()[0])
    if count:
        yield from _odd_sizes(database, count, data)
        yield from _odd_modes(database, count, data)


def _lost(database: sqlite3.Connection) -> Iterator[DataFinding]:
    query = "SELECT path, md5, lost FROM examples WHERE lost <> '' ORDER BY path"
    for path, md5, lost in database.execute(query):
        yield DataFinding("lost-content", f"{shown(path)}: {lost}.", (path,), (md5,))


def _wrong_types(database: sqlite3.Connection) -> Iterator[DataFinding]:
    extensions, others = Image.registered_extensions(), mimetypes.MimeTypes().types_map[True]
    query = "SELECT path, md5, format FROM examples WHERE format <> '' ORDER BY path"
    for path, md5, format_ in database.execute(query):
        extension = PurePosixPath(path).suffix.lower()
        # None if the extension says nothing, as in cat.001, or is missing.
        said = extensions.get(extension) or others.get(extension)
        if said and ALIASES.get(said, said) != ALIASES.get(format_, format_):
            words = (
                f"its content is {format_}, despite its extension {extension}; rename or convert "
                "it."
            )
            yield DataFinding("wrong-type", f"{shown(path)}: {words}", (path,), (md5,))


def _more(database: sqlite3.Connection) -> Iterator[DataFinding]:
    words = "it has more frames, pages or channels than are used; save only those that count."
    for path, md5 in database.execute("SELECT path, md5 FROM examples WHERE more ORDER BY path"):
        yield DataFinding("more-frames", f"{shown(path)}: {words}", (path,), (md5,))


def _unused_bits(database: sqlite3.Connection, data: Data) -> Iterator[DataFinding]:
    """A single image may be dark; if all are, the camera has fewer bits."""
    kinds = {"LIKE 'I%'": ("grey", data.bits), "NOT LIKE 'I%'": ("colour", 16)}
    for mode, (kind, bits) in kinds.items():
        matching = f"FROM examples WHERE used > 0 AND lost = '' AND mode {mode}"
        count, used = database.execute(f"SELECT count(*), max(used) {matching}").fetchone()
        if count and used < bits:
            words = (
                f"none of {count} image(s) with 16-bit {kind} uses more than {used} of {bits} "
                f"bits, so only {2 ** (used - bits + 8)} of 256 levels are left; "
            )
            words += (
                f"set data.bits to {used} if that is what the camera has."
                if kind == "grey"
                else "save them with 8 bits per colour."
            )
            query = f"SELECT path, md5 {matching} ORDER BY path LIMIT ?"
            paths, hashes = zip(*database.execute(query, (MOST_PATHS,)), strict=True)
            yield DataFinding("unused-bits", words, paths, hashes)


def _odd_sizes(database: sqlite3.Connection, count: int, data: Data) -> Iterator[DataFinding]:
    width, height = (
        database.execute(
            f"SELECT {side} FROM examples ORDER BY {side} LIMIT 1 OFFSET ?", (count // 2,)
        ).fetchone()[0]
        for side in ("width", "height")
    )
    query = """SELECT path, md5, width, height FROM examples
               WHERE max(1.0 * width / :width, 1.0 * :width / width) > :ratio
                  OR max(1.0 * height / :height, 1.0 * :height / height) > :ratio ORDER BY path"""
    bounds = {"width": width, "height": height, "ratio": data.odd_size}
    for path, md5, own_width, own_height in database.execute(query, bounds):
        words = (
            f"{own_width}×{own_height} pixels, but the median is {width}×{height}; check it, or "
            f"raise data.odd_size, {data.odd_size:g}."
        )
        yield DataFinding("odd-size", f"{shown(path)}: {words}", (path,), (md5,))


def _odd_modes(database: sqlite3.Connection, count: int, data: Data) -> Iterator[DataFinding]:
    query = """SELECT path, md5, mode, n FROM examples
               JOIN (SELECT mode, count(*) AS n FROM examples GROUP BY mode) USING (mode)
               WHERE n < :part * :count ORDER BY path"""
    bounds = {"part": data.odd_mode, "count": count}
    for path, md5, mode, same in database.execute(query, bounds):
        words = f"colour mode {mode}, as in {same} of {count} images; convert or check it."
        yield DataFinding("odd-mode", f"{shown(path)}: {words}", (path,), (md5,))
