"""Intervals cover the truth as often as they claim, within the range of the figure."""

import math
import statistics

import numpy as np
import pytest

from samebits.metrics import intervals
from samebits.metrics.class_sample import ClassSample
from samebits.metrics.intervals import measure, quantile, resample, wilson
from samebits.metrics.registry import metrics_of
from samebits.metrics.scores import find, value

METRICS = metrics_of("class")

SIMULATIONS = 100


def drawn(draw: np.random.Generator, count: int, together: int = 1) -> ClassSample:
    """Examples of three classes; `together` of them share a part of their noise."""
    labels = np.repeat(np.arange(3), count // 3)
    groups = np.arange(len(labels)) // together
    shared = draw.standard_normal((groups.max() + 1, 3))[groups] if together > 1 else 0
    logits = draw.standard_normal((len(labels), 3)) + 0.7 * shared
    logits[np.arange(len(labels)), labels] += 2.5
    rows = np.exp(1.2 * logits)
    rows = (rows / rows.sum(axis=1, keepdims=True)).round(6)
    return ClassSample(labels, rows.argmax(axis=1), rows, groups)


@pytest.mark.parametrize("together", [1, 5])
def test_they_cover_the_truth(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loose bounds, because a hundred simulations are few."""
    monkeypatch.setattr(intervals, "REPLICATES", 200)
    metrics = {**METRICS, "recall[a]": find("recall[a]", ["a"])}
    whole = drawn(np.random.default_rng(99), 300_000, together)
    truth = {name: value(metric, whole) for name, metric in metrics.items()}
    draw, covered = np.random.default_rng(1), dict.fromkeys(metrics, 0)
    for seed in range(SIMULATIONS):
        for name, figure in resample(metrics, drawn(draw, 300, together), seed).figures.items():
            covered[name] += figure.low <= truth[name] <= figure.high
    assert all(0.88 <= count / SIMULATIONS <= 1 for count in covered.values()), covered
    assert 0.92 <= statistics.mean(covered.values()) / SIMULATIONS <= 0.98, covered


def test_groups_that_are_ignored_cover_too_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """The purpose of clustering: without it these intervals are too narrow."""
    monkeypatch.setattr(intervals, "REPLICATES", 200)
    truth = value(METRICS["log_loss"], drawn(np.random.default_rng(99), 300_000, 10))
    draw, covered = np.random.default_rng(1), 0
    for seed in range(SIMULATIONS):
        whole = drawn(draw, 300, 10)
        alone = ClassSample(whole.labels, whole.answers, whole.probabilities, np.arange(300))
        single = measure(METRICS["log_loss"], alone, seed)
        covered += single.low <= truth <= single.high
    assert covered < 0.88 * SIMULATIONS


@pytest.mark.parametrize("name", METRICS)
def test_perfect_answers_leave_something_open(name: str) -> None:
    labels = np.repeat([0, 1, 2], 10)
    single = measure(METRICS[name], ClassSample(labels, labels, np.eye(3)[labels], labels), 0)
    assert single.low <= single.value <= single.high
    if METRICS[name].form in ("share", "area"):
        assert single.low < 1 == single.high


@pytest.mark.parametrize("count", [1, 2, 3])
def test_hardly_any_examples(count: int) -> None:
    labels = np.arange(count) % 2
    sample = ClassSample(labels, labels, np.eye(2)[labels], np.arange(count))
    for figure in resample(METRICS, sample, 0).figures.values():
        assert np.isfinite([figure.low, figure.high]).all()
        assert figure.low <= figure.value <= figure.high


@pytest.mark.parametrize(
    ("freedom", "expected"),
    # Tables of Student's t, two-sided 5 %.
    [
        *((0.5, 12.7062), (1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (10, 2.2281)),
        *((100, 1.9840), (1e9, 1.9600), (math.inf, 1.9600)),
    ],
)
def test_students_quantile(freedom: float, expected: float) -> None:
    assert quantile(0.95, freedom) == pytest.approx(expected, abs=6e-5)


def test_wilson() -> None:
    # Wilson, 1927, as in Newcombe, Statistics in Medicine, 1998, table I: 81 of 263, 0 of 20.
    assert wilson(81 / 263, 263, 1.959964) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20, 1.959964) == pytest.approx((0, 0.1611), abs=5e-5)
    assert wilson(0.5, 0, 2) == (0, 1)
