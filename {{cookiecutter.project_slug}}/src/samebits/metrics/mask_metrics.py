"""Metrics of examples with a class for each pixel, of the pixels of all examples together.

A mean over classes is one over those that are true or said; in a part of a data set, of the true.
"""

from functools import partial

import numpy as np

from .registry import METRICS, OF_CLASS, Metric
from .sums import Sums, Values, ratio


def mean_iou(sums: Sums) -> Values:
    """Mean over the classes of the pixels that are right, of those that are true or said."""
    either = sums["true"] + sums["said"] - sums["right"]
    return _mean(sums, ratio(sums["right"], either))


def dice(sums: Sums) -> Values:
    """Mean over the classes of Dice's coefficient, which is the F1 of pixels."""
    return _mean(sums, ratio(2 * sums["right"], sums["true"] + sums["said"]))


def pixel_accuracy(sums: Sums) -> Values:
    """Share of the pixels whose class is right."""
    return ratio(sums["right"].sum(axis=1), sums["true"].sum(axis=1))


def pixel_log_loss(sums: Sums) -> Values:
    """Mean negative natural logarithm of the probability of a pixel's true class."""
    return ratio(sums["loss"], sums.examples)


def iou(sums: Sums, label: int) -> Values:
    """Pixels of a class that are right, of those that are true or said; 0 of none."""
    true, said, right = (sums[name][:, label] for name in ("true", "said", "right"))
    return ratio(right, true + said - right)


def _mean(sums: Sums, parts: Values) -> Values:
    """The mean `[r]` of those parts `[r, k]` of which something is known."""
    known = (sums["true"] if sums.partial else sums["true"] + sums["said"]) > 0
    return ratio((parts * known).sum(axis=1), known.sum(axis=1).astype(np.float64))


METRICS |= {
    "mean_iou": Metric(
        "Mean IoU",
        "what is right of what is true or said, each class counting the same",
        True,
        "area",
        mean_iou,
        targets=("mask",),
    ),
    "dice": Metric(
        "Dice",
        "balance of precision and recall of pixels, each class counting the same",
        True,
        "area",
        dice,
        targets=("mask",),
    ),
    "pixel_accuracy": Metric(
        "Pixel accuracy",
        "share of pixels given the right class",
        True,
        "area",
        pixel_accuracy,
        targets=("mask",),
    ),
    "pixel_log_loss": Metric(
        "Pixel log loss",
        "penalty for confidence in wrong pixels; lower is better",
        False,
        "mean",
        pixel_log_loss,
        summed="loss",
        targets=("mask",),
    ),
}

OF_CLASS |= {
    "iou": lambda label: Metric(
        "IoU",
        "what is right of what is true or said of a class",
        True,
        "area",
        partial(iou, label=label),
        label=label,
        targets=("mask",),
    ),
}
