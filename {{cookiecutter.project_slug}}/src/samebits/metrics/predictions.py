"""Predictions as tables: one row for each example, written by `evaluate`, read by the report."""

import csv
import io
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..console.errors import UserError
from ..core.files import cell, replacing, write_csv
from ..data.shards import COLUMNS, Example
from .classification import Classified
from .probabilities import Probabilities, check, predicted
from .sums import Labels, numbered

FIRST, ANSWER, SURE = ("split", *COLUMNS), "prediction", "confidence"  # facts stand between
LABEL = FIRST.index("label")
MILLION = 10**6  # figures have six decimals
PREFIX = "p:"  # a class may be called `path`; no column is mistaken for another


@dataclass(frozen=True)
class Predictions:
    """The predictions for one data set of `n` examples and `k` classes, in prepared order.

    `examples` are what is known of the pictures beside their pixels. `labels` and `answers` (what
    was predicted) are class numbers `[n]`, `confidences` `[n]` the probabilities of the answers,
    all of them with six decimals.
    """

    examples: list[Example]
    labels: Labels
    answers: Labels
    confidences: npt.NDArray[np.float64]
    probabilities: npt.NDArray[np.float64]

    @cached_property
    def sample(self) -> Classified:
        """What metrics are computed of; examples of one group stay together in it."""
        groups = numbered([one.group for one in self.examples])
        return Classified(self.labels, self.answers, self.probabilities, groups)


def prediction_header(facts: Iterable[str], classes: Sequence[str]) -> list[str]:
    """Return the column names of `reports/predictions.csv`."""
    return [*FIRST, *facts, ANSWER, SURE, *(PREFIX + name for name in classes)]


def scored(
    split: str,
    examples: list[Example],
    labels: Labels,
    probabilities: Probabilities,
    classes: Sequence[str],
) -> Predictions:
    """Return the predictions for a data set, with the six decimals that the table has.

    Args:
        split: name of the data set.
        examples: the pictures, `n` of them.
        labels: true class numbers, `[n]`.
        probabilities: `[n, k]`, float32 as a network gives them.
        classes: names of the `k` classes.

    Raises:
        UserError: labels and probabilities cannot be scored, or the counts do not match.
    """
    try:
        check(labels, probabilities)
    except UserError as error:
        raise UserError(f"data set `{split}`: {error}") from None
    if len(examples) != len(labels) or len(classes) != probabilities.shape[1]:
        raise UserError(
            f"data set `{split}` has {len(labels)} labels for {len(examples)} pictures, and the "
            f"model {probabilities.shape[1]} outputs for {len(classes)} classes; run `dvc repro` "
            "again"
        )
    answers = predicted(probabilities)
    # A float32 times a million is exact, so this rounds as the table's decimals are rounded.
    figures = np.rint(probabilities.astype(np.float64) * MILLION) / MILLION
    sure = figures[np.arange(len(labels)), answers]
    return Predictions(examples, np.asarray(labels), answers, sure, figures)


def prediction_rows(
    split: str, predictions: Predictions, classes: Sequence[str]
) -> Iterator[list[str]]:
    """Yield one row for each example of a data set, under `prediction_header`."""
    figures = np.rint(predictions.probabilities * MILLION).astype(np.int64)
    seen = np.zeros(int(figures.max(initial=0)) + 1, dtype=np.bool_)
    seen[figures] = True
    # Each figure is written once, however many cells show it.
    texts = np.empty(len(seen), dtype=object)
    for figure in np.flatnonzero(seen).tolist():
        texts[figure] = f"{figure // MILLION}.{figure % MILLION:06d}"
    answers, names = predictions.answers.tolist(), [*map(cell, classes)]
    for example, answer, row in zip(predictions.examples, answers, figures, strict=True):
        cells = texts[row].tolist()
        yield [split, *example.cells(), names[answer], cells[answer], *cells]


