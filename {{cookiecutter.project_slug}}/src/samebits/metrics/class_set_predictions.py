"""Predictions of several classes for each example, or of none."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ..console.errors import UserError
from ..core.files import cell, named, write_csv
from ..data.prepared import Example
from ..data.targets import NONE, SAID, joined, marked
from .class_predictions import MILLION, PREFIX, written
from .class_set_sample import ClassSetSample
from .predictions import Predictions
from .probabilities import Probabilities
from .sums import Sets, Values, numbered

ERROR = "error"


@dataclass(frozen=True)
class ClassSetPredictions(Predictions):
    """The predictions for one data set of `n` examples and `k` classes, in prepared order.

    `labels` and `answers` (what was predicted) have 1 for each class [n, k]; `probabilities` [n, k]
    have six decimals; `classes` are the names.
    """

    examples: list[Example]
    labels: Sets
    answers: Sets
    probabilities: Values
    classes: Sequence[str]

    @cached_property
    def sample(self) -> ClassSetSample:
        """The examples that metrics are computed from."""
        groups = numbered([example.group for example in self.examples])
        return ClassSetSample(self.labels, self.answers, self.probabilities, groups)

    def words(self, row: int) -> tuple[str, str]:
        """Return the true classes and the predicted ones, as the data names them."""
        return self._named(self.labels, row), self._named(self.answers, row)

    def _named(self, sets: Sets, row: int) -> str:
        return joined([self.classes[at] for at in np.flatnonzero(sets[row]).tolist()])

    def cells(self) -> Iterator[list[str]]:
        """Yield the predicted classes, the share of wrong answers and all probabilities."""
        errors = self.sample.errors.tolist()
        for row, figures in enumerate(written(self.probabilities)):
            yield [cell(self._named(self.answers, row)), f"{errors[row]:.6f}", *figures]


@dataclass(frozen=True)
class ClassSetScoring:
    """How answers with several of these classes are scored and written."""

    classes: Sequence[str]
    pairs = "confusion.csv"

    @property
    def columns(self) -> list[str]:
        """The columns of reports/predictions.csv after that of the answer."""
        return [ERROR, *(PREFIX + name for name in self.classes)]

    def reader(self) -> "ClassSetReader":
        """Return a reader for the answers of one data set."""
        return ClassSetReader(self.classes)

    def scored(
        self, split: str, examples: list[Example], labels: Sets, probabilities: Probabilities
    ) -> ClassSetPredictions:
        """Return the predictions for a data set, rounded to the table's six decimals.

        A class is predicted from a probability of one half.

        Args:
            split: name of the data set.
            examples: `n` of them.
            labels: 1 for each true class, `[n, k]`.
            probabilities: `[n, k]`, float32 as a network gives them.

        Raises:
            UserError: there is no example, the counts do not match, or a value is not from 0 to 1.
        """
        shape = len(examples), len(self.classes)
        if not examples or labels.shape != shape or probabilities.shape != shape:
            raise UserError(
                f"data set `{split}` has {len(examples)} examples of {len(self.classes)} classes, "
                f"labels of shape {list(labels.shape)} and probabilities of shape "
                f"{list(probabilities.shape)}; run `dvc repro` again"
            )
        broken = int((~((probabilities >= 0) & (probabilities <= 1))).any(axis=1).sum())
        if broken:
            raise UserError(
                f"data set `{split}`: {broken} of {len(probabilities)} predictions are not "
                "probabilities: the model has diverged or its file is damaged; train it again with "
                "a lower learning rate"
            )
        figures = np.rint(probabilities.astype(np.float64) * MILLION) / MILLION
        answers = (probabilities >= SAID).astype(np.uint8)
        return ClassSetPredictions(examples, np.asarray(labels), answers, figures, self.classes)

    def write_pairs(self, path: Path, predictions: ClassSetPredictions) -> None:
        """Write each true class with the class predicted in its place, as DVC's plot needs them."""
        names = [*map(cell, self.classes), NONE]
        pairs = pairs_of(predictions.labels, predictions.answers)
        write_csv(path, ("actual", "predicted"), ((names[a], names[p]) for a, p in pairs))


def pairs_of(labels: Sets, answers: Sets) -> Iterator[tuple[int, int]]:
    """Yield (true class, class predicted in its place) by example; k, their number, means none.

    A true class that was predicted pairs with itself, a missed one with each class wrongly
    predicted there, or with none; classes wrongly predicted where none was missed pair with none.
    """
    nothing = labels.shape[1]
    for true, said in zip(labels == 1, answers == 1, strict=True):
        yield from ((at, at) for at in np.flatnonzero(true & said).tolist())
        missed, wrong = (np.flatnonzero(marks).tolist() for marks in (true & ~said, said & ~true))
        if missed or wrong:
            yield from ((a, p) for a in missed or [nothing] for p in wrong or [nothing])


class ClassSetReader:
    """The answers of one data set, kept as numbers: text would take ten times the memory."""

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = classes
        self._numbers = {name: at for at, name in enumerate(classes)}
        self._labels, self._answers, self._figures = bytearray(), bytearray(), array("d")

    def add(self, label: str, cells: Sequence[str]) -> None:
        """Read a row: its true classes, and the `cells`. An unknown class is a KeyError."""
        self._labels += marked(named(label), self._numbers).tobytes()
        self._answers += marked(named(cells[0]), self._numbers).tobytes()
        self._figures.extend(map(float, cells[2:]))

    def predictions(self, examples: list[Example]) -> ClassSetPredictions:
        """Return the predictions; a figure that is not finite is a ValueError."""
        shape = len(examples), len(self._classes)
        figures = np.frombuffer(self._figures).reshape(shape)
        if not np.isfinite(figures).all():
            raise ValueError("nan or infinity")
        labels, answers = (
            np.frombuffer(bytes(cells), dtype=np.uint8).reshape(shape)
            for cells in (self._labels, self._answers)
        )
        return ClassSetPredictions(examples, labels, answers, figures, self._classes)
