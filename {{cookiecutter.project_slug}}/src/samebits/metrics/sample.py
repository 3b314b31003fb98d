"""Examples that are scored together, whatever is asked of each."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from .registry import Metric, Scored, ScoredMasks, ScoredNumbers, ScoredSets
from .sums import Column, Kinds, Labels, Sums, Values, distinct

FEWEST = 8  # degrees of freedom; below, an interval is of no use to anybody


class Sample(ABC):
    """`n` examples with what was said of them.

    `groups` [n] numbers what was drawn together, such as the examples of one patient; each example
    has its own number where it stands alone. `partial` says that they are a part of a data set,
    `share` whether an error is a share of answers that are wrong, of which an example has `each`:
    where it has one, an error is 0 or 1.
    """

    groups: Labels
    partial: bool
    share: ClassVar[bool]

    @property
    def each(self) -> int:
        """The answers to each example."""
        return 1

    def __len__(self) -> int:
        return len(self.groups)

    @property
    @abstractmethod
    def errors(self) -> NDArray[Any]:
        """The error of each example [n], 0 or more."""

    @property
    @abstractmethod
    def strata(self) -> Labels:
        """The numbers [n], from 0, of what the bootstrap draws as often as it is there."""

    def of_class(self, number: int) -> NDArray[np.bool_]:
        """Return which examples are of a class [n], where answers have classes."""
        return np.asarray(self.strata == number)

    @abstractmethod
    def column(self, name: str) -> Column:
        """Return what each example contributes under this name, where `kinds` do not say that."""

    @property
    def kinds(self) -> Kinds | None:
        """The kinds of examples that count alike, where there are few."""
        return None

    @property
    @abstractmethod
    def scored(self) -> Scored | ScoredSets | ScoredNumbers | ScoredMasks:
        """What a metric of one's own is computed of."""

    @abstractmethod
    def rows(self, chosen: NDArray[np.intp], *, partial: bool | None = None) -> Self:
        """Return the examples at these places, some perhaps several times."""

    @abstractmethod
    def grouped(self, groups: Labels) -> Self:
        """Return the same examples in other groups [n]."""

    def untold(self, metric: Metric, figure: str = "it", where: str = "it") -> str:
        """Return why a metric tells nothing of these examples; "" where it does.

        Args:
            metric: which.
            figure: what it is called there.
            where: what the examples are called there.
        """
        return ""

    def remarks(self, names: Sequence[str]) -> dict[str, Any]:
        """Return what reports/metrics.json says of them besides; `names` are the classes."""
        return {}

    def part(self, chosen: NDArray[np.bool_]) -> Self:
        """Return the examples that are chosen [n]."""
        return self.rows(np.flatnonzero(chosen), partial=True)

    def repeated(self, times: Labels) -> Self:
        """Return each example as often as `times` [n] says."""
        return self.rows(np.repeat(np.arange(len(self)), times))

    def sums(self, weights: Values | None = None) -> Sums:
        """Return the sums for weights [r, n], whole numbers; without any, each counts once."""
        given = np.ones((1, len(self))) if weights is None else weights
        return Sums(self.column, given, self.kinds, partial=self.partial)

    def freedom(self, name: str) -> float:
        """Return the degrees of freedom of a variance: fewer where few examples make most of it.

        Satterthwaite's number (Biometrics, 1946) for the sum of a column; infinite without one.
        """
        if not name:
            return math.inf
        column = self.column(name)
        values = column.values
        if column.bins is not None:  # what is added up are the distances from 0
            values = values * np.sign(self.sums()[name][0])[column.bins]
        _, unit = distinct(self.groups)
        away = np.bincount(unit, values - values.mean())
        fourth = float((away**4).sum())
        found = 2 * float((away**2).sum()) ** 2 / fourth if fourth > 0 else math.inf
        return max(found, FEWEST)
