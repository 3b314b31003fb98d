"""Metrics: true labels and predicted probabilities in, one number out.

A mean over classes is one over those of which something is known, as scikit-learn has it: F1 of the
classes that are true or predicted, recall and ROC AUC of those that are true. In a resample of the
bootstrap they are those of the resample.
"""

import difflib
import math
import re
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from .probabilities import Values
from .registry import METRICS, OF_CLASS, Metric
from .sums import Sample, Sums

DECIMALS = 6  # coarser than the last bits, in which two CPUs' logarithms may differ


def accuracy(sums: Sums) -> Values:
    """Share of the examples whose most probable class is the true one."""
    return _ratio(sums.right.sum(axis=1), sums.examples)


def balanced_accuracy(sums: Sums) -> Values:
    """Mean over the true classes of recall: the share of a class that was recognised."""
    return _mean(_ratio(sums.right, sums.true), sums.true > 0)


def macro_f1(sums: Sums) -> Values:
    """Mean over the classes of F1, the harmonic mean of precision and recall.

    It is that of the classes that are true or predicted; in a part of a data set, of the true ones:
    an answer that only the rest holds to be true would count as much as a whole class.
    """
    either = sums.true + sums.answered
    return _mean(_ratio(2 * sums.right, either), (sums.true if sums.partial else either) > 0)


def log_loss(sums: Sums) -> Values:
    """Mean negative natural logarithm of the true class's probability (0 counts as 5e-7)."""
    return _ratio(sums.loss, sums.examples)


def roc_auc(sums: Sums) -> Values:
    """Mean over the true classes of the area under the ROC curve, each class against the rest.

    Of two classes both have the same area, the usual one; of a single one it is 0.5, chance.
    """
    return np.clip(_ratio(sums.area, sums.examples), 0, 1)


def expected_calibration_error(sums: Sums) -> Values:
    """Mean distance of accuracy from confidence over 15 bins (Guo et al., ICML 2017)."""
    return _ratio(np.abs(sums.gaps).sum(axis=1), sums.examples)


def recall(sums: Sums, label: int) -> Values:
    """Share of a class that was recognised; 0 of no example."""
    return _ratio(sums.right[:, label], sums.true[:, label])


def precision(sums: Sums, label: int) -> Values:
    """Share of the answers `label` that are right; 0 of no answer."""
    return _ratio(sums.right[:, label], sums.answered[:, label])


def f1(sums: Sums, label: int) -> Values:
    """Harmonic mean of a class's precision and recall."""
    return _ratio(2 * sums.right[:, label], sums.true[:, label] + sums.answered[:, label])


def _even(sums: Sums) -> Values:
    """The examples that would tell as much, were each class as large as the others."""
    present = sums.true > 0
    found: Values = present.sum(axis=1) ** 2 / (present / np.maximum(sums.true, 1)).sum(axis=1)
    return found


METRICS |= {
    "macro_f1": Metric(
        "Macro F1",
        "balance of precision and recall, each class counting the same",
        True,
        "share",
        macro_f1,
        evidence=_even,
    ),
    "accuracy": Metric(
        "Accuracy", "share of pictures given the right class", True, "share", accuracy
    ),
    "balanced_accuracy": Metric(
        "Balanced accuracy",
        "accuracy within each class, averaged",
        True,
        "share",
        balanced_accuracy,
        evidence=_even,
    ),
    "log_loss": Metric(
        "Log loss",
        "penalty for confidence in wrong answers; lower is better",
        False,
        "mean",
        log_loss,
    ),
    "roc_auc": Metric(
        "ROC AUC",
        "how well each class is ranked above the rest; 0.5 is chance",
        True,
        "area",
        roc_auc,
    ),
    "expected_calibration_error": Metric(
        "Calibration error",
        "how far confidence is from accuracy; lower is better",
        False,
        "gap",
        expected_calibration_error,
    ),
}

OF_CLASS |= {
    "recall": lambda label: Metric(
        "Recall",
        "share of a class that was recognised",
        True,
        "share",
        partial(recall, label=label),
        evidence=lambda sums: sums.true[:, label],
        label=label,
    ),
    "precision": lambda label: Metric(
        "Precision",
        "share of the answers that are right",
        True,
        "share",
        partial(precision, label=label),
        evidence=lambda sums: sums.answered[:, label],
        label=label,
    ),
    "f1": lambda label: Metric(
        "F1",
        "harmonic mean of precision and recall",
        True,
        "share",
        partial(f1, label=label),
        evidence=lambda sums: sums.true[:, label] + sums.answered[:, label],
        label=label,
    ),
}


def value(metric: Metric, sample: Sample) -> float:
    """Return one metric of a sample; what an own metric makes of it must be finite.

    Raises:
        UserError: it is not, or the metric's function failed.
    """
    if metric.compute is not None:
        return float(metric.compute(sample.sums())[0])
    assert metric.own is not None
    try:
        found = float(metric.own(sample.labels, sample.answers, sample.probabilities))
    except MemoryError:  # of this machine
        raise
    except Exception as error:
        raise UserError(
            f"your metric `{metric.title}` failed: {type(error).__name__}: {error}; mend its "
            "function in metrics.py."
        ) from error
    if not math.isfinite(found):
        raise UserError(
            f"your metric `{metric.title}` gave {found}, not a number; mend its function in "
            "metrics.py."
        )
    return found


def find(metric: str, classes: Sequence[str] = ()) -> Metric:
    """Return the metric of a name such as `accuracy` or, of one class, `recall[cat]`.

    Raises:
        UserError: there is none of that name, or no such class; the message suggests one. Or an own
            metric could not be entered.
    """
    if metric in METRICS:
        return METRICS[metric]
    named = re.fullmatch(r"(\w+)\[(.+)\]", metric)
    if named and named[1] in OF_CLASS:
        if named[2] in classes:
            return OF_CLASS[named[1]](list(classes).index(named[2]))
        shown = ", ".join(list(classes)[:20]) + (", ..." if len(classes) > 20 else "")
        raise UserError(f"`{metric}` names a class that is not there; the classes are {shown}.")
    plain = str(metric).lower().replace("-", "_").replace(" ", "_")
    of_class = [f"{name}[class]" for name in OF_CLASS] if classes else []
    names = [*METRICS, *of_class]
    near = difflib.get_close_matches(plain, names, n=1, cutoff=0.3)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    raise UserError(f"unknown metric `{metric}`: choose one of {', '.join(names)}{hint or '.'}")


def rounded(found: float) -> float:
    """Return a figure with the six decimals that every file here has; never a negative zero."""
    return round(float(found), DECIMALS) + 0.0


def _ratio(above: Values, below: Values) -> Values:
    """The quotient, and 0 of nothing."""
    return np.divide(above, below, out=np.zeros(np.broadcast(above, below).shape), where=below > 0)


def _mean(parts: Values, counted: NDArray[np.bool_]) -> Values:
    """The mean `[r]` of those parts `[r, k]` that count."""
    return _ratio((parts * counted).sum(axis=1), counted.sum(axis=1))
