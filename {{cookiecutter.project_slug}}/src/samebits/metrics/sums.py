"""Named columns, what each example contributes to them, and their sums, which metrics use.

The bootstrap weights each example by how often it was drawn. All summands are whole numbers, so
the order of a sum does not matter and every machine gets the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
Values = NDArray[np.float64]
Sets = NDArray[np.uint8]  # 1 for each class that an example has, [n, k]


@dataclass(frozen=True)
class Column:
    """What each of `n` examples adds to a sum, or to `k` of them.

    `values` [n] or [n, k] are whole numbers of a unit, of which `per` make 1. With `bins` [n] they
    are added up by bin, of which there are `width`.
    """

    values: Values
    per: float = 1.0
    bins: Labels | None = None
    width: int = 1

    def sums(self, weights: Values) -> Values:
        """Return the sums for weights [r, n]: [r] or [r, k], or [r, width] with bins."""
        if self.bins is None:
            return np.asarray(weights @ self.values / self.per)
        return _binned(self.bins, (row * self.values for row in weights), self.width) / self.per


@dataclass(frozen=True)
class Kinds:
    """Examples that count alike: the kind [n] of each, and the columns of `m` kinds.

    There are far fewer kinds than examples, so sums over kinds are cheaper.
    """

    of: Labels
    count: int
    columns: Mapping[str, Column]

    def weights(self, weights: Values) -> Values:
        """Return the weight of each kind [r, m] for weights [r, n] of examples."""
        return _binned(self.of, weights, self.count)


class Sums:
    """Sums of named columns over weighted examples, for `r` weightings.

    Each is computed on first use: a metric needs few of them.

    Args:
        column: gives the column of a name.
        weights: [r, n], whole numbers.
        kinds: of the examples, with further columns.
        partial: whether the examples are a part of a data set.
    """

    def __init__(
        self,
        column: Callable[[str], Column],
        weights: Values,
        kinds: Kinds | None = None,
        *,
        partial: bool = False,
    ) -> None:
        self._column, self._weights, self._kinds = column, weights, kinds
        self.partial = partial
        self._known: dict[str, Values] = {}

    def __getitem__(self, name: str) -> Values:
        """Return the sums of a column: [r], or [r, width]."""
        if name not in self._known:
            self._known[name] = self._sum(name)
        return self._known[name]

    def _sum(self, name: str) -> Values:
        if self._kinds is None or name not in self._kinds.columns:
            return self._column(name).sums(self._weights)
        return self._kinds.columns[name].sums(self._by_kind)

    @cached_property
    def _by_kind(self) -> Values:
        assert self._kinds is not None
        return self._kinds.weights(self._weights)

    @cached_property
    def examples(self) -> Values:
        """All examples, [r]."""
        return np.asarray(self._weights.sum(axis=1))

    def otherwise(self, **sums: Values) -> Self:
        """Return the same sums with these replaced."""
        other = type(self)(self._column, self._weights, self._kinds, partial=self.partial)
        other._known = self._known | sums
        return other


def numbered(groups: Sequence[str]) -> Labels:
    """Return a number for each example's group; one without a group ("") has its own."""
    numbers: dict[object, int] = {}
    keys = (group or position for position, group in enumerate(groups))
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def distinct(values: Labels) -> tuple[Labels, Labels]:
    """Return the distinct values, sorted, and the position of each of `values` `[n]` among them.

    `np.unique` finds the positions by an unstable sort, whose kernel depends on the processor.
    """
    unique = np.unique(values)
    return unique, np.searchsorted(unique, values)


def ratio(above: Values, below: Values) -> Values:
    """Return the quotient, 0 where `below` is 0."""
    return np.divide(above, below, out=np.zeros(np.broadcast(above, below).shape), where=below > 0)


def _binned(bins: Labels, weights: Iterable[Values], width: int) -> Values:
    """Sums [r, width] of weights, rows [n], by the bin of their column."""
    return np.array([np.bincount(bins, row, width) for row in weights])
