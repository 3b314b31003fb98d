"""Gradient boosting learns what a linear model cannot, in one thread."""

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from samebits.data.loader import Split
from samebits.training import boosting
from samebits.training.target_base import target_of


def columns(count: int, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(-1, 1, (count, 3)).astype(np.float32)


def numbers(count: int, seed: int) -> Split:
    """Answers are the product of two columns, which no linear model can learn."""
    x = columns(count, seed)
    return Split({"x": x}, x[:, 0] * x[:, 1].astype(np.float64), [], "v", "number", (0.0, 0.33))


def classes(count: int, seed: int) -> Split:
    x = columns(count, seed)
    return Split({"x": x}, 2 * (x[:, 0] * x[:, 1] > 0).astype(np.int64), ["a", "b", "c"], "v")


def test_numbers_that_no_line_fits() -> None:
    train, dev = numbers(600, 0), numbers(200, 1)
    scores = target_of(train).baselines(train, {"dev": dev})
    error = {name: np.abs(said["dev"] - dev.labels).mean() for name, said in scores.items()}
    assert [*error] == [
        "mean of training",
        "linear regression on the arrays",
        "gradient boosting on the arrays",
    ]
    assert error["gradient boosting on the arrays"] < error["linear regression on the arrays"] / 2


def test_classes_of_which_one_is_never_there() -> None:
    train, dev = classes(600, 0), classes(200, 1)
    said = target_of(train).baselines(train, {"dev": dev})["gradient boosting on the arrays"]["dev"]
    assert said.shape == (200, 3)
    assert (said[:, 1] == 0).all() and said.sum(axis=1) == pytest.approx(1)
    assert (said.argmax(axis=1) == dev.labels).mean() > 0.9


def test_the_same_bits_whatever_threads_there_are() -> None:
    train = numbers(3000, 0)
    guesses = set()
    for threads in (1, 2, 5):
        with threadpool_limits(threads):
            said = target_of(train).baselines(train, {"dev": numbers(99, 1)})
        guesses.add(said["gradient boosting on the arrays"]["dev"].tobytes())
    assert len(guesses) == 1


def test_where_it_says_nothing() -> None:
    truth = np.arange(2.0)
    assert boosting.suits(np.zeros((2, 256), np.float32), truth)
    assert not boosting.suits(np.zeros((2, 257), np.float32), truth)
    assert not boosting.suits(np.zeros((2, 1, 8, 8), np.uint8), truth)
    assert not boosting.suits(np.zeros((2, 4), np.float32), np.ones(2))
