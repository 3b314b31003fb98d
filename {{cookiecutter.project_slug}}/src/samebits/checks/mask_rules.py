"""Rules about answers that are masks: the classes of their pixels."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from itertools import groupby, islice
from typing import Any

from ..core.sections import Data
from ..data.findings import MOST_PATHS, DataFinding, shown
from ..data.joined import HALF
from ..data.splits import split_of
from ..data.targets import no_class

# For each example its path, MD5 and group, and its pixel counts by value, as in `PIXELS`.
QUERY = """
    SELECT path, md5, grouped, json_extract(facts, '$.pixels') FROM files WHERE problem = ''
    ORDER BY path"""


def _counted(database: sqlite3.Connection) -> Iterator[tuple[str, str, str, list[int]]]:
    for path, md5, group, counts in database.execute(QUERY):
        yield path, md5, group, [*map(int, (counts or "").split())]


def pixels(database: sqlite3.Connection) -> dict[str, Any]:
    """Return the part of reports/data.json on the answers: the pixels of each class."""
    total = Counter[int]()
    for *_, counts in _counted(database):
        total.update(dict(enumerate(counts)))
    most = max(total, default=-1) + 1
    return {"classes": {}, "answers": {"pixels": [total[at] for at in range(most)]}}


def mask_findings(database: sqlite3.Connection, data: Data) -> Iterator[DataFinding]:
    """Yield findings about masks with values of no class, and about all masks together.

    Args:
        database: that of a catalogue, with the view `examples`.
        data: what is expected; `classes` names the values.
    """
    names, occurring, count = data.classes, Counter[tuple[str, int]](), 0
    plain = list[tuple[str, str, str]]()
    for path, md5, group, counts in _counted(database):
        count += 1
        split = split_of(path, md5, group, data)
        there = [at for at, pixels in enumerate(counts) if pixels]
        occurring.update((split, at) for at in there)
        if len(counts) > len(names):
            words = no_class(path, len(counts) - 1, len(names))
            yield DataFinding("no-class", words, (path,), (md5,))
        elif len(there) == 1:
            plain.append((path, md5, names[there[0]]))
    if count < data.least_examples:
        words = (
            f"{count} example(s) with a mask, fewer than data.least_examples, "
            f"{data.least_examples}; add some."
        )
        yield DataFinding("few-examples", words)
    yield from _plain(plain, count)
    yield from _absent(occurring, names)
    yield from _two_masks(database)


def _plain(plain: list[tuple[str, str, str]], count: int) -> Iterator[DataFinding]:
    if plain:
        some = ", ".join(f"{shown(path)} ({shown(name)})" for path, _, name in plain[:3])
        more = f" and {len(plain) - 3} more" if len(plain) > 3 else ""
        words = (
            f"{len(plain)} of {count} masks have only one class: {some}{more}; check whether "
            "something is missing there, or accept it."
        )
        paths, hashes, _ = zip(*plain[:MOST_PATHS], strict=True)
        yield DataFinding("plain-masks", words, paths, hashes)


def _absent(occurring: Counter[tuple[str, int]], names: tuple[str, ...]) -> Iterator[DataFinding]:
    """Yield a finding for each class without a pixel in any mask, in train, or in dev or test."""
    for at, name in enumerate(names):
        splits = {split for (split, value), count in occurring.items() if value == at and count}
        lacking = [split for split in ("dev", "test") if split not in splits]
        if not splits:
            words = (
                f"{shown(name)} has no pixel in any mask, but data.classes expects it as {at}; "
                "check that the values match the classes, or remove it there."
            )
            yield DataFinding("missing-class", words, classes=(name,))
        elif "train" not in splits:
            words = f"no mask in train has a pixel of {shown(name)}; add images that show it."
            yield DataFinding("unlearnt-class", words, classes=(name,))
        elif lacking:
            words = (
                f"no mask in {' and '.join(lacking)} has a pixel of {shown(name)}; add images that "
                "show it, or accept it in data/accepted.csv."
            )
            yield DataFinding("unseen-class", words, classes=(name,))


def _two_masks(database: sqlite3.Connection) -> Iterator[DataFinding]:
    image = f"substr(md5, 1, {HALF})"  # the part of the hash that is the image's
    query = f"""
        SELECT path, md5 FROM examples WHERE {image} IN (
            SELECT {image} FROM examples GROUP BY 1 HAVING count(DISTINCT md5) > 1)
        ORDER BY {image}, path"""
    for _, rows in groupby(database.execute(query), key=lambda row: str(row[1])[:HALF]):
        paths, hashes = zip(*islice(rows, MOST_PATHS), strict=True)
        more = f", and {len(paths) - 2} more" if len(paths) > 2 else ""
        words = (
            f"{shown(paths[0])} and {shown(paths[1])} are one image with different masks{more}; "
            "keep the right one."
        )
        yield DataFinding("two-masks", words, paths, hashes)
