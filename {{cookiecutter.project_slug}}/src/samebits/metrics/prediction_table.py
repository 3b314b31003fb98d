"""reports/predictions.csv: one row for each example, written by `evaluate`, read by the report.

Its header says what an answer is: of a class, or of several, every class has a column of
probabilities.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..console.errors import UserError
from ..core.files import replacing
from ..data.prepared import COLUMNS, Example
from ..data.targets import Answers
from .class_predictions import PREFIX, ClassScoring
from .class_set_predictions import ERROR, ClassSetScoring
from .mask_predictions import MaskScoring, counted_classes
from .number_predictions import NumberScoring
from .predictions import Predictions

FIRST, ANSWER = ("split", *COLUMNS), "prediction"  # facts stand between
LABEL = FIRST.index("label")


class Reader(Protocol):
    """Reads the answers of one data set, kept as numbers: texts take ten times the memory."""

    def add(self, label: str, cells: Sequence[str]) -> None:
        """Read a row: its true answer, and what `Predictions.cells` gave.

        A class that is not there is a KeyError, what is no number a ValueError.
        """

    def predictions(self, examples: list[Example]) -> Predictions:
        """Return the predictions; a figure that is not finite is a ValueError."""


class Scoring(Protocol):
    """How answers are scored, written and read; `pairs` is the file in reports/ for DVC's plot."""

    @property
    def pairs(self) -> str:
        """The file in reports/ for DVC's plot: the true and the predicted answer of test examples.

        Of masks, how good the pixels of each class are.
        """

    @property
    def columns(self) -> Sequence[str]:
        """The columns of reports/predictions.csv behind that of the answer."""

    def reader(self) -> Reader:
        """Return what reads the answers of a data set."""

    def scored(self, split: str, examples: list[Example], labels: Any, found: Any) -> Predictions:
        """Return the predictions for a data set, of labels and what a model answers."""

    def write_pairs(self, path: Path, predictions: Any) -> None:
        """Write the file `pairs`."""


def scoring_of(answers: Answers, scale: tuple[float, ...] = ()) -> Scoring:
    """Return how answers are scored; without the `scale` of numbers they can only be read."""
    if answers.target == "class":
        return ClassScoring(answers.classes)
    if answers.target == "classes":
        return ClassSetScoring(answers.classes)
    if answers.target == "mask":
        return MaskScoring(answers.classes)
    return NumberScoring.of(scale[1]) if scale else NumberScoring()


def header(facts: Iterable[str], answers: Answers) -> list[str]:
    """Return the column names."""
    return [*FIRST, *facts, ANSWER, *scoring_of(answers).columns]


def rows(split: str, predictions: Predictions) -> Iterator[list[str]]:
    """Yield one row for each example of a data set, under `header`."""
    for example, cells in zip(predictions.examples, predictions.cells(), strict=True):
        yield [split, *example.cells(), *cells]


def write_predictions(path: Path, answers: Answers, predictions: Mapping[str, Predictions]) -> None:
    """Write the predictions for all data sets, by name, as one table."""
    with replacing(path) as file:
        for line in _lines(answers, predictions):
            file.write(line.encode())


def _lines(answers: Answers, predictions: Mapping[str, Predictions]) -> Iterator[str]:
    buffer = io.StringIO()
    # With this end of a line, names that hold a part of it are put in quotes.
    writer = csv.writer(buffer, lineterminator="\r\n")
    facts = next((one.facts for known in predictions.values() for one in known.examples), {})
    first = header(facts, answers)
    words = first.index(ANSWER) + 1  # cells that may need quotes; the others are numbers
    writer.writerow(first)
    yield f"{buffer.getvalue()[:-2]}\n"
    for split, known in predictions.items():
        for row in rows(split, known):
            buffer.seek(0)
            buffer.truncate()
            writer.writerow(row[:words])
            yield f"{buffer.getvalue()[:-2]},{','.join(row[words:])}\n"


def read_predictions(path: Path) -> tuple[Answers, dict[str, Predictions]]:
    """Return what an answer is, and the predictions for each data set in the order of the file.

    Raises:
        UserError: the file is missing or is not such a table.
    """
    if not path.is_file():
        raise UserError(f"{path.as_posix()} is missing: run `dvc repro evaluate` first")
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        first = next(reader, [])
        answer = first.index(ANSWER) if ANSWER in first else 0
        facts, answers = first[len(FIRST) : answer], _answers(first[answer + 1 :])
        if first != header(facts, answers) or answers == Answers("class", []):
            raise _malformed(path, 1)
        found = dict[str, _Read]()
        try:
            for row in reader:
                if len(row) != len(first):
                    raise _malformed(path, reader.line_num)
                if row[0] not in found:
                    found[row[0]] = _Read(facts, answers)
                found[row[0]].add(row)
            return answers, {name: one.predictions() for name, one in found.items()}
        except KeyError:
            raise _malformed(path, reader.line_num) from None
        except ValueError as error:
            raise UserError(f"{path.as_posix()} holds what is not a number ({error})") from None


def _answers(columns: Sequence[str]) -> Answers:
    if tuple(columns) == NumberScoring.columns:
        return Answers("number", [])
    if classes := counted_classes(columns):
        return Answers("mask", classes)
    target = "classes" if columns[:1] == [ERROR] else "class"
    return Answers(target, [name.removeprefix(PREFIX) for name in columns[1:]])


class _Read:
    """The rows of one data set."""

    def __init__(self, facts: Sequence[str], answers: Answers) -> None:
        self._facts, self._answer = facts, len(FIRST) + len(facts)
        self._examples: list[Example] = []
        self._reader = scoring_of(answers).reader()

    def add(self, row: Sequence[str]) -> None:
        self._examples.append(Example.of(row[1 : self._answer], self._facts))
        self._reader.add(row[LABEL], row[self._answer :])

    def predictions(self) -> Predictions:
        return self._reader.predictions(self._examples)


def _malformed(path: Path, line: int) -> UserError:
    return UserError(
        f"{path.as_posix()}, line {line}, is not a row of predictions: "
        "make the file anew with `dvc repro --force evaluate`"
    )
