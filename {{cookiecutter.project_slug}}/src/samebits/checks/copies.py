"""Copies: examples whose exact bytes are in several files or rows."""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby

from ..core.sections import Data
from ..data.findings import MOST_PATHS, DataFinding, shown
from ..data.splits import LEFT_OUT, SPLITS, Cut, split_of


def same_findings(
    database: sqlite3.Connection,
    data: Data,
    cut: Cut | None = None,
    *,
    classes: bool = True,
    answer: str = "number",
) -> Iterator[DataFinding]:
    """Yield a finding for examples whose exact bytes are in several files or rows.

    Args:
        database: that of a catalogue, with the view `examples`.
        data: what is expected.
        cut: where times divide the splits.
        classes: whether answers are classes, which copies must share; numbers may differ.
        answer: what to call an answer that is not a class.
    """
    yield from _equal_rows(database, classes=classes)
    query = """SELECT md5, path, label, grouped, time FROM examples
               WHERE md5 IN (SELECT md5 FROM examples WHERE NOT is_row
                             GROUP BY md5 HAVING count(*) > 1)
               ORDER BY md5, path"""
    for md5, rows in groupby(database.execute(query), key=lambda row: str(row[0])):
        each = (
            (path, label if classes else answer, split_of(path, md5, group, data, at, cut))
            for _, path, label, group, at in rows
        )
        yield from _same(md5, each)


def _equal_rows(database: sqlite3.Connection, *, classes: bool) -> Iterator[DataFinding]:
    """Yield findings about equal rows of tables; unlike equal files, they may be legitimate."""
    query = """
        WITH equal AS (
            SELECT md5, count(*) AS n, count(DISTINCT label) > 1 AS several
            FROM examples WHERE is_row GROUP BY md5 HAVING n > 1
        )
        SELECT several, sum(n), min(md5) FROM equal GROUP BY several"""
    for several, count, md5 in database.execute(query).fetchall():
        query = f"""SELECT min(path) AS first, label FROM examples WHERE md5 = ?
                    GROUP BY {"label" if several else "path"} ORDER BY first LIMIT 2"""
        (first, label), (second, another) = database.execute(query, (md5,))
        if several and not classes:
            continue  # number_rules.py checks how far apart numbers are
        if several:
            rule, words = (
                "two-answers",
                f"{count} rows are equal to others except for the answer, such as {shown(first)} "
                f"({shown(label)}) and {shown(second)} ({shown(another)}), so no model can tell "
                "them apart; check whether a column that tells them apart is missing.",
            )
        else:
            rule, words = (
                "copies",
                f"{count} rows are equal to others, such as {shown(first)} and {shown(second)}; "
                "they stay in one split, but keep one of each unless they are separate "
                "observations.",
            )
        yield DataFinding(rule, words, (first, second), (md5, md5))


def _same(md5: str, rows: Iterable[tuple[str, str, str]]) -> Iterator[DataFinding]:
    by_label: dict[str, list[str]] = {}
    by_split: dict[str, list[str]] = {}
    count = 0
    for path, label, split in rows:
        count += 1
        for key, groups in ((label, by_label), (split, by_split)):
            if key == LEFT_OUT and groups is by_split:
                continue  # no stage uses it, so it leaks nothing
            paths = groups.setdefault(key, [])
            if len(paths) < MOST_PATHS:
                paths.append(path)
    if len(by_label) > 1:
        words = (
            f"{_listed(by_label)}: the same example; remove all but one label in "
            "data/corrections.csv."
        )
        yield _about("two-labels", words, by_label, md5)
    if len(by_split) > 1:
        groups = {name: by_split[name] for name in SPLITS if name in by_split}
        words = (
            f"{_listed(groups)}: the same example; keep one file, or make the groups and "
            "data.evaluate_on treat all alike."
        )
        yield _about("two-splits", words, groups, md5)
    if len(by_label) == 1 and len(by_split) < 2:
        words = (
            f"{_listed(by_label)} and others, {count} files: the same example; keep one of them."
        )
        yield _about("copies", words, by_label, md5)


def _listed(groups: dict[str, list[str]]) -> str:
    return ", ".join(f"{shown(paths[0])} ({shown(name)})" for name, paths in groups.items())


def _about(rule: str, words: str, groups: dict[str, list[str]], md5: str) -> DataFinding:
    # The first path of each group, then the others.
    firsts = [paths[0] for paths in groups.values()]
    others = [path for paths in groups.values() for path in paths[1:]]
    paths = tuple((firsts + others)[:MOST_PATHS])
    return DataFinding(rule, words, paths, (md5,) * len(paths))
