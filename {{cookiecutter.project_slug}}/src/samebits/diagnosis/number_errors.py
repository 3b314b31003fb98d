"""Errors of numbers: how far an answer is from the truth, in the unit of the data."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..metrics.number_predictions import NumberPredictions
from ..metrics.number_sample import NumberSample
from .errors_base import Said
from .mean_errors import MeanErrors
from .words import WORDS


class NumberErrors(MeanErrors[NumberPredictions]):
    """Errors of examples of one number each."""

    words = WORDS["number"]
    smooths = False
    metrics = ("mae", "rmse")
    furthest = "those furthest from the truth first"

    def losses(self, smoothing: float) -> tuple[float, float]:
        """Return the mean squares for numbers with mean 0 and variance 1: 1, and 0."""
        return 1.0, 0.0

    def put_right(self, sample: NumberSample, rows: NDArray[np.int64]) -> NumberSample:
        """Return the sample with the true numbers in these rows."""
        answers = sample.answers.copy()
        answers[rows] = sample.truth[rows]
        return replace(sample, answers=answers)

    def said(self, predictions: NumberPredictions, row: int) -> Said:
        """Return both numbers, and how far apart they are."""
        return Said(*predictions.words(row), f"{predictions.sample.errors[row]:.9g}")
