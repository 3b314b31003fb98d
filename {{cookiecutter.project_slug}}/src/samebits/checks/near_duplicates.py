"""Near-duplicates: pairs of images whose pixels hardly differ.

A gist of each image proposes pairs; the pixels decide. Gists are hashed to the cells of several
randomly shifted grids. The cells are much wider than `limit`, so two similar gists share a cell of
some grid, where an image is compared with its neighbours in brightness. If gists differ by more
than `limit`, so do the pixels, and the pair is skipped. Even among a million similar images, each
is compared with only a few. Source: Datar, Immorlica, Indyk and Mirrokni, SCG 2004, on such grids.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..core.random import integers
from ..core.resize import GIST
from ..core.sections import Data
from ..data.findings import DataFinding, shown
from ..data.index import Place
from ..data.splits import Cut, split_of

GRIDS, WIDTH = 8, 16  # the number of grids, and the width of their cells in units of `limit`
# These keep a million images of one colour from making a million million pairs.
WINDOW, PARTNERS = 64, 4
CHUNK = 256
AT_ONCE = 2**16  # gists compared at once, to bound memory
TABLES = """
DROP TABLE IF EXISTS temp.numbered;
DROP TABLE IF EXISTS temp.pairs;
DROP TABLE IF EXISTS temp.near;
CREATE TEMP TABLE numbered (number INTEGER PRIMARY KEY, path TEXT);
CREATE TEMP TABLE pairs (a INTEGER, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TEMP TABLE near (a TEXT, b TEXT, difference REAL);
"""

# Returns the images uint8 [n, c, h, w] of the examples at places.
Pixels = Callable[[Sequence[Place]], NDArray[np.uint8]]


class Gists(NamedTuple):
    """Gists of n images: `fine` uint8 [n, 64], `coarse` uint8 [n, 16], the sums of `fine` [n]."""

    fine: NDArray[np.uint8]
    coarse: NDArray[np.uint8]
    sums: NDArray[np.int64]

    @classmethod
    def of(cls, fine: NDArray[np.uint8]) -> "Gists":
        """Return the gists, computed from the fine ones."""
        half = GIST // 2
        fours = fine.reshape(-1, half, 2, half, 2).sum(axis=(2, 4), dtype=np.uint16)
        coarse = (fours // 4).astype(np.uint8).reshape(-1, half**2)
        return cls(fine, coarse, fine.sum(axis=1, dtype=np.int64))


def neighbour_findings(
    database: sqlite3.Connection,
    pixels: Pixels,
    data: Data,
    cut: Cut | None = None,
    *,
    labels: bool = True,
) -> Iterator[DataFinding]:
    """Yield a finding for each pair of images whose pixels hardly differ, the closest first.

    It says whether their labels differ, if `labels` are words and not files.
    """
    if data.near_duplicate == 0:
        return
    database.executescript(TABLES)
    gists = Gists.of(_numbered(database))
    width = max(1, round(WIDTH * data.near_duplicate * 255))
    bounds = np.full(gists.coarse.shape[1], width)
    for shift in integers(0, "near-duplicates", range(GRIDS), bounds):
        pairs = _candidates(gists, _cells(gists.coarse, shift, width), data.near_duplicate)
        database.executemany("INSERT OR IGNORE INTO pairs VALUES (?, ?)", pairs)
    rows = _compared(database, pixels, data.near_duplicate)
    database.executemany("INSERT INTO near VALUES (?, ?, ?)", rows)
    yield from _findings(database, data, cut, labels=labels)


def _numbered(database: sqlite3.Connection) -> NDArray[np.uint8]:
    """Number the first file with each content; return the gists in this order."""
    gists = bytearray()

    def rows() -> Iterator[tuple[int, str]]:
        query = "SELECT min(path), gist FROM examples GROUP BY md5 ORDER BY md5"
        for number, (path, gist) in enumerate(database.execute(query)):
            gists.extend(gist)
            yield number, path

    database.executemany("INSERT INTO numbered VALUES (?, ?)", rows())
    return np.frombuffer(gists, dtype=np.uint8).reshape(-1, GIST**2)


def _cells(coarse: NDArray[np.uint8], shift: NDArray[np.int64], width: int) -> NDArray[np.uint64]:
    """Return a number for the cell of each gist."""
    cells = np.zeros(len(coarse), dtype=np.uint64)
    for column, by in zip(coarse.T, shift.tolist(), strict=True):
        cells *= np.uint64(0x9E3779B97F4A7C15)
        cells += ((column.astype(np.uint16) + by) // width).astype(np.uint64)
    return cells


def _candidates(gists: Gists, cells: NDArray[np.uint64], limit: float) -> Iterator[tuple[int, int]]:
    """Yield pairs of numbers of images that share a cell and whose gists differ little."""
    order = np.lexsort((gists.sums, cells))
    cells, sums = cells[order], gists.sums[order]
    far = limit * 255 * gists.fine.shape[1] + gists.fine.shape[1]  # rounding moves a mean by < 1
    partners = np.zeros(len(order), dtype=np.int8)
    places = np.arange(len(order))
    for back in range(1, WINDOW + 1):
        places = places[places >= back]
        before = places - back
        meet = (cells[places] == cells[before]) & (sums[places] - sums[before] <= far)
        places = places[meet]
        near = places[_alike(gists, order[places], order[places - back], limit)]
        partners[near] += 1
        a, b = order[near], order[near - back]
        yield from zip(np.minimum(a, b).tolist(), np.maximum(a, b).tolist(), strict=True)
        places = places[partners[places] < PARTNERS]


def _alike(
    gists: Gists, a: NDArray[np.int64], b: NDArray[np.int64], limit: float
) -> NDArray[np.bool_]:
    """Return whether each pair of gists differs by `limit` at most on average, coarse and fine."""
    alike = np.zeros(len(a), dtype=np.bool_)
    for start in range(0, len(a), AT_ONCE):
        some = np.arange(start, min(start + AT_ONCE, len(a)))
        for gist in (gists.coarse, gists.fine):
            first, second = gist[a[some]], gist[b[some]]
            apart = np.maximum(first, second) - np.minimum(first, second)
            most = (limit * 255 + 1) * gist.shape[1]
            some = some[apart.sum(axis=1, dtype=np.int64) <= most]
        alike[some] = True
    return alike


def _compared(
    database: sqlite3.Connection, pixels: Pixels, limit: float
) -> Iterator[tuple[str, str, float]]:
    query = """SELECT x.path, y.path, x.block, x.place, x.checksum, y.block, y.place, y.checksum
               FROM pairs JOIN numbered AS p ON p.number = a JOIN numbered AS q ON q.number = b
               JOIN files AS x ON x.path = min(p.path, q.path)
               JOIN files AS y ON y.path = max(p.path, q.path) ORDER BY x.path, y.path"""
    rows = database.execute(query)
    while some := rows.fetchmany(CHUNK):
        first = pixels([Place(*row[2:5]) for row in some]).astype(np.int16)
        second = pixels([Place(*row[5:]) for row in some]).astype(np.int16)
        sums = np.abs(first - second).reshape(len(some), -1).sum(axis=1, dtype=np.int64)
        whole = 255 * first[0].size
        for row, different in zip(some, sums.tolist(), strict=True):
            if different < limit * whole:
                yield row[0], row[1], round(different / whole, 6)


def _findings(
    database: sqlite3.Connection, data: Data, cut: Cut | None, *, labels: bool
) -> Iterator[DataFinding]:
    query = """SELECT difference, x.label, y.label,
                      x.path, x.md5, x.grouped, x.time, y.path, y.md5, y.grouped, y.time
               FROM near
               JOIN examples AS x ON x.path = a JOIN examples AS y ON y.path = b
               ORDER BY difference, a, b"""
    for difference, label_a, label_b, *both in database.execute(query):
        (a, md5_a, *_), (b, md5_b, *_) = pair = both[:4], both[4:]
        splits = [split_of(path, md5, group, data, at, cut) for path, md5, group, at in pair]
        where = f"both in {splits[0]}" if splits[0] == splits[1] else " and ".join(splits)
        other = labels and label_a != label_b
        told = f", labels {shown(label_a)} and {shown(label_b)}" if other else ""
        words = (
            f"{shown(a)} and {shown(b)} differ by {100 * difference:.2f} % ({where}{told}); "
            "keep one, or keep both in one split with data.group."
        )
        yield DataFinding("near-duplicates", words, (a, b), (md5_a, md5_b))
