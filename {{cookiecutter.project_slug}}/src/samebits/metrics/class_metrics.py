"""Metrics for examples with one class each.

Means over classes leave out the undefined ones, as in scikit-learn: F1 counts classes that are true
or predicted, recall and ROC AUC those that are true. In a bootstrap's resample, these are the
classes of the resample.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from .registry import METRICS, OF_CLASS, Metric
from .sums import Sums, Values, ratio


def accuracy(sums: Sums) -> Values:
    """Share of the examples whose most probable class is the true one."""
    return ratio(sums["right"].sum(axis=1), sums.examples)


def balanced_accuracy(sums: Sums) -> Values:
    """Mean over the true classes of recall, the share of a class that was recognised."""
    return _mean(ratio(sums["right"], sums["true"]), sums["true"] > 0)


def macro_f1(sums: Sums) -> Values:
    """Mean over the classes of F1, the harmonic mean of precision and recall.

    The classes are those true or predicted; in a part of a data set, only the true ones: otherwise
    a single wrong answer with a class from elsewhere would count as much as a whole class.
    """
    either = sums["true"] + sums["answered"]
    return _mean(ratio(2 * sums["right"], either), (sums["true"] if sums.partial else either) > 0)


def log_loss(sums: Sums) -> Values:
    """Mean negative natural logarithm of the true class's probability (0 counts as 5e-7)."""
    return ratio(sums["loss"], sums.examples)


def roc_auc(sums: Sums) -> Values:
    """Mean over the true classes of the area under the ROC curve, each class against the rest.

    With two classes both have the same area, the usual one; with a single class it is 0.5, chance.
    """
    return np.clip(ratio(sums["area"], sums.examples), 0, 1)


def expected_calibration_error(sums: Sums) -> Values:
    """Mean distance between accuracy and confidence over 15 bins (Guo et al., ICML 2017)."""
    return ratio(np.abs(sums["gaps"]).sum(axis=1), sums.examples)


def recall(sums: Sums, label: int) -> Values:
    """Share of a class that was recognised; 0 without an example."""
    return ratio(sums["right"][:, label], sums["true"][:, label])


def precision(sums: Sums, label: int) -> Values:
    """Share of the answers `label` that are right; 0 without an answer."""
    return ratio(sums["right"][:, label], sums["answered"][:, label])


def f1(sums: Sums, label: int) -> Values:
    """Harmonic mean of a class's precision and recall."""
    return ratio(2 * sums["right"][:, label], sums["true"][:, label] + sums["answered"][:, label])


def _even(sums: Sums) -> Values:
    """How many examples would tell as much if all classes were of equal size."""
    present = sums["true"] > 0
    each: Values = (present / np.maximum(sums["true"], 1)).sum(axis=1)
    return ratio(present.sum(axis=1) ** 2, each)


METRICS |= {
    "macro_f1": Metric(
        "Macro F1",
        "balance of precision and recall, each class counting the same",
        True,
        "share",
        macro_f1,
        evidence=_even,
        targets=("class", "classes"),
    ),
    "accuracy": Metric(
        "Accuracy",
        "share of examples given the right class",
        True,
        "share",
        accuracy,
        targets=("class",),
    ),
    "balanced_accuracy": Metric(
        "Balanced accuracy",
        "accuracy within each class, averaged",
        True,
        "share",
        balanced_accuracy,
        evidence=_even,
        targets=("class",),
    ),
    "log_loss": Metric(
        "Log loss",
        "penalty for confidence in wrong answers; lower is better",
        False,
        "mean",
        log_loss,
        summed="loss",
        targets=("class", "classes"),
    ),
    "roc_auc": Metric(
        "ROC AUC",
        "how well each class is ranked above the rest; 0.5 is chance",
        True,
        "area",
        roc_auc,
        summed="area",
        targets=("class", "classes"),
    ),
    "expected_calibration_error": Metric(
        "Calibration error",
        "how far confidence is from accuracy; lower is better",
        False,
        "gap",
        expected_calibration_error,
        summed="gaps",
        targets=("class",),
    ),
}

OF_CLASS |= {
    "recall": lambda label: Metric(
        "Recall",
        "share of a class that was recognised",
        True,
        "share",
        partial(recall, label=label),
        evidence=lambda sums: sums["true"][:, label],
        label=label,
        targets=("class", "classes"),
    ),
    "precision": lambda label: Metric(
        "Precision",
        "share of the answers that are right",
        True,
        "share",
        partial(precision, label=label),
        evidence=lambda sums: sums["answered"][:, label],
        label=label,
        targets=("class", "classes"),
    ),
    "f1": lambda label: Metric(
        "F1",
        "harmonic mean of precision and recall",
        True,
        "share",
        partial(f1, label=label),
        evidence=lambda sums: sums["true"][:, label] + sums["answered"][:, label],
        label=label,
        targets=("class", "classes"),
    ),
}


def _mean(parts: Values, counted: NDArray[np.bool_]) -> Values:
    """The mean `[r]` of the parts `[r, k]` that count."""
    return ratio((parts * counted).sum(axis=1), counted.sum(axis=1))