def write_predictions(
    path: Path, classes: Sequence[str], predictions: Mapping[str, Predictions]
) -> None:
    """Write the predictions for all data sets, by name, as one table."""
    with replacing(path) as file:
        for line in _lines(classes, predictions):
            file.write(line.encode())


def _lines(classes: Sequence[str], predictions: Mapping[str, Predictions]) -> Iterator[str]:
    buffer = io.StringIO()
    # With this end of a line, names that hold a part of it are put in quotes.
    writer = csv.writer(buffer, lineterminator="\r\n")
    facts = next((one.facts for known in predictions.values() for one in known.examples), {})
    header = prediction_header(facts, classes)
    words = header.index(ANSWER) + 1  # cells that may need quotes; the others are numbers
    writer.writerow(header)
    yield f"{buffer.getvalue()[:-2]}\n"
    for split, known in predictions.items():
        for row in prediction_rows(split, known, classes):
            buffer.seek(0)
            buffer.truncate()
            writer.writerow(row[:words])
            yield f"{buffer.getvalue()[:-2]},{','.join(row[words:])}\n"


def write_confusion(
    path: Path, labels: Labels, probabilities: Probabilities, classes: Sequence[str]
) -> None:
    """Write the true and the predicted class of each example, as DVC's confusion plot wants."""
    pairs = zip(labels, predicted(probabilities), strict=True)
    names = [*map(cell, classes)]
    write_csv(path, ("actual", "predicted"), ((names[a], names[p]) for a, p in pairs))


def read_predictions(path: Path) -> tuple[list[str], dict[str, Predictions]]:
    """Return the class names, and the predictions for each data set in the order of the file.

    Raises:
        UserError: the file is missing or is not such a table.
    """
    if not path.is_file():
        raise UserError(f"{path.as_posix()} is missing: run `dvc repro evaluate` first")
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        answer = header.index(ANSWER) if ANSWER in header else 0
        facts = header[len(FIRST) : answer]
        classes = [name.removeprefix(PREFIX) for name in header[answer + 2 :]]
        if header != prediction_header(facts, classes) or not classes:
            raise _malformed(path, 1)
        number, found = {cell(name): at for at, name in enumerate(classes)}, dict[str, _Read]()
        try:
            for row in reader:
                if len(row) != len(header) or not {row[LABEL], row[answer]} <= number.keys():
                    raise _malformed(path, reader.line_num)
                if row[0] not in found:
                    found[row[0]] = _Read(facts)
                found[row[0]].add(row, number)
            return classes, {name: one.predictions() for name, one in found.items()}
        except ValueError as error:
            raise UserError(f"{path.as_posix()} holds what is not a number ({error})") from None


class _Read:
    """The rows of one data set, kept as numbers: as text they take ten times the memory."""

    def __init__(self, facts: Sequence[str]) -> None:
        self._facts, self._answer = facts, len(FIRST) + len(facts)
        self._examples: list[Example] = []
        self._labels, self._answers, self._figures = array("q"), array("q"), array("d")

    def add(self, row: Sequence[str], number: Mapping[str, int]) -> None:
        self._examples.append(Example.of(row[1 : self._answer], self._facts))
        self._labels.append(number[row[LABEL]])
        self._answers.append(number[row[self._answer]])
        self._figures.extend(map(float, row[self._answer + 1 :]))

    def predictions(self) -> Predictions:
        figures = np.frombuffer(self._figures).reshape(len(self._examples), -1)
        if not np.isfinite(figures).all():
            raise ValueError("nan or infinity")
        labels, answers = (
            np.frombuffer(one, dtype=np.int64) for one in (self._labels, self._answers)
        )
        return Predictions(self._examples, labels, answers, figures[:, 0], figures[:, 1:])


def _malformed(path: Path, line: int) -> UserError:
    return UserError(
        f"{path.as_posix()}, line {line}, is not a row of predictions: "
        "make the file anew with `dvc repro --force evaluate`"
    )
