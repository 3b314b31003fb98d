"""From a row of a table to arrays, and what is learnt from the training rows before any network.

A row is a JSON object of its cells by column. A category is stored as a hash of its text, so rows
can be decoded one by one; the known categories are those of the training rows.
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
MOST_CATEGORIES = 1000  # of a column; with more, it is a name or a number

Cells = Mapping[str, Any]


def read_row(content: bytes) -> Cells:
    """Return the cells of a row by column: texts, or other values of JSON.

    Raises:
        Unreadable: it is not a JSON object.
    """
    try:
        row = read_json(content)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise Unreadable("it is not a row of a table")
    return row


def row_fields(numbers: Sequence[str], categories: Sequence[str]) -> dict[str, Field]:
    """Return the fields of `row_arrays`.

    Raises:
        UserError: no column is named, or a column twice.
    """
    named = [*numbers, *categories]
    twice = [name for name in named if named.count(name) > 1]
    if not named or twice:
        problem = f"name {shown(twice[0])} twice" if twice else "name no column"
        raise UserError(
            f"params.yaml: input.numbers and input.categories {problem}; name each column to learn "
            "from once, in one of the two."
        )
    fields = {}
    if numbers:
        fields["numbers"] = Field("float64", (len(numbers),))
        fields["missing"] = Field("bool", (len(numbers),))
    if categories:
        fields["categories"] = Field("int64", (len(categories),))
    return fields


def row_arrays(row: Cells, numbers: Sequence[str], categories: Sequence[str]) -> Arrays:
    """Return a row as arrays: "numbers", 0 where "missing" is true, and "categories".

    Raises:
        Unreadable: a cell is not a number, or the row lacks a column.
    """
    for key, columns in (("numbers", numbers), ("categories", categories)):
        for name in columns:
            if name not in row:
                raise Unreadable(
                    f"there is no column {shown(name)}, which input.{key} of params.yaml names, "
                    f"among {', '.join(map(shown, row))}"
                )
    arrays: dict[str, NDArray[Any]] = {}
    if numbers:
        cells = [_number(row[name], name) for name in numbers]
        arrays["missing"] = np.array([math.isnan(cell) for cell in cells])
        arrays["numbers"] = np.array([0.0 if math.isnan(cell) else cell for cell in cells])
    if categories:
        arrays["categories"] = np.array([_category(row[name]) for name in categories])
    return arrays


def missing_in(row: Cells, columns: Sequence[str]) -> int:
    """Return how many cells of these columns are missing."""
    return sum(_text(row.get(name)) in MISSING for name in columns)


def row_words(row: Cells, columns: Sequence[str]) -> str:
    """Return these cells of a row as people read them, such as "city Dallas, year 2005"."""
    cells = ((name, _text(row.get(name))) for name in columns)
    return ", ".join(f"{name} {'–' if text in MISSING else text}" for name, text in cells)


def _text(cell: Any) -> str:
    return cell.strip() if isinstance(cell, str) else "" if cell is None else json.dumps(cell)


def _number(cell: Any, column: str) -> float:
    """The number in a cell; NaN if it is missing."""
    text = _text(cell)
    if text in MISSING:
        return math.nan
    try:
        number = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        number = math.nan
    if not abs(number) <= LARGEST:
        raise Unreadable(f"column {shown(column)} has {shown(text)}, which is not a number")
    return number


def _category(cell: Any) -> int:
    """A hash of a cell's text, of 63 bits."""
    text = _text(cell)
    digest = hashlib.md5(("" if text in MISSING else text).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def fit_rows(train: Iterator[Arrays], columns: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return the mean and spread of the numbers, and the categories, of the training rows.

    Args:
        train: the arrays of `row_arrays`, in batches of rows [b, ...].
        columns: the names of the columns of categories.

    Returns:
        "middle" and "spread" float64 [numbers]; "known" int64, the categories of all columns, and
        "sizes" int64 [categories], how many each column has.

    Raises:
        UserError: a column has more categories than `MOST_CATEGORIES`.
    """
    batches = [{name: np.array(rows) for name, rows in batch.items()} for batch in train]
    whole = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
    fitted: dict[str, NDArray[Any]] = {}
    if "numbers" in whole:
        present = ~whole["missing"]
        scales = [_scale(*pair) for pair in zip(whole["numbers"].T, present.T, strict=True)]
        fitted["middle"], fitted["spread"] = map(np.array, zip(*scales, strict=True))
    if "categories" in whole:
        known = [np.unique(column) for column in whole["categories"].T]
        for name, values in zip(columns, known, strict=True):
            if len(values) > MOST_CATEGORIES:
                raise UserError(
                    f"column {shown(name)} has {len(values)} different values in the training "
                    f"rows, more than the {MOST_CATEGORIES} that a category may have; leave it out "
                    "of input.categories."
                )
        fitted["known"] = np.concatenate(known)
        fitted["sizes"] = np.array([len(values) for values in known])
    return fitted


def _scale(values: NDArray[np.float64], present: NDArray[np.bool_]) -> tuple[float, float]:
    """The exact mean and standard deviation of a column; 0 and 1 if all cells are missing."""
    known = values[present].tolist()
    if not known:
        return 0.0, 1.0
    middle, spread = scale_of(known)
    return middle, spread or 1.0


def transform_rows(arrays: Arrays, fitted: Arrays) -> NDArray[np.float32]:
    """Return rows as numbers [b, width], ready for a network.

    First the columns of numbers, in standard deviations from the training rows' mean, 0 if missing;
    then for each of them 1 if it is missing; then for each category of each column 1 if the row has
    it. A category that the training rows lack gives zeros.
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
