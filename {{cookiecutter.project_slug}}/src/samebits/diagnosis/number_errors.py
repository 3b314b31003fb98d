"""An error of a number is how far an answer is from the truth, in the unit of the data.

A mistake is an answer that is further away than `evaluation.target_error` allows on average.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..metrics.number_predictions import NumberPredictions
from ..metrics.registry import Metric
from ..metrics.regression import Numbers
from .learning_curve import Means
from .mean_errors import MeanErrors
from .target_errors import Said
from .words import WORDS


class NumberErrors(MeanErrors[NumberPredictions]):
    """Errors of examples of one number each."""

    words = WORDS["number"]
    smooths = False
    metrics = ("mae", "rmse")
    curves = Means

    def losses(self, smoothing: float) -> tuple[float, float]:
        """Return those of squares of numbers with mean 0 and variance 1: 1, and 0."""
        return 1.0, 0.0

    def mistakes(self, predictions: NumberPredictions) -> NDArray[np.bool_]:
        """Return which answers are further away than is allowed on average."""
        return np.asarray(predictions.sample.errors > self.allowed)

    def ordered(self, metric: Metric, predictions: NumberPredictions) -> list[int]:
        """Return those furthest from the truth first, of equals by path."""
        return _furthest(predictions, self.mistakes(predictions))

    def order(self, metric: Metric) -> str:
        """Return that the furthest come first."""
        return "those furthest from the truth first"

    def nearly(self, predictions: NumberPredictions) -> list[int]:
        """Return the others in the same order."""
        return _furthest(predictions, ~self.mistakes(predictions))

    def put_right(self, sample: Numbers, rows: NDArray[np.int64]) -> Numbers:
        """Return it with the true numbers there."""
        answers = sample.answers.copy()
        answers[rows] = sample.truth[rows]
        return replace(sample, answers=answers)

    def said(self, predictions: NumberPredictions, row: int) -> Said:
        """Return both numbers, and how far apart they are."""
        return Said(*predictions.words(row), f"{predictions.sample.errors[row]:.9g}")


def _furthest(predictions: NumberPredictions, chosen: NDArray[np.bool_]) -> list[int]:
    errors, examples = predictions.sample.errors, predictions.examples
    rows = np.flatnonzero(chosen).tolist()
    return sorted(rows, key=lambda row: (-errors[row], examples[row].path))
