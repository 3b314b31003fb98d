"""An error of a number is how far an answer is from the truth, in the unit of the data.

A mistake is an answer that is further away than `evaluation.target_error` allows on average.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.splits import SPLITS
from ..metrics.intervals import LEVEL, Figure, quantile, wilson
from ..metrics.number_predictions import NumberPredictions
from ..metrics.proportions import Measured, mean_over, measured
from ..metrics.registry import Metric
from ..metrics.regression import Numbers
from .learning_curve import Means
from .target_errors import Errors, Said
from .words import WORDS


class NumberErrors(Errors[NumberPredictions]):
    """Errors of examples of one number each."""

    words = WORDS["number"]
    smooths = False
    metrics = ("mae", "rmse")

    def of_splits(
        self, metrics: Mapping[str, Any], predictions: Mapping[str, NumberPredictions]
    ) -> list[Measured]:
        """Return the mean distance from the truth, with Student's interval."""
        samples = {name: predictions[name].sample for name in SPLITS}
        return [
            measured(name, one.errors, one.groups, share=False) for name, one in samples.items()
        ]

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

    def curve(self, learned: Sequence[int], dev: Sequence[NumberPredictions]) -> Means:
        """Return how far answers on dev are from the truth."""
        found = [mean_over(one.sample.errors, one.sample.groups) for one in dev]
        means, deviations, units = zip(*found, strict=True)
        examples = [len(one.examples) for one in dev]
        return Means([*learned], examples, means, deviations, max(min(units) - 1, 1))

    def share(self, sample: Numbers, hit: NDArray[np.bool_]) -> Figure:
        """Return the part of the distance, with Wilson's interval.

        As many examples count as would leave a share so uncertain.
        """
        errors, groups = sample.errors, sample.groups
        mean, _, units = mean_over(errors, groups)
        share = mean_over(errors * hit, groups)[0] / mean
        error = mean_over(errors * (hit - share), groups)[1] / mean
        alone = share * (1 - share)
        told = min(alone / error**2, units) if error > 0 and alone > 0 else units
        low, high = wilson(share, told, quantile(LEVEL, max(units - 1, 1)))
        return Figure(share, low, high, error)

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
