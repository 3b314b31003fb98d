"""What a wrong class costs: how much better the metric would be, were that one answer right."""

import numpy as np

from ..metrics.class_predictions import ClassPredictions
from ..metrics.classification import Classified
from ..metrics.registry import Metric
from ..metrics.sums import Labels, Values, distinct

CHUNK = 2**20  # counts that are held at once
DECIMALS = 9  # coarser than the last bits, so that equals are equal on every machine


def ordered(metric: Metric, predictions: ClassPredictions) -> list[int]:
    """Return the rows that went wrong: the costliest first, of equals the surest, then by path."""
    sample, examples = predictions.sample, predictions.examples
    wrong = np.flatnonzero(sample.errors)
    worth = dict(zip(wrong.tolist(), gains(metric, sample).tolist(), strict=True))
    return sorted(
        worth, key=lambda row: (-worth[row], -predictions.confidences[row], examples[row].path)
    )


def gains(metric: Metric, sample: Classified) -> Values:
    """Return what the metric would gain by each mistake of the sample, in their order.

    Where it is made of right and wrong answers, that follows from the true class and the answer.
    Where it is not, a mistake costs as much as it adds to the log loss.
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


def _of_pairs(metric: Metric, sample: Classified, pairs: Labels) -> Values:
    """What it gains by one right answer in place of each pair of true class and answer."""
    assert metric.compute is not None
    sums, rows = sample.sums(), np.arange(len(pairs))
    labels, answers = np.divmod(pairs, sample.classes)
    right, answered = (
        np.repeat(one, len(pairs), axis=0) for one in (sums["right"], sums["answered"])
    )
    right[rows, labels] += 1
    answered[rows, labels] += 1
    answered[rows, answers] -= 1
    better = metric.compute(sums.otherwise(right=right, answered=answered))
    gained: Values = better - metric.compute(sums)
    return gained if metric.higher_is_better else -gained
