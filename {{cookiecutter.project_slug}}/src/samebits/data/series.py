"""From the content of a file to a series: numbers with a row for each time step."""

import math

import numpy as np
from numpy.typing import NDArray

from .example import Unreadable

LARGEST = 1e30  # of a number: a float32 holds it, and its squares can be added up


def read_series(content: bytes, channels: int) -> NDArray[np.float64]:
    """Return the numbers [steps, channels] of a table in CSV.

    Its first line may name the columns.

    Raises:
        Unreadable: it is not such a table, or a cell is not a finite number.
    """
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"line {line} is not in UTF-8") from None
    rows = [_numbers(line) for line in lines]
    first = 1 if rows and all(map(math.isnan, rows[0])) and not _empty(lines[0]) else 0
    for number, row in enumerate(rows[first:], first):
        if len(row) != channels:
            raise Unreadable(f"line {number + 1} has {len(row)} columns, not {channels}")
        if not all(abs(value) <= LARGEST for value in row):
            raise Unreadable(
                f"line {number + 1} has a cell that is not a number, or is beyond 1e30"
            )
    if len(rows) == first:
        raise Unreadable("it has no step")
    return np.array(rows[first:])


FIGURES = 5  # of a channel, in `summary`


def summary(series: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return figures of each channel for simple models, float32 [FIGURES * channels].

    They are the mean, the standard deviation, the minimum, the maximum, and the mean step.
    """
    steps = np.abs(np.diff(series, axis=0)).sum(axis=0) / max(len(series) - 1, 1)
    figures = [series.mean(axis=0), series.std(axis=0), series.min(axis=0), series.max(axis=0)]
    return np.concatenate([*figures, steps]).clip(-1e30, 1e30).astype(np.float32)


def _empty(line: str) -> bool:
    """Whether all cells of a line are missing values."""
    cells = (cell.strip().lower() for cell in line.split(","))
    return all(cell in ("", "na", "nan", "null", "none") for cell in cells)


def _numbers(line: str) -> list[float]:
    """The numbers of a line; NaN for a cell that is not a number."""
    numbers = []
    for cell in line.split(","):
        try:
            numbers.append(float(cell) if cell.isascii() and "_" not in cell else math.nan)
        except ValueError:
            numbers.append(math.nan)
    return numbers
