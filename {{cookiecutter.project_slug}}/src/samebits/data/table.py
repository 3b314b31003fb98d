"""From a row of a table to arrays, and what is learnt of the training rows before any network.

A row comes as JSON, an object of its cells by column. A category is kept as a number that follows
from its text, so rows can be decoded one by one; which categories there are, the training rows say.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from ..core.files import read_json
from .example import Unreadable
from .fields import Arrays, Field
from .findings import shown
from .targets import LARGEST, scale_of

MISSING = frozenset({"", "?", "NA", "N/A", "NaN", "nan", "null", "None"})
MOST_CATEGORIES = 1000  # of a column; one with more is a name or a number

Row = Mapping[str, Any]


def read_row(content: bytes) -> Row:
    """Return the cells of a row by column: texts, or what else JSON has.

    Raises:
        Unreadable: it is no object of JSON.
    """
    try:
        found = read_json(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Unreadable("it is no row of a table")
    return found


def row_fields(numbers: Sequence[str], categories: Sequence[str]) -> dict[str, Field]:
    """Return the fields of `row_arrays`.

    Raises:
        UserError: no column is named, or one twice.
    """
    named = [*numbers, *categories]
    twice = [name for name in named if named.count(name) > 1]
    if not named or twice:
        problem = f"name {shown(twice[0])} twice" if twice else "name no column"
        raise UserError(
            f"params.yaml: input.numbers and input.categories {problem}; name each column to learn "
            "from once, in one of the two."
        )
    found = {}
    if numbers:
        found["numbers"] = Field("float64", (len(numbers),))
        found["missing"] = Field("bool", (len(numbers),))
    if categories:
        found["categories"] = Field("int64", (len(categories),))
    return found


def row_arrays(row: Row, numbers: Sequence[str], categories: Sequence[str]) -> Arrays:
    """Return a row as arrays: "numbers" with 0 where one is "missing", and "categories".

    Raises:
        Unreadable: a cell of a column of numbers is none, or the row has no such column.
    """
    for name in (*numbers, *categories):
        if name not in row:
            raise Unreadable(
                f"it has no column {shown(name)}, which the section input of params.yaml names; it "
                f"has {', '.join(map(shown, row))}"
            )
    found: dict[str, NDArray[Any]] = {}
    if numbers:
        cells = [_number(row[name], name) for name in numbers]
        found["missing"] = np.array([math.isnan(cell) for cell in cells])
        found["numbers"] = np.array([0.0 if math.isnan(cell) else cell for cell in cells])
    if categories:
        found["categories"] = np.array([_category(row[name]) for name in categories])
    return found


def missing_in(row: Row, columns: Sequence[str]) -> int:
    """Return how many cells of these columns are missing."""
    return sum(_text(row.get(name)) in MISSING for name in columns)


def row_words(row: Row, columns: Sequence[str]) -> str:
    """Return these cells of a row as people read them, such as "city Dallas, year 2005"."""
    cells = ((name, _text(row.get(name))) for name in columns)
    return ", ".join(f"{name} {'–' if text in MISSING else text}" for name, text in cells)


def _text(cell: Any) -> str:
    return cell.strip() if isinstance(cell, str) else "" if cell is None else json.dumps(cell)


def _number(cell: Any, column: str) -> float:
    """The number in a cell; NaN where it is missing."""
    text = _text(cell)
    if text in MISSING:
        return math.nan
    try:
        found = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        found = math.nan
    if not abs(found) <= LARGEST:
        raise Unreadable(f"column {shown(column)} has {shown(text)}, which is no number")
    return found


def _category(cell: Any) -> int:
    """A number that follows from a cell's text alone."""
    text = _text(cell)
    digest = hashlib.md5(("" if text in MISSING else text).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def fit_rows(train: Iterator[Arrays], columns: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return what the training rows say: mean and spread of numbers, and the categories there are.

    Args:
        train: the arrays of `row_arrays`, some rows [b, ...] at a time.
        columns: the names of the columns of categories.

    Returns:
        "middle" and "spread" float64 [numbers]; "known" int64, the categories of all columns, and
        "sizes" int64 [categories], how many of each column.

    Raises:
        UserError: a column has more categories than `MOST_CATEGORIES`.
    """
    batches = [{name: np.array(one) for name, one in batch.items()} for batch in train]
    whole = {name: np.concatenate([one[name] for one in batches]) for name in batches[0]}
    found: dict[str, NDArray[Any]] = {}
    if "numbers" in whole:
        there = ~whole["missing"]
        scales = [_scale(*pair) for pair in zip(whole["numbers"].T, there.T, strict=True)]
        found["middle"], found["spread"] = map(np.array, zip(*scales, strict=True))
    if "categories" in whole:
        known = [np.unique(column) for column in whole["categories"].T]
        for name, values in zip(columns, known, strict=True):
            if len(values) > MOST_CATEGORIES:
                raise UserError(
                    f"column {shown(name)} has {len(values)} different values to learn from, and a "
                    f"category may have {MOST_CATEGORIES}; leave it out of input.categories."
                )
        found["known"] = np.concatenate(known)
        found["sizes"] = np.array([len(values) for values in known])
    return found


def _scale(values: NDArray[np.float64], there: NDArray[np.bool_]) -> tuple[float, float]:
    """The mean of a column and its standard deviation, to the last bit; 0 and 1 of nothing."""
    known = values[there].tolist()
    if not known:
        return 0.0, 1.0
    middle, spread = scale_of(known)
    return middle, spread or 1.0


def transform_rows(arrays: Arrays, fitted: Arrays) -> NDArray[np.float32]:
    """Return rows as numbers [b, width] that a network takes as they are.

    For each column of numbers how many standard deviations it is from the training rows' mean, 0
    where it is missing, and behind these 1 where it is; for each category of each column 1 where
    the row has it, so that a row with one that training rows do not have has none.
    """
    parts: list[NDArray[Any]] = []
    if "numbers" in arrays:
        scaled = (arrays["numbers"] - fitted["middle"]) / fitted["spread"]
        parts += [np.where(arrays["missing"], 0, scaled), arrays["missing"]]
    if "categories" in arrays:
        ends = np.cumsum(fitted["sizes"])[:-1]
        columns = zip(np.split(fitted["known"], ends), arrays["categories"].T, strict=True)
        parts += [column[:, np.newaxis] == known for known, column in columns]
    return np.concatenate(parts, axis=1).clip(-1e6, 1e6).astype(np.float32)
