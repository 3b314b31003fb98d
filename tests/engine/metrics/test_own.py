"""A user's own metric: one function, known by its name, with an interval."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import samebits
from samebits.console.errors import UserError
from samebits.metrics import Metric, Scored, mean_of, number_of
from samebits.metrics.class_sample import ClassSample
from samebits.metrics.intervals import resample
from samebits.metrics.registry import METRICS, enter
from samebits.metrics.scores import find, value


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = dict(METRICS)
    yield
    METRICS.clear()
    METRICS.update(before)


def sample() -> ClassSample:
    draw = np.random.default_rng(0)
    labels, rows = draw.integers(0, 3, 90), draw.dirichlet([1, 1, 1], 90)
    return ClassSample(labels, rows.argmax(axis=1), rows, np.arange(90))


def top_2(scored: Scored) -> NDArray[np.bool_]:
    first = np.argsort(-scored.probabilities, axis=1, kind="stable")[:, :2]
    hits: NDArray[np.bool_] = (first == scored.labels[:, None]).any(axis=1)
    return hits


@pytest.mark.parametrize(
    "metric",
    [
        mean_of("top_2", top_2, higher_is_better=True, between_0_and_1=True),
        number_of(
            "top_2",
            lambda scored: float(top_2(scored).mean()),
            higher_is_better=True,
            between_0_and_1=True,
        ),
    ],
    ids=["mean", "number"],
)
def test_one_function_is_a_metric(metric: Metric) -> None:
    enter([metric])
    figures = resample(
        {"top_2": find("top_2"), "accuracy": METRICS["accuracy"]}, sample(), 0
    ).figures
    assert (metric.title, metric.higher_is_better) == ("Top 2", True)
    assert figures["accuracy"].value < figures["top_2"].value < 1
    assert 0 < figures["top_2"].low < figures["top_2"].value < figures["top_2"].high < 1


def test_that_the_answers_are_given_too() -> None:
    right = mean_of("right", lambda scored: scored.answers == scored.labels, higher_is_better=True)
    assert value(right, sample()) == value(METRICS["accuracy"], sample())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("accuracy", "the name `accuracy` is taken; give your metric another one"),
        ("recall", "the name `recall` is taken"),
        ("examples", "the name `examples` is taken"),
        ("latency_ms", "the name `latency_ms` is taken"),
        ("F2", "`F2` cannot name a metric; begin with a lower-case letter"),
        ("_f2", "`_f2` cannot name a metric"),
        ("f-2", "`f-2` cannot name a metric"),
    ],
)
def test_a_name_that_cannot_be_had(name: str, words: str) -> None:
    before = dict(METRICS)
    with pytest.raises(UserError, match=rf"metrics\.py: {words}"):
        enter([number_of(name, lambda _: 0.0, higher_is_better=True)])
    assert before == METRICS


def test_a_name_is_had_once() -> None:
    constant = number_of("one", lambda _: 0.0, higher_is_better=True)
    with pytest.raises(UserError, match="the name `one` is taken"):
        enter([constant, constant])


def test_a_built_in_name_is_taken_when_own_metrics_enter() -> None:
    """Whatever part of the engine was imported before."""
    code = (
        "from samebits.metrics.registry import enter, number_of\n"
        "enter([number_of('accuracy', lambda _: 0.5, higher_is_better=True)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(Path(samebits.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "UserError: metrics.py: the name `accuracy` is taken" in done.stderr


@pytest.mark.parametrize(
    ("metric", "words"),
    [("nan", "returned nan, not a finite number"), ("x", "failed: ValueError: could not")],
)
def test_one_that_fails(metric: str, words: str) -> None:
    enter([number_of("broken", lambda _: float(metric), higher_is_better=True)])
    with pytest.raises(UserError, match=rf"your metric `Broken` {words}.*metrics\.py"):
        value(find("broken"), sample())
