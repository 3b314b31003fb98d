"""Near-duplicates: pairs of pictures whose pixels hardly differ.

A 64-bit perceptual hash proposes pairs, the pixels decide. Two hashes that differ in three bits or
fewer agree in one of their four bands of 16 bits, and pictures that differ by `limit` on average
differ in brightness by no more than that; so each picture meets only its neighbours in brightness
among those with an equal band. Source: Manku, Jain and Das Sarma, WWW 2007, on banding.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..config import Data
from .findings import Finding, shown
from .pixels import Place
from .splits import split_of

BANDS, BITS, MOST_BITS = 4, 16, 3
# So that a million pictures of one colour do not make a million million pairs.
WINDOW, PARTNERS = 64, 4
CHUNK = 256
TABLES = """
DROP TABLE IF EXISTS temp.pairs;
DROP TABLE IF EXISTS temp.near;
CREATE TEMP TABLE pairs (a TEXT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TEMP TABLE near (a TEXT, b TEXT, difference REAL);
"""

# The prepared pixels uint8 [n, c, h, w] of the pictures at some places.
Look = Callable[[Sequence[Place]], NDArray[np.uint8]]


def neighbour_findings(database: sqlite3.Connection, pixels: Look, data: Data) -> Iterator[Finding]:
    """Yield a finding for each pair of pictures whose pixels hardly differ, the nearest first."""
    if data.near_duplicate == 0:
        return
    database.executescript(TABLES)
    for band in range(BANDS):
        pairs = _candidates(database, band, data.near_duplicate)
        database.executemany("INSERT OR IGNORE INTO pairs VALUES (?, ?)", pairs)
    rows = _compared(database, pixels, data.near_duplicate)
    database.executemany("INSERT INTO near VALUES (?, ?, ?)", rows)
    yield from _findings(database, data)


def _candidates(database: sqlite3.Connection, band: int, limit: float) -> Iterator[tuple[str, str]]:
    """Yield pairs of paths, each of the first file with some content."""
    query = """SELECT dhash >> :shift & 65535 AS band, min(path), dhash, brightness FROM examples
               GROUP BY md5 ORDER BY band, brightness, md5"""
    recent: deque[tuple[str, int, float]] = deque(maxlen=WINDOW)
    latest = -1
    for key, path, dhash, brightness in database.execute(query, {"shift": band * BITS}):
        if key != latest:
            recent.clear()
            latest = key
        partners = 0
        for other, hashed, bright in reversed(recent):
            if partners == PARTNERS or brightness - bright > limit:
                break
            if ((dhash ^ hashed) & (2**64 - 1)).bit_count() <= MOST_BITS:
                partners += 1
                yield min(path, other), max(path, other)
        recent.append((path, dhash, brightness))


def _compared(
    database: sqlite3.Connection, pixels: Look, limit: float
) -> Iterator[tuple[str, str, float]]:
    query = """SELECT a, b, x.block, x.place, x.checksum, y.block, y.place, y.checksum FROM pairs
               JOIN files AS x ON x.path = a JOIN files AS y ON y.path = b ORDER BY a, b"""
    rows = database.execute(query)
    while some := rows.fetchmany(CHUNK):
        first = pixels([Place(*row[2:5]) for row in some]).astype(np.int16)
        second = pixels([Place(*row[5:]) for row in some]).astype(np.int16)
        sums = np.abs(first - second).reshape(len(some), -1).sum(axis=1, dtype=np.int64)
        whole = 255 * first[0].size
        for row, different in zip(some, sums.tolist(), strict=True):
            if different < limit * whole:
                yield row[0], row[1], round(different / whole, 6)


def _findings(database: sqlite3.Connection, data: Data) -> Iterator[Finding]:
    query = """SELECT x.path, x.md5, x.label, y.path, y.md5, y.label, difference FROM near
               JOIN examples AS x ON x.path = a JOIN examples AS y ON y.path = b
               ORDER BY difference, a, b"""
    for a, md5_a, label_a, b, md5_b, label_b, difference in database.execute(query):
        splits = split_of(a, md5_a, data), split_of(b, md5_b, data)
        where = f"both in {splits[0]}" if splits[0] == splits[1] else " and ".join(splits)
        labels = "" if label_a == label_b else f", labels {shown(label_a)} and {shown(label_b)}"
        words = (
            f"{shown(a)} and {shown(b)} differ by {100 * difference:.2f} % ({where}{labels}); "
            "keep one, or keep both in one split with data.group."
        )
        yield Finding("near-duplicates", words, (a, b), (md5_a, md5_b))
