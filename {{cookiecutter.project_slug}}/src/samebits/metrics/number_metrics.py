"""Metrics for examples with one number each: all but R² are in the unit of the data."""

import numpy as np

from ..data.targets import median
from .registry import METRICS, Metric, ScoredNumbers
from .sums import Sums, Values


def rmse(sums: Sums) -> Values:
    """Root of the mean square of the errors."""
    return np.asarray(np.sqrt(sums["square"] / sums.examples))


def mae(sums: Sums) -> Values:
    """Mean of the errors."""
    return np.asarray(sums["error"] / sums.examples)


def r2(sums: Sums) -> Values:
    """Share of the variance of the truth that the answers explain.

    If there is no variance, 1 for perfect answers and 0 for others, as in scikit-learn.
    """
    spread, square = sums["true_square"] - sums["true"] ** 2 / sums.examples, sums["square"]
    left = np.divide(square, spread, out=np.where(square > 0, 1.0, 0.0), where=spread > 0)
    return np.asarray(1 - left)


def median_absolute_error(scored: ScoredNumbers) -> float:
    """The error that half of the examples do not exceed."""
    return median(np.abs(scored.answers - scored.truth))


METRICS |= {
    "rmse": Metric(
        "RMSE",
        "root of the mean square of the errors, so that large ones count most",
        False,
        "mean",
        rmse,
        summed="square",
        targets=("number",),
    ),
    "mae": Metric(
        "Mean absolute error",
        "how far an answer is from the truth on average",
        False,
        "mean",
        mae,
        summed="error",
        targets=("number",),
    ),
    "median_absolute_error": Metric(
        "Median absolute error",
        "the error that half of the answers do not exceed",
        False,
        "mean",
        own=median_absolute_error,
        targets=("number",),
    ),
    "r2": Metric(
        "R²",
        "share of the variance that the answers explain; 0 is no better than the mean",
        True,
        "explained",
        r2,
        summed="square",
        targets=("number",),
    ),
}
