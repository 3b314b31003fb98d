"""Metrics: true labels and predicted probabilities in, one number out.

A metric of your own is one function and one entry in `METRICS`.

Every class counts, also one without an example in the data set that is scored. Nothing is known
about such a class, so it earns what knowing nothing earns: 0 in F1 and recall, 0.5 (chance) in
ROC AUC. A number is therefore always finite, and never better because a class is missing.
"""

import difflib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import UserError

Labels = npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.floating]

DECIMALS = 6  # coarser than the last bits, in which two CPUs' logarithms may differ
SUM_TOLERANCE = 1e-3  # 1,000 classes, each rounded to six decimals, stay within it


@dataclass(frozen=True)
class Metric:
    """How a number is computed from labels `[n]` and probabilities `[n, k]`, and how it reads."""

    compute: Callable[[Labels, Probabilities], float]
    higher_is_better: bool
    title: str
    meaning: str


def predicted(probabilities: Probabilities) -> Labels:
    """Return the most probable class of each row as int64 `[n]`; of equals, the first."""
    return np.asarray(probabilities.argmax(axis=1), dtype=np.int64)


def macro_f1(labels: Labels, probabilities: Probabilities) -> float:
    """Mean over the classes of F1, the harmonic mean of precision and recall."""
    from sklearn.metrics import f1_score

    every = np.arange(probabilities.shape[1])
    answers = predicted(probabilities)
    return float(f1_score(labels, answers, labels=every, average="macro", zero_division=0))


def accuracy(labels: Labels, probabilities: Probabilities) -> float:
    """Share of the examples whose most probable class is the true one."""
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(labels, predicted(probabilities)))


def balanced_accuracy(labels: Labels, probabilities: Probabilities) -> float:
    """Mean over the classes of recall: the share of a class that was recognised."""
    from sklearn.metrics import recall_score

    # scikit-learn's balanced_accuracy_score would leave out a class without examples.
    every = np.arange(probabilities.shape[1])
    answers = predicted(probabilities)
    return float(recall_score(labels, answers, labels=every, average="macro", zero_division=0))


def log_loss(labels: Labels, probabilities: Probabilities) -> float:
    """Mean negative natural logarithm of the true class's probability (0 counts as 2.2e-16)."""
    from sklearn import metrics

    exact = probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)  # 32-bit rows sum to one only almost
    return float(metrics.log_loss(labels, exact, labels=np.arange(exact.shape[1])))


def roc_auc(labels: Labels, probabilities: Probabilities) -> float:
    """Mean over the classes of the area under the ROC curve, each class against the rest.

    Of two classes both have the same area, the usual one.
    """
    from sklearn.metrics import roc_auc_score

    areas = []
    for name in range(probabilities.shape[1]):
        positive = labels == name
        undefined = positive.all() or not positive.any()
        areas.append(0.5 if undefined else float(roc_auc_score(positive, probabilities[:, name])))
    return sum(areas) / len(areas)


METRICS: dict[str, Metric] = {
    "macro_f1": Metric(
        macro_f1, True, "Macro F1", "balance of precision and recall, each class counting the same"
    ),
    "accuracy": Metric(accuracy, True, "Accuracy", "share of pictures given the right class"),
    "balanced_accuracy": Metric(
        balanced_accuracy, True, "Balanced accuracy", "accuracy within each class, averaged"
    ),
    "log_loss": Metric(
        log_loss, False, "Log loss", "penalty for confidence in wrong answers; lower is better"
    ),
    "roc_auc": Metric(
        roc_auc, True, "ROC AUC", "how well each class is ranked above the rest; 0.5 is chance"
    ),
}


def score(metric: str, labels: Labels, probabilities: Probabilities) -> float:
    """Return one metric, rounded to six decimals.

    Args:
        metric: a key of `METRICS`.
        labels: true classes, integers in `[0, k)`, shape `[n]`.
        probabilities: one row for each example, one column for each class, shape `[n, k]`.

    Raises:
        UserError: the metric is unknown, or labels and probabilities cannot be scored.
    """
    known = find(metric)
    check(labels, probabilities)
    return _rounded(known.compute(labels, probabilities))


def scores(labels: Labels, probabilities: Probabilities) -> dict[str, float]:
    """Return every metric of `METRICS`, rounded to six decimals; arguments as in `score`."""
    check(labels, probabilities)
    return {
        name: _rounded(metric.compute(labels, probabilities)) for name, metric in METRICS.items()
    }


def find(metric: str) -> Metric:
    """Return the entry of `METRICS`; an unknown name is a `UserError` that suggests one."""
    if metric in METRICS:
        return METRICS[metric]
    plain = str(metric).lower().replace("-", "_").replace(" ", "_")
    near = difflib.get_close_matches(plain, METRICS, n=1, cutoff=0.3)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    raise UserError(f"unknown metric `{metric}`: choose one of {', '.join(METRICS)}{hint}")


def check(labels: Labels, probabilities: Probabilities) -> None:
    """Raise a `UserError` unless labels `[n]` and probabilities `[n, k]` can be scored."""
    if probabilities.ndim != 2 or labels.ndim != 1 or len(labels) != len(probabilities):
        raise UserError(
            "labels and probabilities do not match: expected shapes [n] and [n, classes], "
            f"got {list(labels.shape)} and {list(probabilities.shape)}"
        )
    count, classes = probabilities.shape
    if classes < 2:
        raise UserError(f"a classifier needs at least two classes; the predictions have {classes}")
    if count == 0:
        raise UserError("there are no examples to score; give the data set at least one")
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() >= classes:
        raise UserError(f"labels must be whole numbers from 0 to {classes - 1}, one for each class")
    _check_rows(probabilities)


def _check_rows(probabilities: Probabilities) -> None:
    broken = int((~np.isfinite(probabilities)).any(axis=1).sum())
    if broken:
        raise UserError(
            f"{broken} of {len(probabilities)} predictions are NaN or infinite: the model has "
            "diverged or its file is damaged; train it again with a lower learning rate"
        )
    outside = (probabilities < 0) | (probabilities > 1 + SUM_TOLERANCE)
    sums = probabilities.sum(axis=1, dtype=np.float64)
    wrong = outside.any(axis=1) | (np.abs(sums - 1) > SUM_TOLERANCE)
    if wrong.any():
        row = int(wrong.argmax())
        raise UserError(
            f"row {row} of the predictions is not a set of probabilities: they must lie between "
            f"0 and 1 and sum to one (this row sums to {sums[row]:.6g}); apply softmax first"
        )


def _rounded(value: float) -> float:
    return round(value, DECIMALS)
