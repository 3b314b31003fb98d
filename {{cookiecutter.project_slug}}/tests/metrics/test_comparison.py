"""A real difference is found, chance is not, and different examples are not compared."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from {{cookiecutter.__package_name}}.errors import UserError
from {{cookiecutter.__package_name}}.metrics import intervals
from {{cookiecutter.__package_name}}.metrics.comparison import check_same, difference
from {{cookiecutter.__package_name}}.metrics.registry import METRICS
from {{cookiecutter.__package_name}}.metrics.sums import Sample
from {{cookiecutter.__package_name}}.metrics.table import Predictions

SIMULATIONS = 50
Made = Callable[..., Predictions]


@pytest.fixture(autouse=True)
def _fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "REPLICATES", 200)


def pair(draw: np.random.Generator, count: int, gain: float) -> list[Sample]:
    """Two models of ten classes, for which the same examples are hard; B errs less by `gain`."""
    labels = np.arange(count) % 10
    hard = draw.random(count)
    samples = []
    for errors in (0.10, 0.10 - gain):
        own = np.where(draw.random(count) < 0.8, hard, draw.random(count))
        answers = np.where(own < errors, (labels + 1) % 10, labels)
        samples.append(Sample(labels, answers, np.eye(10)[answers], np.arange(count)))
    return samples


def share(gain: float, metric: str) -> list[int]:
    draw = np.random.default_rng(0)
    pairs = [pair(draw, 1000, gain) for _ in range(SIMULATIONS)]
    return [difference(METRICS[metric], a, b, seed).gain for seed, (a, b) in enumerate(pairs)]


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_three_points_are_found_and_chance_is_not(metric: str) -> None:
    assert share(0.03, metric).count(1) >= 0.8 * SIMULATIONS
    assert share(0.0, metric).count(0) >= 0.92 * SIMULATIONS


def test_the_spread_over_seeds_takes_part() -> None:
    a, b = pair(np.random.default_rng(0), 2000, 0.06)
    assert difference(METRICS["accuracy"], a, b, 0).gain == 1
    assert difference(METRICS["accuracy"], a, b, 0, spread=0.05).gain == 0


def test_lower_may_be_better() -> None:
    a, b = pair(np.random.default_rng(0), 2000, 0.06)
    found = difference(METRICS["log_loss"], a, b, 0)
    assert (found.value < 0, found.verdict) == (True, "better")
    assert difference(METRICS["log_loss"], b, a, 0).verdict == "worse"


def test_the_same_model_twice() -> None:
    a, _ = pair(np.random.default_rng(0), 500, 0.0)
    found = difference(METRICS["accuracy"], a, a, 0)
    assert (found.value, found.verdict, found.more) == (0, "cannot tell", None)


def test_more_examples_would_settle_it() -> None:
    a, b = pair(np.random.default_rng(3), 200, 0.03)
    found = difference(METRICS["accuracy"], a, b, 0)
    assert found.verdict == "cannot tell"
    assert found.more is not None
    assert math.isfinite(found.more)
    assert found.more > 0


def test_different_examples_are_refused(made: Made) -> None:
    labels = np.array([0, 1, 0, 1], dtype=np.int64)
    a, other = made(labels, np.eye(2)[labels]), made(1 - labels, np.eye(2)[labels])
    check_same((["a", "b"], a), (["a", "b"], a))
    with pytest.raises(UserError, match=r"different examples.*run one of them again"):
        check_same((["a", "b"], a), (["a", "b"], other))
    with pytest.raises(UserError, match="A has the classes a, b and B a, c"):
        check_same((["a", "b"], a), (["a", "c"], a))
