"""A mistake costs what the metric would gain if it alone were fixed."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from samebits.diagnosis import error_cost as worth
from samebits.diagnosis.error_cost import gains, ordered
from samebits.metrics.class_predictions import ClassPredictions
from samebits.metrics.class_sample import ClassSample
from samebits.metrics.registry import METRICS
from samebits.metrics.scores import value

Made = Callable[..., ClassPredictions]


def sample(count: int = 60) -> ClassSample:
    """Three classes of unequal size, two of five answers wrong."""
    draw = np.random.default_rng(0)
    labels = np.sort(draw.integers(0, 9, count)) // 4
    answers = np.where(draw.random(count) < 0.4, draw.integers(0, 3, count), labels)
    rows = np.full((count, 3), 0.2) + 0.4 * np.eye(3)[answers]
    return ClassSample(labels, answers, rows, np.arange(count))


@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy", "macro_f1"])
@pytest.mark.parametrize("chunk", [2**20, 3])
def test_it_is_the_gain_by_one_right_answer(
    metric: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worth, "CHUNK", chunk)
    given, chosen = sample(), METRICS[metric]
    wrong = np.flatnonzero(given.answers != given.labels)
    for row, gain in zip(wrong.tolist(), gains(chosen, given).tolist(), strict=True):
        mended = given.answers.copy()
        mended[row] = given.labels[row]
        better = value(chosen, replace(given, answers=mended)) - value(chosen, given)
        assert gain == pytest.approx(better, abs=1e-8)


@pytest.mark.parametrize("metric", ["log_loss", "roc_auc", "expected_calibration_error"])
def test_elsewhere_it_is_what_adds_to_the_loss(metric: str) -> None:
    given = sample()
    costs = gains(METRICS[metric], given)
    assert np.allclose(costs, -np.log(0.2) / len(given))


def test_no_mistake_is_worth_nothing() -> None:
    given = sample()
    right = replace(given, answers=given.labels)
    assert gains(METRICS["macro_f1"], right).tolist() == []


def test_the_costliest_then_the_surest_then_by_path(made: Made) -> None:
    """In macro-F1, a mistake in the rare class costs most."""
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 1], dtype=np.int64)
    sure = np.array([0.6, 0.9, 0.6, 0.9, 0.9, 0.9, 0.6, 0.9])
    answers = np.array([1, 1, 1, 0, 0, 0, 0, 1])
    rows = np.where(np.eye(2)[answers] > 0, sure[:, None], 1 - sure[:, None])
    predictions = made(labels, rows)
    assert [predictions.examples[row].path[:3] for row in (0, 2)] == ["day", "day"]
    assert ordered(METRICS["macro_f1"], predictions)[0] == 6
    assert ordered(METRICS["accuracy"], predictions) == [1, 0, 2, 6]
