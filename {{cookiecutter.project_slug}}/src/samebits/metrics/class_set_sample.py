"""Scored examples of several classes each, or none, with the probability of each class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..data.targets import rarest
from .class_sample import FINE, LEAST, areas
from .registry import Metric, ScoredSets
from .sample import Sample
from .sums import Column, Labels, Sets, Values


@dataclass(frozen=True)
class ClassSetSample(Sample):
    """Examples with their true classes and the predicted ones, 1 for each, [n, k].

    There is an answer for each class: present or absent. An example's error is its share of wrong
    answers.

    Columns: `true`, `answered` and `right`, 1 for each class that an example has, is predicted to
    have, and both [n, k]; `error`; `exact`, 1 if no answer is wrong; `loss`, the mean negative
    logarithm of the true answers' probability; and `area`, the example's part of the areas under
    the ROC curves.
    """

    labels: Sets
    answers: Sets
    probabilities: Values
    groups: Labels
    partial: bool = False
    share: ClassVar[bool] = True

    @property
    def each(self) -> int:
        """The number of answers to each example: the number of classes."""
        return int(self.labels.shape[1])

    @property
    def errors(self) -> Values:
        """The share of wrong answers [n]."""
        return np.asarray(self._wrong / self.each)

    @cached_property
    def _wrong(self) -> Values:
        return np.asarray((self.labels != self.answers).sum(axis=1), dtype=np.float64)

    @property
    def strata(self) -> Labels:
        """The rarest class of each [n]."""
        return rarest(self.labels)

    def of_class(self, number: int) -> NDArray[np.bool_]:
        """Return which examples have the class [n]."""
        return np.asarray(self.labels[:, number] == 1)

    @property
    def scored(self) -> ScoredSets:
        """Labels, answers and probabilities."""
        return ScoredSets(self.labels, self.answers, self.probabilities)

    @cached_property
    def _counts(self) -> Labels:
        """How many examples have each class [k]."""
        return np.asarray(self.labels.sum(axis=0, dtype=np.int64))

    def untold(self, metric: Metric, figure: str = "it", where: str = "it") -> str:
        """Return why: its class has no example, or it compares those with and without a class."""
        if metric.label is not None:
            none = f"{where} has no example of its class, so `{figure}` is undefined"
            return "" if self._counts[metric.label] else none
        if not self._counts.any():
            return f"no example of {where} has a class, so `{figure}` is undefined"
        both = (self._counts > 0) & (self._counts < len(self))
        if metric.form == "area" and metric.targets and not both.any():
            return f"every class is in all of {where} or in none, so `{figure}` is undefined"
        return ""

    def remarks(self, names: Sequence[str]) -> dict[str, Any]:
        """Return each class's counts, and the classes without an example."""
        absent = [name for name, count in zip(names, self._counts, strict=True) if not count]
        sums = self.sums()
        counts = np.stack([sums[key][0] for key in ("true", "answered", "right")], axis=1)
        by_class = [
            [name, *row] for name, row in zip(names, counts.astype(int).tolist(), strict=True)
        ]
        return {"by_class": by_class} | ({"absent": absent} if absent else {})

    def column(self, name: str) -> Column:
        """Return a column with a value for each example."""
        return self._columns[name]

    @cached_property
    def _columns(self) -> Mapping[str, Column]:
        true, answered = self.labels.astype(np.float64), self.answers.astype(np.float64)
        return {
            "true": Column(true),
            "answered": Column(answered),
            "right": Column(true * answered),
            "error": Column(self._wrong, self.each),
            "exact": Column((self._wrong == 0).astype(np.float64)),
            "loss": Column(np.rint(self.losses * FINE), FINE),
            "area": Column(self._areas, FINE),
        }

    @cached_property
    def losses(self) -> Values:
        """The mean over the classes of the negative logarithm of the true answer, [n]."""
        true = np.where(self.labels == 1, self.probabilities, 1 - self.probabilities)
        return np.asarray(-np.log(np.maximum(true, LEAST)).mean(axis=1))

    @cached_property
    def _areas(self) -> Values:
        there = np.flatnonzero(self._counts).tolist()
        if not there:
            return np.full(len(self), np.rint(FINE / 2))
        return areas((self.probabilities[:, at], self.of_class(at)) for at in there)
