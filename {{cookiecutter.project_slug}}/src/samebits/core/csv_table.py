"""Small tables that people keep in Git next to the data, read with all their problems."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from .files import named


def read_table(path: Path, header: Sequence[str]) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """Return (line, cells) for each row of a CSV file, and a sentence for each problem.

    A row has as many cells as `header`, stripped of white space; empty lines do not count, and a
    missing file has no rows.
    """
    name = path.as_posix()
    try:
        # Spreadsheets put a byte order mark before the first column; it is not part of its name.
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return [], []
    except UnicodeDecodeError:
        return [], [f"{name} is not UTF-8 text; save it as UTF-8."]
    rows: list[tuple[int, list[str]]] = []
    problems: list[str] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        if next(reader, []) != list(header):
            return [], [f"{name} must begin with the line {','.join(header)}."]
        for cells in reader:
            if len(cells) == len(header):
                rows.append((reader.line_num, [named(cell.strip()) for cell in cells]))
            elif cells:
                problems.append(
                    f"{name}, line {reader.line_num}, has {len(cells)} cells instead of "
                    f"{len(header)}; put a cell with a comma in quotes."
                )
    except csv.Error as error:
        problems.append(f"{name}, line {reader.line_num}, is not CSV ({error}); fix its quotes.")
    return rows, problems
