"""Whether the network really beats a simple model is decided on the same examples."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from samebits.metrics.baseline_scores import compared, unbeaten
from samebits.metrics.class_predictions import ClassPredictions
from samebits.metrics.intervals import Resampled, resample
from samebits.metrics.registry import METRICS

Made = Callable[..., ClassPredictions]
LABELS = np.arange(200, dtype=np.int64) % 2


def rows(right: int, sure: float = 0.9) -> Any:
    """Probabilities whose first `right` answers are right."""
    answers = np.where(np.arange(200) < right, LABELS, 1 - LABELS)
    return np.where(np.eye(2)[answers] > 0, sure, 1 - sure)


def drawn(predictions: dict[str, ClassPredictions], metric: str) -> dict[str, Resampled]:
    return {
        name: resample({metric: METRICS[metric]}, scored.sample, seed=0)
        for name, scored in predictions.items()
    }


def against_coin(made: Made, own: int, simple: int, metric: str = "accuracy") -> dict[str, Any]:
    predictions = {name: made(LABELS, rows(own)) for name in ("dev", "test")}
    coin = {name: made(LABELS, rows(simple)) for name in ("dev", "test")}
    (row,) = compared(metric, drawn(predictions, metric), {"coin": coin}, seed=0)
    return row


def test_figures_of_dev_and_test(made: Made) -> None:
    row = against_coin(made, own=190, simple=140)
    assert row["name"] == "coin"
    assert row["value"] == row["dev"]["value"] == 0.7
    assert row["interval"][0] < 0.7 < row["interval"][1]
    assert row["difference"] == row["dev"]["difference"] == 0.25
    assert row["difference_interval"][0] > 0.15
    assert row["verdict"] == row["dev"]["verdict"] == "better"


@pytest.mark.parametrize(
    ("own", "simple", "verdict"),
    [
        (190, 140, "better"),
        (141, 140, "cannot tell"),
        (140, 140, "cannot tell"),
        (90, 140, "worse"),
    ],
)
def test_only_a_real_gain_beats(made: Made, own: int, simple: int, verdict: str) -> None:
    row = against_coin(made, own, simple)
    assert row["verdict"] == verdict
    assert unbeaten([row]) == ([] if verdict == "better" else ["coin"])


def test_less_is_better_for_a_loss(made: Made) -> None:
    assert against_coin(made, 190, 140, "log_loss")["verdict"] == "better"
