"""Rows of tables: missing cells, categories that no training row has, missing columns."""

import json
from typing import Any

import numpy as np
import pytest

from samebits.console.errors import UserError
from samebits.data import table
from samebits.data.example import Unreadable
from samebits.data.fields import Field
from samebits.data.table import (
    fit_rows,
    missing_in,
    read_row,
    row_arrays,
    row_fields,
    transform_rows,
)

NUMBERS, CATEGORIES = ("age", "size"), ("kind",)


def arrays(*rows: tuple[Any, Any, Any]) -> dict[str, Any]:
    made = [
        row_arrays(dict(zip(("age", "size", "kind"), row, strict=True)), NUMBERS, CATEGORIES)
        for row in rows
    ]
    return {name: np.stack([row[name] for row in made]) for name in made[0]}


TRAIN = arrays(("1", "10", "cat"), ("3", "NA", "dog"), ("", "30", "cat"), ("5", "20", ""))


def test_a_row() -> None:
    row = read_row(b'{"age": " 7 ", "size": null, "kind": true, "more": 1}')
    cells = row_arrays(row, NUMBERS, CATEGORIES)
    assert cells["numbers"].tolist() == [7, 0] and cells["missing"].tolist() == [False, True]
    assert missing_in(row, [*NUMBERS, *CATEGORIES]) == 1
    for name, field in row_fields(NUMBERS, CATEGORIES).items():
        assert (cells[name].dtype.name, cells[name].shape) == field
    assert row_fields((), ("kind",)) == {"categories": Field("int64", (1,))}


@pytest.mark.parametrize("content", [b"", b"[1]", b"7", b"{"])
def test_what_is_no_row(content: bytes) -> None:
    with pytest.raises(Unreadable, match="not a row of a table"):
        read_row(content)


@pytest.mark.parametrize("cell", ["x", "inf", "-1e155", "1_0", "٣", "1,5", [1], True])
def test_what_is_no_number(cell: Any) -> None:
    with pytest.raises(Unreadable, match=r"column age has .*, which is not a number"):
        row_arrays({"age": cell, "size": 1, "kind": ""}, NUMBERS, CATEGORIES)


def test_columns_that_are_not_there_or_named_twice() -> None:
    with pytest.raises(
        Unreadable, match=r"no column size, which input\.numbers of .* among age, k"
    ):
        row_arrays({"age": 1, "kind": 2}, NUMBERS, CATEGORIES)
    with pytest.raises(
        Unreadable, match=r"no column kind, which input\.categories of params\.yaml"
    ):
        row_arrays({"age": 1, "size": 2}, NUMBERS, CATEGORIES)
    with pytest.raises(UserError, match=r"input\.categories name age twice"):
        row_fields(("age",), ("age",))
    with pytest.raises(UserError, match="name no column"):
        row_fields((), ())


def test_what_training_rows_say() -> None:
    fitted = fit_rows(iter([TRAIN]), CATEGORIES)
    assert fitted["middle"].tolist() == [3, 20]
    assert fitted["spread"] == pytest.approx([np.sqrt(8 / 3), np.sqrt(200 / 3)], abs=1e-15)
    assert fitted["sizes"].tolist() == [3]
    halves = [
        {name: column[at] for name, column in TRAIN.items()} for at in (slice(2), slice(2, 4))
    ]
    again = fit_rows(iter(halves), CATEGORIES)
    assert all(np.array_equal(column, again[name]) for name, column in fitted.items())


def test_rows_as_a_network_takes_them() -> None:
    fitted = fit_rows(iter([TRAIN]), CATEGORIES)
    transformed = transform_rows(TRAIN, fitted)
    assert transformed.shape == (4, 7) and transformed.dtype == np.float32
    assert transformed[:, 0].mean() == pytest.approx(0, abs=1e-7) and transformed[2, 0] == 0
    assert transformed[:, 2:4].tolist() == [[0, 0], [0, 1], [1, 0], [0, 0]]
    assert transformed[:, 4:].sum(axis=1).tolist() == [1, 1, 1, 1]
    unseen = transform_rows(arrays(("1", "10", "cow")), fitted)
    assert not unseen[0, 4:].any()
    assert np.isfinite(transform_rows(arrays(("1e99", "-1e99", "")), fitted)).all()


@pytest.mark.parametrize("count", [3, 269])
def test_a_column_that_is_always_the_same_says_nothing_of_one_that_is_not(count: int) -> None:
    """The sum of many 0.12 is slightly off, which is not a spread."""
    fitted = fit_rows(iter([arrays(*[("0.12", "1", "a")] * count)]), CATEGORIES)
    assert fitted["middle"].tolist() == [0.12, 1] and fitted["spread"].tolist() == [1, 1]
    transformed = transform_rows(arrays(("0.13", "1", "a")), fitted)
    assert transformed[0, 0] == pytest.approx(0.01)


def test_a_column_without_a_number_or_always_the_same() -> None:
    fitted = fit_rows(iter([arrays(("NA", "2", "a"), ("", "2", "a"))]), CATEGORIES)
    assert fitted["middle"].tolist() == [0, 2] and fitted["spread"].tolist() == [1, 1]
    assert np.isfinite(transform_rows(TRAIN, fitted)).all()


def test_a_category_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MOST_CATEGORIES", 2)
    with pytest.raises(UserError, match=r"column kind has 3 different values .*input\.categories"):
        fit_rows(iter([TRAIN]), CATEGORIES)


def test_the_text_of_a_category_counts_alone() -> None:
    first, other = (json.dumps({"kind": cell}).encode() for cell in ("é", "e"))
    codes = [
        int(row_arrays(read_row(row), (), ("kind",))["categories"][0]) for row in (first, other)
    ]
    assert codes[0] != codes[1] and min(codes) >= 0
