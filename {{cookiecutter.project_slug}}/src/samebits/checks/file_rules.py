"""Rules about files and rows, whatever their content."""

import sqlite3
from collections.abc import Iterator

from ..core.file_names import name_problem
from ..data.findings import MOST_PATHS, DataFinding, shown

CUT = 0.05  # of the examples: if more are cut off, it is reported
APART = 10.0  # times longer or shorter than the median: such a length is odd


def file_findings(database: sqlite3.Connection) -> Iterator[DataFinding]:
    """Yield findings about single files, and about examples that are cut off or of odd length."""
    yield from _unusable(database)
    yield from _odd_names(database)
    yield from _cut(database)
    yield from _odd_lengths(database)


def _unusable(database: sqlite3.Connection) -> Iterator[DataFinding]:
    """Yield the files that cannot be used, with the reason that their reader gave."""
    query = "SELECT path, md5, rule, problem FROM files WHERE rule <> '' ORDER BY path"
    for path, md5, rule, problem in database.execute(query):
        yield DataFinding(rule, f"{shown(path)}: {problem}.", (path,), (md5,))


def _odd_names(database: sqlite3.Connection) -> Iterator[DataFinding]:
    # For a file of lines, report its own name, once, at its first line.
    query = """SELECT min(path), md5, iif(substr(path, 1, length(file) + 1) = file || ':'
                                          AND file <> '', file, path) AS name
               FROM files WHERE rule <> 'missing-file' GROUP BY name ORDER BY name"""
    for path, md5, name in database.execute(query):
        if problem := name_problem(name):
            yield DataFinding("odd-name", f"{shown(name)} {problem}; rename it.", (path,), (md5,))


def _cut(database: sqlite3.Connection) -> Iterator[DataFinding]:
    """Yield a finding if many examples are longer than the part that is kept, by the fact `cut`."""
    query = """SELECT count(*), count(*) FILTER (WHERE cut > 0), max(cut)
               FROM (SELECT json_extract(facts, '$.cut') AS cut FROM files WHERE problem = '')"""
    whole, count, most = database.execute(query).fetchone()
    if count > CUT * whole:
        yield DataFinding(
            "cut-content",
            f"{count} of {whole} examples are longer than section `input` allows, by up to {most}; "
            "raise the length there if the part that is cut off matters.",
        )


def _odd_lengths(database: sqlite3.Connection) -> Iterator[DataFinding]:
    """Yield a single finding for all examples whose fact `length` is far from the median."""
    known = """FROM (SELECT path, md5, json_extract(facts, '$.length') AS length FROM files
                     WHERE problem = '') WHERE length IS NOT NULL"""
    (count,) = database.execute(f"SELECT count(*) {known}").fetchone()
    if not count:
        return
    query = f"SELECT length {known} ORDER BY length LIMIT 1 OFFSET ?"
    (middle,) = database.execute(query, (count // 2,)).fetchone()
    far = f"{known} AND (length > :apart * :middle OR length * :apart < :middle)"
    bounds = {"apart": APART, "middle": middle, "most": MOST_PATHS}
    (odd,) = database.execute(f"SELECT count(*) {far}", bounds).fetchone()
    query = f"SELECT path, md5, length {far} ORDER BY path LIMIT :most"
    if rows := database.execute(query, bounds).fetchall():
        some = ", ".join(f"{shown(path)} ({length:g})" for path, _, length in rows[:3])
        more = f" and {odd - 3} more" if odd > 3 else ""
        words = (
            f"{odd} of {count} examples are more than {APART:g} times as long as the median, "
            f"{middle:g}, or less than a tenth as long: {some}{more}; check whether they are "
            "complete."
        )
        paths, hashes, _ = zip(*rows, strict=True)
        yield DataFinding("odd-length", words, paths, hashes)
