"""Metrics for examples with a class for each pixel, over the pixels of all examples together.

Means over classes count those that are true or predicted; in a part of a data set, the true ones.
"""

from functools import partial

import numpy as np

from .registry import METRICS, OF_CLASS, Metric
from .sums import Sums, Values, ratio


def mean_iou(sums: Sums) -> Values:
    """Mean over the classes of the right pixels as a share of the true or predicted ones."""
    either = sums["true"] + sums["said"] - sums["right"]
    return _mean(sums, ratio(sums["right"], either))


def dice(sums: Sums) -> Values:
    """Mean over the classes of the Dice coefficient, the F1 of pixels."""
    return _mean(sums, ratio(2 * sums["right"], sums["true"] + sums["said"]))


def pixel_accuracy(sums: Sums) -> Values:
    """Share of the pixels whose class is right."""
    return ratio(sums["right"].sum(axis=1), sums["true"].sum(axis=1))


def pixel_log_loss(sums: Sums) -> Values:
    """Mean negative natural logarithm of the probability of a pixel's true class."""
    return ratio(sums["loss"], sums.examples)


def iou(sums: Sums, label: int) -> Values:
    """Right pixels of a class as a share of those true or predicted; 0 if there are none."""
    true, said, right = (sums[name][:, label] for name in ("true", "said", "right"))
    return ratio(right, true + said - right)


def _mean(sums: Sums, parts: Values) -> Values:
    """The mean `[r]` of the parts `[r, k]` of classes that occur."""
    known = (sums["true"] if sums.partial else sums["true"] + sums["said"]) > 0
    return ratio((parts * known).sum(axis=1), known.sum(axis=1).astype(np.float64))


METRICS |= {
    "mean_iou": Metric(
        "Mean IoU",
        "right pixels as a share of the true or predicted ones, each class counting the same",
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
        "right pixels of a class as a share of its true or predicted ones",
        True,
        "area",
        partial(iou, label=label),
        label=label,
        targets=("mask",),
    ),
}
