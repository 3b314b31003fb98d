"""Errors of an example that are more than right or wrong, so that their mean is looked at."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..data.splits import SPLITS
from ..metrics.intervals import LEVEL, Figure, quantile, wilson
from ..metrics.proportions import Measured, mean_over, measured
from ..metrics.sample import Sample
from .learning_curve import Means
from .target_errors import Errors, P


class MeanErrors(Errors[P]):
    """What such errors have in common; `curves` is the form of their learning curve."""

    curves: ClassVar[type[Means]]

    def of_splits(self, metrics: Mapping[str, Any], predictions: Mapping[str, P]) -> list[Measured]:
        """Return the mean error on each data set."""
        samples = {name: predictions[name].sample for name in SPLITS}
        return [
            measured(name, one.errors, one.groups, share=one.share, each=one.each)
            for name, one in samples.items()
        ]

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
