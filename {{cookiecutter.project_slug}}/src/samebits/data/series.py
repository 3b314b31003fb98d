"""From the content of a file to a series: numbers with a row for each step in time."""

import math

import numpy as np
from numpy.typing import NDArray

from .example import Unreadable


def read_series(content: bytes, channels: int) -> NDArray[np.float64]:
    """Return the numbers [steps, channels] of a table in CSV.

    Its first line may name the columns.

    Raises:
        Unreadable: it is no such table, or holds what is no finite number.
    """
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"line {line} is not in UTF-8") from None
    rows = [_numbers(line) for line in lines]
    first = 1 if rows and all(map(math.isnan, rows[0])) else 0
    for number, row in enumerate(rows[first:], first):
        if len(row) != channels:
            raise Unreadable(f"line {number + 1} has {len(row)} columns, not {channels}")
        if not all(map(math.isfinite, row)):
            raise Unreadable(f"line {number + 1} holds what is no finite number")
    if len(rows) == first:
        raise Unreadable("it has no step")
    return np.array(rows[first:])


def _numbers(line: str) -> list[float]:
    """The numbers of a line; NaN for a cell that is none."""
    found = []
    for cell in line.split(","):
        try:
            found.append(math.nan if "_" in cell else float(cell))
        except ValueError:
            found.append(math.nan)
    return found
