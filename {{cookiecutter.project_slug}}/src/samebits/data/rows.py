"""The rows of CSV and JSONL files, each with its place, from which it can be read again alone.

Formats: RFC 4180 for CSV, with a line of column names; a JSON object in each line for JSONL.
"""

import csv
import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

from ..core.files import read_json
from .findings import shown

BOM = b"\xef\xbb\xbf"  # what spreadsheets put before the first column is no part of it
DIGITS = 4300  # of a whole number; Python takes no more
LONGEST = 2**31 - 1  # letters of a cell; a C long of Windows is no larger


class BrokenTable(ValueError):
    """Says where a table is broken such that nobody can tell where its next row begins."""


class Row(NamedTuple):
    """The cells of a row, its lines in the file (the first is 1), and its place in bytes.

    `problem` says why it cannot be read, after the words "the row", else it is "".
    """

    cells: list[str]
    line: int
    last: int
    offset: int
    size: int
    problem: str


class _Lines:
    """The lines of a file as text; it counts them, their bytes, and notes what is no text."""

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
            self.problem = f"is not UTF-8 text in line {self.count}; save the file as that"
            return line.decode(errors="replace")


def csv_rows(file: BinaryIO, part: bool = False) -> Iterator[Row]:
    """Yield the rows of a CSV file, that with the names of its columns too; empty lines are none.

    Args:
        file: the file, at its start.
        part: it is a part of one, so that what it begins with is a cell.

    Raises:
        BrokenTable: its quotes do not fit.
    """
    csv.field_size_limit(LONGEST)
    lines = _Lines(file, part)
    cells = csv.reader(lines, strict=True)
    while True:
        line, offset, lines.problem = lines.count + 1, lines.end, ""
        try:
            found = next(cells, None)
        except csv.Error as error:
            raise BrokenTable(f"line {line}, is not CSV ({_plain(error)}); mend it.") from None
        if found is None:
            return
        if found:
            yield Row(found, line, lines.count, offset, lines.end - offset, lines.problem)


def _plain(error: csv.Error) -> str:
    if "new-line" in str(error):
        return "a line end without LF outside quotes"
    return "its quotes do not close" if "end of data" in str(error) else str(error)


def json_rows(file: BinaryIO, part: bool = False) -> Iterator[Row]:
    """Yield the lines of a JSONL file, each as one cell; empty lines are none. `part` as above."""
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
    """Return what is wrong with the names of the columns, a sentence each.

    Args:
        header: the first row, if there is one.
        wanted: columns that must be there.
        name: of the file, for the sentences.
    """
    if header is None:
        return [f"{name} is empty; begin it with a line that names its columns."]
    where, columns = f"{name}, line {header.line},", header.cells
    if header.problem:
        return [f"{where} {header.problem}."]
    twice = sorted(one for one, count in Counter(columns).items() if count > 1)
    found = [f"{where} has the column {shown(one)} twice; rename one of them." for one in twice]
    for one in wanted:
        if one not in columns:
            odd = next((mark for mark in ";\t|" if len(columns) == 1 and mark in columns[0]), "")
            how = f"separate its cells by commas, not by {odd!r}" if odd else "name it there"
            listed = ", ".join(map(shown, columns))
            found.append(f"{where} has no column {shown(one)} among {listed}; {how}.")
    return found


def cells_problem(row: Row, columns: Sequence[str]) -> str:
    """Return what is wrong with a row of a table with these columns, or "" if nothing is."""
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
    """Return the object that a line of JSON says.

    Raises:
        ValueError: it is none, or one that readers of JSON would not all understand alike; the
            message goes on after "the row".
    """
    try:
        found = read_json(
            text.rstrip("\r\n"),
            object_pairs_hook=_unique,
            parse_constant=_refused,
            parse_float=_finite,
            parse_int=_whole,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON ({error.msg} at letter {error.colno})") from None
    if not isinstance(found, dict):
        raise ValueError("is no JSON object; write {...}")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"has the key {shown(twice)} twice; remove one")
    return found


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
