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
from .splits import split_of

BANDS, BITS, MOST_BITS = 4, 16, 3
# So that a million pictures of one colour do not make a million million pairs.
WINDOW, PARTNERS = 64, 4
CHUNK = 256

# The prepared pixels uint8 [n, c, h, w] of pictures by their MD5.
Pixels = Callable[[Sequence[str]], NDArray[np.uint8]]


def neighbour_findings(
    catalogue: sqlite3.Connection, pixels: Pixels, data: Data
) -> Iterator[Finding]:
    """Yield a finding for each pair of pictures whose pixels hardly differ, the nearest first."""
    if data.near_duplicate == 0:
        return
    catalogue.execute("CREATE TEMP TABLE pairs (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID")
    catalogue.execute("CREATE TEMP TABLE near (a, b, difference)")
    for band in range(BANDS):
        pairs = _candidates(catalogue, band, data.near_duplicate)
        catalogue.executemany("INSERT OR IGNORE INTO pairs VALUES (?, ?)", pairs)
    rows = _compared(catalogue, pixels, data.near_duplicate)
    catalogue.executemany("INSERT INTO near VALUES (?, ?, ?)", rows)
    yield from _pairs(catalogue, data)
    catalogue.execute("DROP TABLE pairs")
    catalogue.execute("DROP TABLE near")


def _candidates(
    catalogue: sqlite3.Connection, band: int, limit: float
) -> Iterator[tuple[str, str]]:
    query = """SELECT dhash >> :shift & 65535 AS band, md5, dhash, brightness FROM examples
               GROUP BY md5 ORDER BY band, brightness, md5"""
    recent: deque[tuple[str, int, float]] = deque(maxlen=WINDOW)
    latest = -1
    for key, md5, dhash, brightness in catalogue.execute(query, {"shift": band * BITS}):
        if key != latest:
            recent.clear()
            latest = key
        partners = 0
        for other, hashed, bright in reversed(recent):
            # The slack is what six decimals of both may have lost.
            if partners == PARTNERS or brightness - bright > limit + 2e-6:
                break
            if ((dhash ^ hashed) & (2**64 - 1)).bit_count() <= MOST_BITS:
                partners += 1
                yield min(md5, other), max(md5, other)
        recent.append((md5, dhash, brightness))


def _compared(
    catalogue: sqlite3.Connection, pixels: Pixels, limit: float
) -> Iterator[tuple[str, str, float]]:
    pairs = catalogue.execute("SELECT a, b FROM pairs ORDER BY a, b")
    while some := pairs.fetchmany(CHUNK):
        first, second = (pixels(md5).astype(np.int16) for md5 in zip(*some, strict=True))
        sums = np.abs(first - second).reshape(len(some), -1).sum(axis=1, dtype=np.int64)
        whole = 255 * first[0].size
        for (a, b), different in zip(some, sums.tolist(), strict=True):
            if different < limit * whole:
                yield a, b, round(different / whole, 6)


def _pairs(catalogue: sqlite3.Connection, data: Data) -> Iterator[Finding]:
    query = """WITH first AS (SELECT md5, min(path) AS path, label FROM examples GROUP BY md5)
               SELECT near.a, x.path, x.label, near.b, y.path, y.label, difference FROM near
               JOIN first AS x ON x.md5 = near.a JOIN first AS y ON y.md5 = near.b
               ORDER BY difference, x.path, y.path"""
    for a, path_a, label_a, b, path_b, label_b, difference in catalogue.execute(query):
        splits = split_of(path_a, a, data), split_of(path_b, b, data)
        where = f"both in {splits[0]}" if splits[0] == splits[1] else " and ".join(splits)
        labels = "" if label_a == label_b else f", labels {shown(label_a)} and {shown(label_b)}"
        words = (
            f"{shown(path_a)} and {shown(path_b)} differ by {100 * difference:.2f} % ({where}"
            f"{labels}); keep one, or keep both in one split with data.group."
        )
        yield Finding("near-duplicates", words, (path_a, path_b), (a, b))
