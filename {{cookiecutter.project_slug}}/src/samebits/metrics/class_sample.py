"""Scored examples of one class each, with the probabilities that a network gave."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .registry import Metric, Scored
from .sample import Sample
from .sums import Column, Kinds, Labels, Values, distinct

BINS = 15  # of equal width in confidence, as in Guo et al., ICML 2017
LEAST = 5e-7  # half of the last decimal of reports/predictions.csv, where a probability may be 0
FINE, COARSE = 1e8, 1e6  # units that make losses and areas, and confidences, whole numbers


@dataclass(frozen=True)
class ClassSample(Sample):
    """Examples with the numbers of their class and of the answer [n], and probabilities [n, k].

    Columns: `true`, `answered` and `right` by class [n, k]; `loss`, the negative logarithm of the
    true class's probability; `area`, the example's part of the areas under the ROC curves; and
    `gaps`, right (1) or wrong (0) minus confidence, by bin of confidence [n, BINS].
    """

    labels: Labels
    answers: Labels
    probabilities: Values
    groups: Labels
    partial: bool = False
    share: ClassVar[bool] = True

    @property
    def classes(self) -> int:
        """The number of classes."""
        return int(self.probabilities.shape[1])

    @property
    def errors(self) -> NDArray[np.bool_]:
        """Whether each answer is wrong [n]."""
        return np.asarray(self.answers != self.labels)

    @property
    def strata(self) -> Labels:
        """The classes [n]."""
        return self.labels

    @property
    def scored(self) -> Scored:
        """Labels, answers and probabilities."""
        return Scored(self.labels, self.answers, self.probabilities)

    def untold(self, metric: Metric, figure: str = "it", where: str = "it") -> str:
        """Return why: its class has no example, or it compares classes and there is only one."""
        if metric.label is not None:
            there = bool((self.labels == metric.label).any())
            none = f"{where} has no example of its class, so `{figure}` is undefined"
            return "" if there else none
        alone = metric.own is None and metric.form == "area" and len(set(self.labels.tolist())) < 2
        return f"all of {where} has one class, so `{figure}` is undefined" if alone else ""

    def remarks(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the classes without an example, which means over classes leave out."""
        present = set(self.labels.tolist())
        absent = [name for number, name in enumerate(names) if number not in present]
        return {"absent": absent} if absent else {}

    def column(self, name: str) -> Column:
        """Return a column with a value for each example."""
        if name == "loss":
            return Column(self._losses, FINE)
        if name == "area":
            return Column(self._areas, FINE)
        if name == "gaps":
            return Column(self._gaps, COARSE, self._bins, BINS)
        raise KeyError(name)

    @cached_property
    def kinds(self) -> Kinds:
        """The pairs of true class and answer that occur."""
        codes, pair = distinct(self.labels * self.classes + self.answers)
        labels, answers = codes // self.classes, codes % self.classes
        ones = np.ones(len(codes))
        columns = {
            "true": Column(ones, bins=labels, width=self.classes),
            "answered": Column(ones, bins=answers, width=self.classes),
            "right": Column(ones * (labels == answers), bins=labels, width=self.classes),
        }
        return Kinds(pair, len(codes), columns)

    @property
    def losses(self) -> Values:
        """The negative logarithm of the true class's probability, for each example."""
        return self._losses / FINE

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
        names = np.unique(self.labels).tolist()
        return areas((self.probabilities[:, name], self.labels == name) for name in names)

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


def areas(classes: Iterable[tuple[Values, NDArray[np.bool_]]]) -> Values:
    """Return parts `[n]`, in units of 1 / `FINE`, whose mean is the mean area under the ROC curve.

    Args:
        classes: for each its probabilities `[n]`, and which examples have it `[n]`, at least one;
            the area of a class that all examples have is 0.5, chance.
    """
    parts, means = zip(*(_area(values, positive) for values, positive in classes), strict=True)
    return np.asarray(np.rint((sum(parts) / len(parts) + sum(means) / len(means)) * FINE))


def _area(values: Values, positive: NDArray[np.bool_]) -> tuple[Values, float]:
    if positive.all():
        return np.zeros(len(values)), 0.5
    above = placements(values, positive)
    area = float(above[positive].mean())
    share = np.where(positive, positive.sum(), (~positive).sum()) / len(values)
    return (above - area) / share, area


def placements(values: Values, positive: NDArray[np.bool_]) -> Values:
    """Return the share of negatives below each positive, and of positives above each negative.

    Ties count half.

    Args:
        values: `[n]`.
        positive: `[n]`, with at least one of each kind.
    """
    positives, negatives = (np.sort(values[side], kind="stable") for side in (positive, ~positive))
    shares = np.empty(len(values))
    for chosen, against in ((positive, negatives), (~positive, positives)):
        sides = [np.searchsorted(against, values[chosen], side) for side in ("left", "right")]
        shares[chosen] = (sides[0] + sides[1]) / (2 * len(against))
    shares[~positive] = 1 - shares[~positive]
    return shares
