"""What each wrong class costs: how much the metric would gain if that answer were right."""

import numpy as np

from ..metrics.class_predictions import ClassPredictions
from ..metrics.class_sample import ClassSample
from ..metrics.registry import Metric
from ..metrics.sums import Labels, Values, distinct

CHUNK = 2**20  # counts held at once
DECIMALS = 9  # coarser than the last bits, so that ties are ties on every machine


def ordered(metric: Metric, predictions: ClassPredictions) -> list[int]:
    """Return the rows of mistakes: the costliest first, then the most confident, then by path."""
    sample, examples = predictions.sample, predictions.examples
    wrong = np.flatnonzero(sample.errors)
    worth = dict(zip(wrong.tolist(), gains(metric, sample).tolist(), strict=True))
    return sorted(
        worth, key=lambda row: (-worth[row], -predictions.confidences[row], examples[row].path)
    )


def gains(metric: Metric, sample: ClassSample) -> Values:
    """Return how much the metric would gain if each mistake were right, in the sample's order.

    For metrics that count right and wrong answers, the true class and the answer decide that. For
    others, a mistake costs what it adds to the log loss.
    """
    wrong = sample.errors
    if metric.form != "share" or metric.compute is None:
        lost: Values = sample.losses[wrong] / len(sample)
        return lost.round(DECIMALS)
    codes = sample.labels[wrong] * sample.classes + sample.answers[wrong]
    pairs, which = distinct(codes)
    each = max(CHUNK // sample.classes, 1)
    parts = [_of_pairs(metric, sample, pairs[at : at + each]) for at in range(0, len(pairs), each)]
    return np.concatenate([*parts, np.zeros(0)])[which].round(DECIMALS)


def _of_pairs(metric: Metric, sample: ClassSample, pairs: Labels) -> Values:
    """The metric's gain if a single mistake of each pair (true class, answer) were right."""
    assert metric.compute is not None
    sums, rows = sample.sums(), np.arange(len(pairs))
    labels, answers = np.divmod(pairs, sample.classes)
    right, answered = (
        np.repeat(counts, len(pairs), axis=0) for counts in (sums["right"], sums["answered"])
    )
    right[rows, labels] += 1
    answered[rows, labels] += 1
    answered[rows, answers] -= 1
    better = metric.compute(sums.otherwise(right=right, answered=answered))
    gained: Values = better - metric.compute(sums)
    return gained if metric.higher_is_better else -gained
