"""Invalid predictions are refused with one sentence."""

import math

import numpy as np
import pytest

from samebits.console.errors import UserError
from samebits.metrics.probabilities import Probabilities, check, predicted

LABELS = np.array([0, 1, 0, 2, 2, 1], dtype=np.int64)
ROWS = np.full((6, 3), 1 / 3)


def changed(row: list[float]) -> Probabilities:
    rows = ROWS.copy()
    rows[3] = row
    return rows


def test_of_equals_the_first() -> None:
    assert predicted(ROWS).tolist() == [0] * 6


def test_good_probabilities() -> None:
    check(LABELS, ROWS)
    check(LABELS, ROWS.astype(np.float32))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (changed([math.nan, 0.5, 0.5]), "1 of 6 predictions are NaN or infinite"),
        (changed([math.inf, 0, 0]), "NaN or infinite"),
        (changed([0.5, 0.5, 0.5]), "row 3 .* sums to 1.5"),
        (changed([1.5, -0.5, 0.0]), "row 3 .* between 0 and 1"),
        (changed([0.6, -0.1, 0.5]), "row 3 .* between 0 and 1"),
        (ROWS[:5], r"do not match.*\[6\] and \[5, 3\]"),
        (ROWS[:, 0], "do not match"),
        (np.ones((6, 1)), "at least two classes"),
        (np.full((6, 2), 0.5), "whole numbers from 0 to 1"),
    ],
)
def test_bad_probabilities(rows: Probabilities, message: str) -> None:
    with pytest.raises(UserError, match=message):
        check(LABELS, rows)


def test_bad_labels() -> None:
    with pytest.raises(UserError, match="no examples"):
        check(LABELS[:0], ROWS[:0])
    with pytest.raises(UserError, match="whole numbers"):
        check(LABELS - 1, ROWS)
