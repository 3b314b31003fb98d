"""Predictions of one class for each example."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..console.errors import UserError
from ..core.files import cell, write_csv
from ..data.prepared import Example
from .class_sample import ClassSample
from .predictions import Predictions
from .probabilities import Probabilities, check, predicted
from .sums import Labels, numbered

SURE, PREFIX = "confidence", "p:"  # the prefix keeps a class called `path` from naming two columns
MILLION = 10**6  # figures have six decimals


@dataclass(frozen=True)
class ClassPredictions(Predictions):
    """The predictions for one data set of `n` examples and `k` classes, in prepared order.

    `labels` and `answers` (what was predicted) are class numbers `[n]`, `confidences` `[n]` the
    probabilities of the answers, all of them with six decimals; `classes` are the names.
    """

    examples: list[Example]
    labels: Labels
    answers: Labels
    confidences: npt.NDArray[np.float64]
    probabilities: npt.NDArray[np.float64]
    classes: Sequence[str]

    @cached_property
    def sample(self) -> ClassSample:
        """The examples that metrics are computed from."""
        groups = numbered([example.group for example in self.examples])
        return ClassSample(self.labels, self.answers, self.probabilities, groups)

    def words(self, row: int) -> tuple[str, str]:
        """Return the true class and the predicted one."""
        return self.classes[self.labels[row]], self.classes[self.answers[row]]

    def cells(self) -> Iterator[list[str]]:
        """Yield the cells of `columns` for each example."""
        names = [*map(cell, self.classes)]
        for answer, cells in zip(self.answers.tolist(), written(self.probabilities), strict=True):
            yield [names[answer], cells[answer], *cells]


def written(probabilities: npt.NDArray[np.float64]) -> Iterator[list[str]]:
    """Yield the probabilities [n, k] of each example with six decimals."""
    figures = np.rint(probabilities * MILLION).astype(np.int64)
    used = np.zeros(int(figures.max(initial=0)) + 1, dtype=np.bool_)
    used[figures] = True
    # Format each distinct figure once, however many cells show it.
    texts = np.empty(len(used), dtype=object)
    for figure in np.flatnonzero(used).tolist():
        texts[figure] = f"{figure // MILLION}.{figure % MILLION:06d}"
    for row in figures:
        yield texts[row].tolist()


@dataclass(frozen=True)
class ClassScoring:
    """How answers with these classes are scored and written."""

    classes: Sequence[str]
    pairs = "confusion.csv"

    @property
    def columns(self) -> list[str]:
        """The columns of reports/predictions.csv after that of the answer."""
        return [SURE, *(PREFIX + name for name in self.classes)]

    def reader(self) -> "ClassReader":
        """Return a reader for the answers of one data set."""
        return ClassReader(self.classes)

    def scored(
        self, split: str, examples: list[Example], labels: Labels, probabilities: Probabilities
    ) -> ClassPredictions:
        """Return the predictions for a data set, rounded to the table's six decimals.

        Args:
            split: name of the data set.
            examples: `n` of them.
            labels: true class numbers, `[n]`.
            probabilities: `[n, k]`, float32 as a network gives them.

        Raises:
            UserError: labels and probabilities cannot be scored, or the counts do not match.
        """
        try:
            check(labels, probabilities)
        except UserError as error:
            raise UserError(f"data set `{split}`: {error}") from None
        if len(examples) != len(labels) or len(self.classes) != probabilities.shape[1]:
            raise UserError(
                f"data set `{split}` has {len(labels)} labels for {len(examples)} examples, and "
                f"the model {probabilities.shape[1]} outputs for {len(self.classes)} classes; run "
                "`dvc repro` again"
            )
        answers = predicted(probabilities)
        # A float32 times a million is exact in float64, so this rounds as the table does.
        figures = np.rint(probabilities.astype(np.float64) * MILLION) / MILLION
        sure = figures[np.arange(len(labels)), answers]
        return ClassPredictions(examples, np.asarray(labels), answers, sure, figures, self.classes)

    def write_pairs(self, path: Path, predictions: ClassPredictions) -> None:
        """Write the true and the predicted class of each example, as DVC's plot needs them."""
        answers = zip(predictions.labels, predictions.answers, strict=True)
        names = [*map(cell, self.classes)]
        write_csv(path, ("actual", "predicted"), ((names[a], names[p]) for a, p in answers))


class ClassReader:
    """The answers of one data set, kept as numbers: text would take ten times the memory."""

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = classes
        self._numbers = {cell(name): at for at, name in enumerate(classes)}
        self._labels, self._answers, self._figures = array("q"), array("q"), array("d")

    def add(self, label: str, cells: Sequence[str]) -> None:
        """Read a row: its true class, and the `cells`. An unknown class is a KeyError."""
        self._labels.append(self._numbers[label])
        self._answers.append(self._numbers[cells[0]])
        self._figures.extend(map(float, cells[1:]))

    def predictions(self, examples: list[Example]) -> ClassPredictions:
        """Return the predictions; a figure that is not finite is a ValueError."""
        figures = np.frombuffer(self._figures).reshape(len(examples), -1)
        if not np.isfinite(figures).all():
            raise ValueError("nan or infinity")
        labels, answers = (
            np.frombuffer(numbers, dtype=np.int64) for numbers in (self._labels, self._answers)
        )
        sure, rows = figures[:, 0], figures[:, 1:]
        return ClassPredictions(examples, labels, answers, sure, rows, self._classes)
