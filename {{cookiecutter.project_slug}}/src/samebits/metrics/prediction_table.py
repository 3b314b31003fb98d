"""reports/predictions.csv: a row for each example, written by `evaluate`, read by the report.

Its header says what an answer is: for one class, or several, each class has a column of
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

FIRST, ANSWER = ("split", *COLUMNS), "prediction"  # facts come between
LABEL = FIRST.index("label")


class AnswerReader(Protocol):
    """Reads the answers of one data set, kept as numbers: text would take ten times the memory."""

    def add(self, label: str, cells: Sequence[str]) -> None:
        """Read a row: its true answer, and what `Predictions.cells` gave.

        An unknown class is a KeyError, a cell that is not a number a ValueError.
        """

    def predictions(self, examples: list[Example]) -> Predictions:
        """Return the predictions; a figure that is not finite is a ValueError."""


class Scoring(Protocol):
    """How answers are scored, written and read; `pairs` is the file in reports/ for DVC's plot."""

    @property
    def pairs(self) -> str:
        """The file in reports/ for DVC's plot: the true and the predicted answer of test examples.

        For masks, the IoU of each class.
        """

    @property
    def columns(self) -> Sequence[str]:
        """The columns of reports/predictions.csv after that of the answer."""

    def reader(self) -> AnswerReader:
        """Return a reader for the answers of one data set."""

    def scored(self, split: str, examples: list[Example], labels: Any, outputs: Any) -> Predictions:
        """Return the predictions for a data set, from labels and a model's outputs."""

    def write_pairs(self, path: Path, predictions: Any) -> None:
        """Write the file `pairs`."""


def scoring_of(answers: Answers, scale: tuple[float, ...] = ()) -> Scoring:
    """Return how answers are scored; without a `scale`, numbers can only be read."""
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
    """Yield a row for each example of a data set, in the columns of `header`."""
    for example, cells in zip(predictions.examples, predictions.cells(), strict=True):
        yield [split, *example.cells(), *cells]


def write_predictions(path: Path, answers: Answers, predictions: Mapping[str, Predictions]) -> None:
    """Write the predictions for all data sets, by name, to one table."""
    with replacing(path) as file:
        for line in _lines(answers, predictions):
            file.write(line.encode())


def _lines(answers: Answers, predictions: Mapping[str, Predictions]) -> Iterator[str]:
    buffer = io.StringIO()
    # With this line ending, csv quotes names that contain a part of it.
    writer = csv.writer(buffer, lineterminator="\r\n")
    facts = next(
        (example.facts for known in predictions.values() for example in known.examples), {}
    )
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
        tables = dict[str, _SplitRows]()
        try:
            for row in reader:
                if len(row) != len(first):
                    raise _malformed(path, reader.line_num)
                if row[0] not in tables:
                    tables[row[0]] = _SplitRows(facts, answers)
                tables[row[0]].add(row)
            return answers, {split: table.predictions() for split, table in tables.items()}
        except KeyError:
            raise _malformed(path, reader.line_num) from None
        except ValueError as error:
            raise UserError(
                f"{path.as_posix()} has a cell that is not a number ({error}); "
                "write the file again with `dvc repro --force evaluate`"
            ) from None


def _answers(columns: Sequence[str]) -> Answers:
    if tuple(columns) == NumberScoring.columns:
        return Answers("number", [])
    if classes := counted_classes(columns):
        return Answers("mask", classes)
    target = "classes" if columns[:1] == [ERROR] else "class"
    return Answers(target, [name.removeprefix(PREFIX) for name in columns[1:]])


class _SplitRows:
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
        f"{path.as_posix()}, line {line}, is not a row of predictions; "
        "write the file again with `dvc repro --force evaluate`"
    )
