"""Predictions made up for the tests that score and diagnose them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from samebits.core.sections import Evaluation
from samebits.data.shards import Example
from samebits.data.targets import Answers
from samebits.metrics.class_predictions import ClassPredictions
from samebits.metrics.evaluation import check, judge_all, parts_of, resample_all
from samebits.metrics.sums import Labels, Values

Make = Callable[..., ClassPredictions]


def example(
    path: str = "a.png",
    label: str = "",
    md5: str = "",
    group: str = "",
    width: int = 8,
    height: int = 8,
    brightness: float = 0.5,
) -> Example:
    """What is known of an image."""
    facts = {"width": width, "height": height, "brightness": brightness}
    return Example(path, label, md5, group, facts)


def summarise(
    evaluation: Evaluation,
    classes: Sequence[str],
    predictions: Mapping[str, ClassPredictions],
    costs: Mapping[str, int],
    seed: int,
) -> dict[str, Any]:
    """What reports/metrics.json says of predictions, as `evaluate` goes about it."""
    answers = Answers("class", [*classes])
    constraints = check(evaluation, answers)
    parts = parts_of(evaluation, answers, predictions)
    drawn = resample_all(evaluation, constraints, answers, parts, seed)
    return judge_all(evaluation, constraints, answers, parts, drawn, costs)


@pytest.fixture
def made() -> Make:
    """Predictions of labels [n] and rows [n, k]: made(labels, rows, groups=..., brightness=...)."""

    def make(
        labels: Labels,
        rows: Values,
        groups: Sequence[str] = (),
        brightness: Sequence[float] = (),
        width: int = 9,
    ) -> ClassPredictions:
        examples = [
            example(
                f"{'night' if number % 2 else 'day'}/{number:05d}.png",
                f"c{label}",
                f"{number:032x}",
                groups[number] if groups else "",
                width + number,
                99,
                brightness[number] if brightness else 0.5,
            )
            for number, label in enumerate(labels)
        ]
        answers = rows.argmax(axis=1) if len(rows) else np.zeros(0, dtype=np.int64)
        confidences = rows.max(axis=1) if len(rows) else np.zeros(0)
        classes = [f"c{at}" for at in range(rows.shape[1])]
        return ClassPredictions(examples, labels, answers, confidences, rows, classes)

    return make
