"""Made-up predictions for the tests that score and diagnose them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from samebits.core.sections import Evaluation
from samebits.data.prepared import Example
from samebits.data.targets import Answers, joined
from samebits.diagnosis.errors_by_target import errors_of
from samebits.metrics.class_predictions import ClassPredictions
from samebits.metrics.class_set_predictions import ClassSetPredictions
from samebits.metrics.evaluation import check, judge_all, parts_of, resample_all
from samebits.metrics.mask_predictions import MaskPredictions
from samebits.metrics.number_predictions import NumberPredictions
from samebits.metrics.predictions import Predictions
from samebits.metrics.sums import Labels, Sets, Values

Make = Callable[..., ClassPredictions]
NUMBER = Answers("number", [])
CLASS_SETS = Answers("classes", ["c0", "c1", "c2"])
MASK = Answers("mask", ["back, ground", "loss", "odd"])
ERRORS = errors_of(Answers("class", ["c0", "c1"]), 0.1)  # of what `made` makes of two classes


def example(
    path: str = "a.png",
    label: str = "",
    md5: str = "",
    group: str = "",
    width: int = 8,
    height: int = 8,
    brightness: float = 0.5,
) -> Example:
    """The facts of an image."""
    facts = {"width": width, "height": height, "brightness": brightness}
    return Example(path, label, md5, group, facts)


def summarise(
    evaluation: Evaluation,
    classes: Sequence[str] | Answers,
    predictions: Mapping[str, Predictions],
    costs: Mapping[str, int],
    seed: int,
) -> dict[str, Any]:
    """The content of reports/metrics.json for predictions, as `evaluate` computes it."""
    if isinstance(classes, Answers):
        answers = classes
    else:
        answers = Answers("class" if classes else "number", [*classes])
    constraints = check(evaluation, answers)
    parts = parts_of(evaluation, answers, predictions)
    drawn = resample_all(evaluation, constraints, answers, parts, seed)
    return judge_all(evaluation, constraints, answers, parts, drawn, costs)


def answered(labels: list[int], answers: list[int], confidences: list[float]) -> ClassPredictions:
    """True and predicted class numbers, with confidences; the first path comes last."""
    count = len(labels)
    return ClassPredictions(
        [example(f"{count - row:03d}.png") for row in range(count)],
        np.array(labels, dtype=np.int64),
        np.array(answers, dtype=np.int64),
        np.array(confidences),
        np.full((count, max(labels + answers) + 1), 0.5),
        [f"c{at}" for at in range(max(labels + answers) + 1)],
    )


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


def numbers(
    truth: Values, answers: Values, groups: Sequence[str] = (), first: int = 0
) -> NumberPredictions:
    """Predictions of one number each, of examples whose content is numbered from `first`."""
    examples = [
        example(
            f"{number:05d}.csv",
            f"{true:.0f}" if true.is_integer() else repr(true),
            f"{first + number:032x}",
            groups[number] if groups else "",
        )
        for number, true in enumerate(truth.tolist())
    ]
    return NumberPredictions(examples, truth, answers)


def missing(seed: int, count: int, error: float, scale: float = 1.0) -> NumberPredictions:
    """Predictions that miss the truth by `error` times `scale` on average, either way."""
    draw = np.random.default_rng([seed, count])
    truth = np.array([float(f"{value:.6g}") for value in scale * draw.uniform(5, 50, count)])
    away = scale * error * draw.exponential(1, count) * draw.choice([-1, 1], count)
    return numbers(truth, truth + away, first=seed * 10**6)


def class_sets(
    labels: Sets,
    answers: Sets,
    rows: Values | None = None,
    classes: Sequence[str] = (),
    groups: Sequence[str] = (),
    first: int = 0,
) -> ClassSetPredictions:
    """Predictions of several classes each, of examples whose content is numbered from `first`.

    Without `rows`, the answers have a probability of 0.9.
    """
    names = classes or [f"c{at}" for at in range(labels.shape[1])]
    examples = [
        example(
            f"{'night' if number % 2 else 'day'}/{number:05d}.png",
            joined([names[at] for at in np.flatnonzero(row).tolist()]),
            f"{first + number:032x}",
            groups[number] if groups else "",
        )
        for number, row in enumerate(labels)
    ]
    probabilities = np.where(answers == 1, 0.9, 0.1) if rows is None else rows
    return ClassSetPredictions(examples, labels, answers, probabilities, names)


def confused(
    seed: int, count: int, error: float, classes: int = 3, groups: Sequence[str] = ()
) -> ClassSetPredictions:
    """Predictions with this share of wrong answers."""
    draw = np.random.default_rng([seed, count])
    labels = (draw.random((count, classes)) < 0.4).astype(np.uint8)
    wrong = (draw.random((count, classes)) < error).astype(np.uint8)
    return class_sets(labels, labels ^ wrong, groups=groups, first=seed * 10**6)


def masked(
    counts: Values,
    losses: Values | None = None,
    groups: Sequence[str] = (),
    names: Sequence[str] = (),
    first: int = 0,
) -> MaskPredictions:
    """Predictions of masks with these counts [n, 3, k] of pixels: true, predicted and right."""
    examples = [
        example(
            names[number] if names else f"images/{number:05d}.png",
            f"masks/{number:05d}.png",
            f"{first + number:032x}",
            groups[number] if groups else "",
        )
        for number in range(len(counts))
    ]
    given = np.zeros(len(counts)) if losses is None else losses
    return MaskPredictions(examples, counts.astype(np.float64), given, MASK.classes)


def segmented(
    seed: int, count: int, wrong: float = 0.2, name: str = "images/{}.png"
) -> MaskPredictions:
    """Predictions of masks of 100 pixels; the share `wrong` has another class."""
    draw = np.random.default_rng([seed, count])
    shares = draw.dirichlet((6.0, 2.0, 1.0), count)
    true = np.array([draw.multinomial(100, share) for share in shares])
    rate = np.clip(wrong * draw.exponential(1, (count, 1)), 0, 1)
    right = true - draw.binomial(true, rate)
    missed = true - right
    said = right + np.roll(missed, 1, axis=1)
    losses = (0.1 + (missed.sum(axis=1) / 100)).round(6)
    counts = np.stack([true, said, right], axis=1)
    names = [name.format(f"{number:05d}") for number in range(count)]
    return masked(counts, losses, names=names, first=seed * 10**6)
