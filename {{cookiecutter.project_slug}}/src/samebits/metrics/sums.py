"""The sums of which metrics are made, for many weightings of the same examples at once.

A bootstrap weights each example by how often it was drawn. Everything that is summed is a whole
number, so a sum has no order and every machine finds the same.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from .probabilities import Labels, Values, distinct

FEWEST = 8  # degrees of freedom; below, an interval is of no use to anybody
BINS = 15  # of equal width in confidence, as in Guo et al., ICML 2017
LEAST = 5e-7  # half of the last decimal of reports/predictions.csv, which may say 0
FINE, COARSE = 1e8, 1e6  # the units in which losses and areas, and confidences are whole numbers


@dataclass(frozen=True)
class Sample:
    """Examples that are scored together: `n` of them, with probabilities `[n, k]`.

    `groups` `[n]` numbers what was drawn together, such as the pictures of one patient; each
    example has its own number where it stands alone. `partial` says that they are a part of a data
    set.
    """

    labels: Labels
    answers: Labels
    probabilities: Values
    groups: Labels
    partial: bool = False

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def classes(self) -> int:
        """The number of classes."""
        return int(self.probabilities.shape[1])

    def part(self, chosen: NDArray[np.bool_]) -> Self:
        """Return the examples that are chosen `[n]`."""
        return replace(self._rows(np.flatnonzero(chosen)), partial=True)

    def repeated(self, times: Labels) -> Self:
        """Return each example as often as `times` `[n]` says."""
        return self._rows(np.repeat(np.arange(len(self)), times))

    def _rows(self, rows: NDArray[np.intp]) -> Self:
        return replace(
            self,
            labels=self.labels[rows],
            answers=self.answers[rows],
            probabilities=self.probabilities[rows],
            groups=self.groups[rows],
        )

    def sums(self, weights: Values | None = None) -> "Sums":
        """Return the sums for weights `[r, n]`, whole numbers; without any, each counts once."""
        return Sums(self, np.ones((1, len(self))) if weights is None else weights)

    def freedom(self, form: str) -> float:
        """Return the degrees of freedom of a variance: fewer where few examples make most of it.

        Satterthwaite's number (Biometrics, 1946) for what `form` adds up: the losses of a "mean",
        the areas of an "area", the calibration gaps of a "gap"; infinite for what is counted.
        """
        if form not in ("mean", "area", "gap"):
            return math.inf
        sign = np.sign(self.sums().gaps[0])[self._bins]
        values = {"mean": self._losses, "area": self._areas, "gap": self._gaps * sign}[form]
        _, unit = distinct(self.groups)
        away = np.bincount(unit, values - values.mean())
        fourth = float((away**4).sum())
        found = 2 * float((away**2).sum()) ** 2 / fourth if fourth > 0 else math.inf
        return max(found, FEWEST)

    @property
    def losses(self) -> Values:
        """The negative logarithm of the true class's probability, for each example."""
        return self._losses / FINE

    @cached_property
    def _pairs(self) -> tuple[Labels, Labels, Labels]:
        """The true class and the answer of each pair that there is, and the pair of each example.

        There are few of them beside the examples, so it is they that are counted by class.
        """
        codes, pair = distinct(self.labels * self.classes + self.answers)
        return codes // self.classes, codes % self.classes, pair

    @cached_property
    def _losses(self) -> Values:
        """The negative logarithm `[n]` of the true class's probability, in units of 1 / `FINE`."""
        rows = self.probabilities
        true = rows[np.arange(len(self)), self.labels] / rows.sum(axis=1)
        losses: Values = np.rint(-np.log(np.maximum(true, LEAST)) * FINE)
        return losses

    @cached_property
    def _areas(self) -> Values:
        """Parts `[n]` whose mean is the mean area, and whose bootstrap is that of the area.

        These are the placements of DeLong, DeLong and Clarke-Pearson (Biometrics, 1988).
        """
        parts, areas = np.zeros(len(self)), []
        for name in np.unique(self.labels):
            positive = self.labels == name
            if positive.all():
                areas.append(0.5)
                continue
            above = placements(self.probabilities[:, name], positive)
            area = float(above[positive].mean())
            share = np.where(positive, positive.sum(), (~positive).sum()) / len(self)
            parts += (above - area) / share
            areas.append(area)
        return np.rint((parts / len(areas) + sum(areas) / len(areas)) * FINE)

    @cached_property
    def _confidences(self) -> Values:
        """The probability `[n]` of the answer."""
        return self.probabilities[np.arange(len(self)), self.answers]

    @cached_property
    def _bins(self) -> Labels:
        """The bin of confidence `[n]`."""
        upper = np.ceil(self._confidences * BINS).astype(np.int64) - 1
        return np.clip(upper, 0, BINS - 1)

    @cached_property
    def _gaps(self) -> Values:
        """Right (1) or wrong (0) minus confidence `[n]`, in units of 1 / `COARSE`."""
        gaps: Values = np.rint(((self.answers == self.labels) - self._confidences) * COARSE)
        return gaps


