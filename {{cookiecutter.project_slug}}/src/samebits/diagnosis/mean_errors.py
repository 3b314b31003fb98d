"""An error that is no matter of right or wrong: its mean is an amount, or a share of the pixels.

A mistake is an answer with a larger error than `evaluation.target_error` allows on average.
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
from .learning_curve import Means
from .target_errors import Errors, P


class MeanErrors(Errors[P]):
    """Errors that are measured; `furthest` says in words which come first."""

    furthest: ClassVar[str]
    curves: ClassVar[type[Means]] = Means

    def of_splits(self, metrics: Mapping[str, Any], predictions: Mapping[str, P]) -> list[Measured]:
        """Return the mean error on each data set."""
        samples = {name: predictions[name].sample for name in SPLITS}
        return [
            measured(name, one.errors, one.groups, share=one.share, each=one.each)
            for name, one in samples.items()
        ]

    def mistakes(self, predictions: P) -> NDArray[np.bool_]:
        """Return which answers have a larger error than is allowed on average."""
        return np.asarray(predictions.sample.errors > self.allowed)

    def ordered(self, metric: Metric, predictions: P) -> list[int]:
        """Return those with the largest errors first."""
        return self._worst(predictions, self.mistakes(predictions))

    def order(self, metric: Metric) -> str:
        """Return that the furthest come first."""
        return self.furthest

    def nearly(self, predictions: P) -> list[int]:
        """Return the others in the same order."""
        return self._worst(predictions, ~self.mistakes(predictions))

    def _worst(self, predictions: P, chosen: NDArray[np.bool_]) -> list[int]:
        """Return the rows that are chosen [n], the largest error first, of equals by path."""
        errors, examples = predictions.sample.errors, predictions.examples
        rows = np.flatnonzero(chosen).tolist()
        return sorted(rows, key=lambda row: (-errors[row], examples[row].path))

    def curve(self, learned: Sequence[int], dev: Sequence[P]) -> Means:
        """Return the mean errors on dev."""
        found = [mean_over(one.sample.errors, one.sample.groups) for one in dev]
        means, deviations, units = zip(*found, strict=True)
        examples = [len(one.examples) for one in dev]
        return self.curves([*learned], examples, means, deviations, max(min(units) - 1, 1))

    def share(self, sample: Sample, hit: NDArray[np.bool_]) -> Figure:
        """Return the part of all errors, with Wilson's interval.

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
