"""Examples that are scored together, whatever the target."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray

from .registry import Metric, Scored, ScoredMasks, ScoredNumbers, ScoredSets
from .sums import Column, Kinds, Labels, Sums, Values, distinct

FEWEST = 8  # degrees of freedom; with fewer, an interval is too wide to be of use


class Sample(ABC):
    """`n` examples with their predictions: a dataclass of arrays [n, ...], and `partial`.

    `groups` [n] numbers examples that belong together, such as those of one patient; an example
    without a group has a number of its own. `partial` says that they are a part of a data set,
    `share` whether an error is the share of wrong answers among the `each` of an example: with a
    single answer, an error is 0 or 1.
    """

    groups: Labels
    partial: bool
    share: ClassVar[bool]

    @property
    def each(self) -> int:
        """The number of answers to each example."""
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
        """The strata [n], numbered from 0: the bootstrap keeps the size of each."""

    def of_class(self, number: int) -> NDArray[np.bool_]:
        """Return which examples are of a class [n], for targets with classes."""
        return np.asarray(self.strata == number)

    @abstractmethod
    def column(self, name: str) -> Column:
        """Return what each example contributes under this name, unless `kinds` has it."""

    @property
    def kinds(self) -> Kinds | None:
        """The kinds of examples that count alike, if there are few."""
        return None

    @property
    @abstractmethod
    def scored(self) -> Scored | ScoredSets | ScoredNumbers | ScoredMasks:
        """The argument of the project's own metrics."""

    def rows(self, chosen: NDArray[np.intp], *, partial: bool | None = None) -> Self:
        """Return the examples at these positions, with repeats if there are any."""
        whole: Any = self
        names = (field.name for field in fields(whole) if field.name != "partial")
        arrays = {name: getattr(self, name)[chosen] for name in names}
        partial = self.partial if partial is None else partial
        return cast(Self, replace(whole, **arrays, partial=partial))

    def grouped(self, groups: Labels) -> Self:
        """Return the same examples with other groups [n]."""
        whole: Any = self
        return cast(Self, replace(whole, groups=groups))

    def untold(self, metric: Metric, figure: str = "it", where: str = "it") -> str:
        """Return why a metric is undefined for these examples, "" if it is defined.

        Args:
            metric: the metric.
            figure: its name in the sentence.
            where: the examples' name in the sentence.
        """
        return ""

    def remarks(self, names: Sequence[str]) -> dict[str, Any]:
        """Return further entries for them in reports/metrics.json; `names` are the classes."""
        return {}

    def part(self, chosen: NDArray[np.bool_]) -> Self:
        """Return the chosen examples [n]."""
        return self.rows(np.flatnonzero(chosen), partial=True)

    def repeated(self, times: Labels) -> Self:
        """Return each example repeated `times` [n]."""
        return self.rows(np.repeat(np.arange(len(self)), times))

    def sums(self, weights: Values | None = None) -> Sums:
        """Return the sums for weights [r, n], whole numbers; without any, each counts once."""
        given = np.ones((1, len(self))) if weights is None else weights
        return Sums(self.column, given, self.kinds, partial=self.partial)

    def freedom(self, name: str) -> float:
        """Return the degrees of freedom of a variance: fewer if few examples make up most of it.

        Satterthwaite's number (Biometrics, 1946) for the sum of a column; infinite without a name.
        """
        if not name:
            return math.inf
        column = self.column(name)
        values = column.values
        if column.bins is not None:  # distances from 0 are added up
            values = values * np.sign(self.sums()[name][0])[column.bins]
        _, unit = distinct(self.groups)
        away = np.bincount(unit, values - values.mean())
        fourth = float((away**4).sum())
        freedom = 2 * float((away**2).sum()) ** 2 / fourth if fourth > 0 else math.inf
        return max(freedom, FEWEST)
