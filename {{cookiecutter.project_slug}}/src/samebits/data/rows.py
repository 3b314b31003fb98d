"""The rows of CSV and JSONL files, each with its place, so that it can be read again alone.

Formats: CSV by RFC 4180 with a line of column names; JSONL with a JSON object per line.
"""

import csv
import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

from ..core.files import read_json
from .findings import shown

BOM = b"\xef\xbb\xbf"  # spreadsheets put it before the first column; it is not part of its name
DIGITS = 4300  # of a whole number; Python accepts no more
LONGEST = 2**31 - 1  # characters of a cell; the largest C long on Windows


class BrokenTable(ValueError):
    """Says where a table is broken, so that the start of its next row is unknown."""


class Row(NamedTuple):
    """The cells of a row, its lines in the file (the first is 1), and its place in bytes.

    `problem` says why it cannot be read, to follow the words "the row", or is "".
    """

    cells: list[str]
    line: int
    last: int
    offset: int
    size: int
    problem: str


class _Lines:
    """The lines of a file as text; counts them and their bytes, and notes what is not text."""

    def __init__(self, file: BinaryIO, part: bool) -> None:
        self._file = file
        self.count = self.end = 0
        self.problem = ""
        if not part:
            self.end = len(BOM) if file.read(len(BOM)) == BOM else 0
            file.seek(self.end)

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._file.readline()
        if not line:
            raise StopIteration
        self.count += 1
        self.end += len(line)
        if b"\0" in line:
            self.problem = f"holds a NUL in line {self.count}; save the file as plain UTF-8 text"
        try:
            return line.decode()
        except UnicodeDecodeError:
            self.problem = f"is not UTF-8 text in line {self.count}; save the file as UTF-8"
            return line.decode(errors="replace")


def csv_rows(file: BinaryIO, part: bool = False) -> Iterator[Row]:
    """Yield the rows of a CSV file, including the header; skip empty lines.

    Args:
        file: the file, at its start.
        part: `file` is a part of a file, so it does not begin with a byte order mark.

    Raises:
        BrokenTable: its quotes do not match.
    """
    csv.field_size_limit(LONGEST)
    lines = _Lines(file, part)
    reader = csv.reader(lines, strict=True)
    while True:
        line, offset, lines.problem = lines.count + 1, lines.end, ""
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise BrokenTable(f"line {line}, is not CSV ({_plain(error)}); fix it.") from None
        if row is None:
            return
        if row:
            yield Row(row, line, lines.count, offset, lines.end - offset, lines.problem)


def _plain(error: csv.Error) -> str:
    if "new-line" in str(error):
        return "a line end without LF outside quotes"
    return "its quotes do not close" if "end of data" in str(error) else str(error)


def json_rows(file: BinaryIO, part: bool = False) -> Iterator[Row]:
    """Yield the lines of a JSONL file, each as a single cell; arguments as for `csv_rows`."""
    lines = _Lines(file, part)
    while True:
        offset, lines.problem = lines.end, ""
        text = next(lines, None)
        if text is None:
            return
        if text.strip():
            size = lines.end - offset
            yield Row([text], lines.count, lines.count, offset, size, lines.problem)


def column_problems(header: Row | None, wanted: Sequence[str], name: str) -> list[str]:
    """Return the problems of the columns, a sentence each.

    Args:
        header: the first row, if there is one.
        wanted: the required columns.
        name: of the file, for the sentences.
    """
    if header is None:
        return [f"{name} is empty; begin it with a line that names its columns."]
    where, columns = f"{name}, line {header.line},", header.cells
    if header.problem:
        return [f"{where} {header.problem}."]
    twice = sorted(column for column, count in Counter(columns).items() if count > 1)
    problems = [
        f"{where} has the column {shown(name)} twice; rename one of them." for name in twice
    ]
    for column in wanted:
        if column not in columns:
            odd = next((mark for mark in ";\t|" if len(columns) == 1 and mark in columns[0]), "")
            how = f"separate its cells by commas, not by {odd!r}" if odd else "name it there"
            listed = ", ".join(map(shown, columns))
            problems.append(f"{where} has no column {shown(column)} among {listed}; {how}.")
    return problems


def cells_problem(row: Row, columns: Sequence[str]) -> str:
    """Return the problem of a row of a table with these columns, or ""."""
    if row.problem:
        return row.problem
    if len(row.cells) == len(columns):
        return ""
    lines = f" in lines {row.line} to {row.last}" if row.last > row.line else ""
    return (
        f"has {len(row.cells)} cells{lines} instead of {len(columns)}; put a cell with a comma in "
        "quotes"
    )


def json_object(text: str) -> dict[str, Any]:
    """Return the object in a line of JSON.

    Raises:
        ValueError: it is not an object, or one that JSON parsers read differently; the message
            follows the words "the row".
    """
    try:
        content = read_json(
            text.rstrip("\r\n"),
            object_pairs_hook=_unique,
            parse_constant=_refused,
            parse_float=_finite,
            parse_int=_whole,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON ({error.msg} at letter {error.colno})") from None
    if not isinstance(content, dict):
        raise ValueError("is not a JSON object; write {...}")
    return content


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"has the key {shown(twice)} twice; remove one")
    return content


def _refused(constant: str) -> Any:
    raise ValueError(f"holds {constant}, which is not JSON; write null")


def _finite(text: str) -> float:
    if not math.isfinite(float(text)):
        raise ValueError(f"holds {text}, which is too large a number")
    return float(text)


def _whole(text: str) -> int:
    if len(text) > DIGITS:
        raise ValueError(f"holds a number of more than {DIGITS} digits")
    return int(text)