class Sums:
    """Sums over weighted examples, for `r` weightings, `k` classes and `b` bins of confidence.

    Each is computed when it is first asked for: a metric needs few of them.
    """

    def __init__(self, sample: Sample, weights: Values) -> None:
        self._sample, self._weights = sample, weights

    def answered_otherwise(self, right: Values, answered: Values) -> "Sums":
        """Return the same sums, but for other counts `[r, k]` of right answers and of answers."""
        other = Sums(self._sample, self._weights)
        other.right, other.answered = right, answered
        return other

    @cached_property
    def examples(self) -> Values:
        """All examples, `[r]`."""
        return np.asarray(self._weights.sum(axis=1))

    @cached_property
    def true(self) -> Values:
        """The examples of each class, `[r, k]`."""
        labels, _, _ = self._sample._pairs
        return _sums(labels, self._pairs, self._sample.classes)

    @cached_property
    def answered(self) -> Values:
        """The examples given each class, `[r, k]`."""
        _, answers, _ = self._sample._pairs
        return _sums(answers, self._pairs, self._sample.classes)

    @cached_property
    def right(self) -> Values:
        """The examples rightly given each class, `[r, k]`."""
        labels, answers, _ = self._sample._pairs
        right = labels == answers
        return _sums(labels[right], self._pairs[:, right], self._sample.classes)

    @cached_property
    def _pairs(self) -> Values:
        labels, _, pair = self._sample._pairs
        return _sums(pair, self._weights, len(labels))

    @cached_property
    def loss(self) -> Values:
        """The negative logarithms of the true class's probability, `[r]`."""
        return np.asarray(self._weights @ self._sample._losses / FINE)

    @cached_property
    def area(self) -> Values:
        """The examples' parts of the areas under the ROC curves, `[r]`."""
        return np.asarray(self._weights @ self._sample._areas / FINE)

    @cached_property
    def gaps(self) -> Values:
        """Right answers minus confidence in each bin, `[r, b]`."""
        sample = self._sample
        return _sums(sample._bins, (one * sample._gaps for one in self._weights), BINS) / COARSE

    @property
    def partial(self) -> bool:
        """Whether the examples are a part of a data set."""
        return self._sample.partial


def numbered(groups: Sequence[str]) -> Labels:
    """Return a number for each of the groups; an example without one ("") has its own."""
    numbers: dict[object, int] = {}
    keys = (group or position for position, group in enumerate(groups))
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def placements(values: Values, positive: NDArray[np.bool_]) -> Values:
    """Return the share of negatives below each positive, and of positives above each negative.

    Of equals, half of them count.

    Args:
        values: `[n]`.
        positive: `[n]`, of both kinds at least one.
    """
    ones, others = (np.sort(values[side], kind="stable") for side in (positive, ~positive))
    found = np.empty(len(values))
    for chosen, against in ((positive, others), (~positive, ones)):
        sides = [np.searchsorted(against, values[chosen], side) for side in ("left", "right")]
        found[chosen] = (sides[0] + sides[1]) / (2 * len(against))
    found[~positive] = 1 - found[~positive]
    return found


def _sums(codes: Labels, weights: Iterable[Values], bins: int) -> Values:
    """Sums `[r, bins]` of weights, rows `[n]`, by the code of their column."""
    return np.array([np.bincount(codes, one, bins) for one in weights])
