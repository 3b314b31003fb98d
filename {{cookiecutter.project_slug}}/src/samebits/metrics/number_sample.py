"""Scored examples of one number each."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from .registry import Metric, ScoredNumbers
from .sample import Sample
from .sums import Column, Labels, Values, distinct

SMALLEST = -900  # exponent of two; anything smaller counts as 0


@dataclass(frozen=True)
class NumberSample(Sample):
    """Examples with the true and the predicted number [n], in the same unit.

    Columns: `error`, the distance between the two, and `square`, its square; `true`, the truth
    less its mean here, and `true_square`, the square of that.
    """

    truth: Values
    answers: Values
    groups: Labels
    partial: bool = False
    share: ClassVar[bool] = False

    @cached_property
    def errors(self) -> Values:
        """How far each answer is from the truth [n]."""
        return np.abs(self.answers - self.truth)

    @property
    def strata(self) -> Labels:
        """None: 0 for each [n]."""
        return np.zeros(len(self), dtype=np.int64)

    @property
    def scored(self) -> ScoredNumbers:
        """Truth and answers."""
        return ScoredNumbers(self.truth, self.answers)

    def untold(self, metric: Metric, figure: str = "it", where: str = "it") -> str:
        """Return why: it compares with the spread of the truth, and there is no spread."""
        if metric.form != "explained" or np.ptp(self.truth) > 0:
            return ""
        return f"all of {where} has the same true number, so `{figure}` is undefined"

    def column(self, name: str) -> Column:
        """Return a column with a value for each example."""
        return self._columns[name]

    @cached_property
    def _columns(self) -> Mapping[str, Column]:
        away = self.truth - math.fsum(self.truth.tolist()) / len(self)
        values = {
            "error": self.errors,
            "square": self.errors**2,
            "true": away,
            "true_square": away**2,
        }
        return {name: whole(numbers, self._most) for name, numbers in values.items()}

    @cached_property
    def _most(self) -> int:
        """The most examples that a resample can have: as if all groups were the largest."""
        _, unit = distinct(self.groups)
        sizes = np.bincount(unit)
        return len(sizes) * int(sizes.max())


def whole(values: Values, count: int) -> Column:
    """Return the column of `values` [n] as whole numbers of a unit, a power of two.

    The unit is as fine as it can be while any `count` of them still add up without rounding.
    """
    largest = float(np.abs(values).max(initial=0.0))
    _, exponent = math.frexp(largest * count)
    per = math.ldexp(1.0, 52 - max(exponent, SMALLEST)) if largest else 1.0
    return Column(np.rint(values * per), per)
