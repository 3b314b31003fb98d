"""Errors that are more or less large, and not just right or wrong: the mean is what counts.

A mistake is an answer whose error is above the mean that `evaluation.target_error` allows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..data.splits import SPLITS
from ..metrics.intervals import LEVEL, Figure, quantile, wilson
from ..metrics.proportions import Measured, mean_over, measured
from ..metrics.registry import Metric
from ..metrics.sample import Sample
from .errors_base import Errors, P
from .learning_curve import Means


class MeanErrors(Errors[P]):
    """Errors with a size; `furthest` says in words which mistakes come first."""

    furthest: ClassVar[str]
    curves: ClassVar[type[Means]] = Means

    def of_splits(self, metrics: Mapping[str, Any], predictions: Mapping[str, P]) -> list[Measured]:
        """Return the mean error on each data set."""
        samples = {name: predictions[name].sample for name in SPLITS}
        return [
            measured(name, sample.errors, sample.groups, share=sample.share, each=sample.each)
            for name, sample in samples.items()
        ]

    def mistakes(self, predictions: P) -> NDArray[np.bool_]:
        """Return which answers have an error above the allowed mean."""
        return np.asarray(predictions.sample.errors > self.allowed)

    def ordered(self, metric: Metric, predictions: P) -> list[int]:
        """Return the mistakes, the largest errors first."""
        return self._worst(predictions, self.mistakes(predictions))

    def order(self, metric: Metric) -> str:
        """Return that the largest errors come first."""
        return self.furthest

    def nearly(self, predictions: P) -> list[int]:
        """Return the other answers in the same order."""
        return self._worst(predictions, ~self.mistakes(predictions))

    def _worst(self, predictions: P, chosen: NDArray[np.bool_]) -> list[int]:
        """Return the chosen rows [n], the largest error first, ties by path."""
        errors, examples = predictions.sample.errors, predictions.examples
        rows = np.flatnonzero(chosen).tolist()
        return sorted(rows, key=lambda row: (-errors[row], examples[row].path))

    def curve(self, learned: Sequence[int], dev: Sequence[P]) -> Means:
        """Return the mean errors on dev."""
        samples = [predictions.sample for predictions in dev]
        curve = [mean_over(sample.errors, sample.groups) for sample in samples]
        means, deviations, units = zip(*curve, strict=True)
        examples = [len(predictions.examples) for predictions in dev]
        return self.curves([*learned], examples, means, deviations, max(min(units) - 1, 1))

    def share(self, sample: Sample, hit: NDArray[np.bool_]) -> Figure:
        """Return the share of all errors, with Wilson's interval.

        Its number of examples is the one that would make a share as uncertain.
        """
        errors, groups = sample.errors, sample.groups
        mean, _, units = mean_over(errors, groups)
        share = mean_over(errors * hit, groups)[0] / mean
        error = mean_over(errors * (hit - share), groups)[1] / mean
        alone = share * (1 - share)
        told = min(alone / error**2, units) if error > 0 and alone > 0 else units
        low, high = wilson(share, told, quantile(LEVEL, max(units - 1, 1)))
        return Figure(share, low, high, error)
