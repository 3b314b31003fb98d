"""Metrics for examples with several classes each, besides those shared with a single class.

Means over classes follow class_metrics.py.
"""

import numpy as np

from .registry import METRICS, Metric, ScoredSets
from .sums import Labels, Sets, Sums, Values, ratio


def micro_f1(sums: Sums) -> Values:
    """F1 over all classes together: the harmonic mean of precision and recall; 0 without any."""
    right, true, answered = (sums[name].sum(axis=1) for name in ("right", "true", "answered"))
    return ratio(2 * right, true + answered)


def hamming_loss(sums: Sums) -> Values:
    """Share of wrong answers, of which every example has one for each class."""
    return np.asarray(sums["error"] / sums.examples)


def exact_match(sums: Sums) -> Values:
    """Share of the examples without a wrong answer."""
    return np.asarray(sums["exact"] / sums.examples)


def mean_average_precision(scored: ScoredSets) -> float:
    """Mean over the true classes of the precision at each true example, by falling probability.

    Ties count together, as in scikit-learn; 0 if no class is true anywhere.
    """
    there = np.flatnonzero(scored.labels.any(axis=0)).tolist()
    precisions = [
        average_precision(scored.labels[:, at], scored.probabilities[:, at]) for at in there
    ]
    return sum(precisions) / len(precisions) if precisions else 0.0


def average_precision(labels: Sets, probabilities: Values) -> float:
    """Return the average precision of a class; labels [n] are 1 where it is true, at least once."""
    order = np.argsort(-probabilities, kind="stable")
    ordered = probabilities[order]
    last: Labels = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    right = np.cumsum(labels[order], dtype=np.int64)[last]
    gained = np.diff(right, prepend=0)
    return float((gained * right / (last + 1)).sum() / right[-1])


METRICS |= {
    "micro_f1": Metric(
        "Micro F1",
        "balance of precision and recall, each answer counting the same",
        True,
        "share",
        micro_f1,
        evidence=lambda sums: (sums["true"] + sums["answered"]).sum(axis=1) / 2,
        targets=("classes",),
    ),
    "exact_match": Metric(
        "Exact match",
        "share of examples given all of their classes and no other",
        True,
        "share",
        exact_match,
        targets=("classes",),
    ),
    "hamming_loss": Metric(
        "Hamming loss",
        "share of the answers, one for each class, that are wrong; lower is better",
        False,
        "share",
        hamming_loss,
        evidence=lambda sums: sums.examples * sums["true"].shape[1],
        targets=("classes",),
    ),
    "mean_average_precision": Metric(
        "Mean average precision",
        "how well the examples of each class are ranked above the rest; their share is chance",
        True,
        "area",
        own=mean_average_precision,
        targets=("classes",),
    ),
}
