"""The bootstrap over examples: by class, in whole groups, from a seed.

Efron and Tibshirani, An Introduction to the Bootstrap, 1993. Each resample draws as many examples
of a class as the data has, so intervals hold for new examples with the same mix of classes.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..core.random import integers
from .sums import Labels, Values, distinct

STREAM = "bootstrap"
CHUNK = 2**17  # weights held at once: a megabyte, which fits in the processor's cache


class Resampling:
    """How the examples of a sample are resampled.

    `units` counts what is drawn, examples or groups; `freedom` is that count less one for each
    stratum.
    """

    def __init__(self, strata: Labels, groups: Labels) -> None:
        _, self._unit = distinct(groups)
        self.units = int(self._unit.max()) + 1
        self._alone = np.array_equal(self._unit, np.arange(self.units))
        stratum = _of_units(strata, self._unit)
        self._order = np.argsort(stratum, kind="stable")
        sizes = np.bincount(stratum)
        self._sizes = np.repeat(sizes, sizes)
        self._starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
        self.freedom = max(self.units - int((sizes > 0).sum()), 1)

    @property
    def correction(self) -> float:
        """The factor for a bootstrap's standard error, which divides by n and not by n - 1."""
        return float(np.sqrt(self.units / self.freedom)) if self.units > 1 else 1.0

    def weights(self, seed: int, count: int) -> Iterator[Values]:
        """Yield `count` rows in chunks; each says how often every example `[n]` was drawn."""
        each = max(CHUNK // max(len(self._unit), 1), 1)
        for start in range(0, count, each):
            rows = range(start, min(start + each, count))
            drawn = integers(seed, STREAM, rows, self._sizes)
            drawn += self._starts
            drawn = self._order[drawn]
            drawn += np.arange(len(rows))[:, None] * self.units
            counted = np.bincount(drawn.ravel(), minlength=len(rows) * self.units)
            weights = counted.reshape(len(rows), self.units).astype(np.float64)
            yield weights if self._alone else weights[:, self._unit]


def _of_units(strata: Labels, unit: NDArray[np.intp]) -> NDArray[np.intp]:
    """The most frequent stratum of each unit's examples [units]; strata of a single unit merge."""
    count = int(strata.max()) + 1
    keys, votes = np.unique(unit * count + strata, return_counts=True)
    most = np.lexsort((keys % count, -votes, keys // count))
    owners = keys[most] // count
    first = np.append(True, owners[1:] != owners[:-1])
    stratum = keys[most][first] % count
    alone = np.bincount(stratum, minlength=count) == 1
    return np.asarray(np.where(alone[stratum], count, stratum), dtype=np.intp)
