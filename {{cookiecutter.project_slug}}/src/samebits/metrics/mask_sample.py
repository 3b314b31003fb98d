"""Scored examples with a class for each pixel: pixel counts by class."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from .registry import Metric, ScoredMasks
from .sample import Sample
from .sums import Column, Labels, Values

FINE = 1e8  # the unit that makes losses whole numbers


@dataclass(frozen=True)
class MaskSample(Sample):
    """Examples with their pixel counts by class [n, k]: true, predicted (`said`), and both.

    `losses` [n] are the mean losses of a pixel. Columns: `true`, `said`, `right` and `loss`.
    """

    true: Values
    said: Values
    right: Values
    losses: Values
    groups: Labels
    partial: bool = False
    share: ClassVar[bool] = False

    @cached_property
    def errors(self) -> Values:
        """The share of pixels that are wrong [n]."""
        whole = self.true.sum(axis=1)
        return np.asarray((whole - self.right.sum(axis=1)) / whole)

    @property
    def strata(self) -> Labels:
        """None: 0 for each [n]."""
        return np.zeros(len(self), dtype=np.int64)

    @property
    def scored(self) -> ScoredMasks:
        """The counts of pixels."""
        return ScoredMasks(self.true, self.said, self.right)

    def untold(self, metric: Metric, figure: str = "it", where: str = "it") -> str:
        """Return why: no pixel is of its class."""
        if metric.label is None or self.true[:, metric.label].any():
            return ""
        return f"{where} has no pixel of its class, so `{figure}` is undefined"

    def remarks(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the classes without a pixel, which means over classes leave out."""
        present = (self.true.sum(axis=0) > 0).tolist()
        absent = [name for name, there in zip(names, present, strict=True) if not there]
        return {"absent": absent} if absent else {}

    def column(self, name: str) -> Column:
        """Return a column with a value for each example."""
        if name == "loss":
            return Column(np.rint(self.losses * FINE), FINE)
        return Column({"true": self.true, "said": self.said, "right": self.right}[name])
