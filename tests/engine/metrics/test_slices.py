"""Parts of a data set, without code."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from samebits.console.errors import UserError
from samebits.data.targets import Answers
from samebits.metrics.class_predictions import ClassPredictions
from samebits.metrics.slices import slices

LABELS = np.array([0, 0, 1, 1, 1, 0], dtype=np.int64)
ANSWERS = Answers("class", ["cat", "dog", "eel"])


@pytest.fixture
def predictions(made: Callable[..., ClassPredictions]) -> ClassPredictions:
    """Six, increasingly wide and bright, every second one at night."""
    return made(LABELS, np.eye(3)[LABELS], brightness=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], width=10)


def rows_of(kind: str, predictions: ClassPredictions) -> dict[str, Any]:
    return {
        name: np.flatnonzero(mask).tolist()
        for name, mask in slices([kind], predictions, ANSWERS).items()
    }


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("class", {"class cat": [0, 1, 5], "class dog": [2, 3, 4]}),
        ("path night/*", {"path night/*": [1, 3, 5]}),
        ("path dusk/*", {}),
        ("brightness in 2 parts", {"brightness 1 of 2": [0, 1, 2], "brightness 2 of 2": [3, 4, 5]}),
        (
            "size at 11, 14",
            {"size below 11": [0], "size 11 to 14": [1, 2, 3], "size from 14": [4, 5]},
        ),
        (
            "brightness at 0.35",
            {"brightness below 0.35": [0, 1, 2], "brightness from 0.35": [3, 4, 5]},
        ),
    ],
)
def test_every_kind(kind: str, expected: dict[str, Any], predictions: ClassPredictions) -> None:
    assert rows_of(kind, predictions) == expected


def test_equal_values_stay_together(made: Callable[..., ClassPredictions]) -> None:
    alike = made(LABELS, np.eye(3)[LABELS])
    assert rows_of("brightness in 3 parts", alike) == {"brightness 3 of 3": [0, 1, 2, 3, 4, 5]}


@pytest.mark.parametrize(
    ("kind", "words"), [("size at 3, 2", "the bounds must increase"), ("colour", "cannot be read")]
)
def test_what_cannot_be_read(kind: str, words: str, predictions: ClassPredictions) -> None:
    with pytest.raises(UserError, match=words):
        rows_of(kind, predictions)


def test_what_decode_does_not_know(predictions: ClassPredictions) -> None:
    words = "`decode` in data.py returns no fact colour; the facts are: width, height, brightness"
    with pytest.raises(UserError, match=words):
        rows_of("colour in 3 parts", predictions)
