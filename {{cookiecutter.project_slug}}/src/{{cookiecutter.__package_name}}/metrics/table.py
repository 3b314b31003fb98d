"""Predictions as tables: one row for each example, written by `evaluate`, read by the report."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..data.storage import COLUMNS, Example
from ..errors import UserError
from ..reproducibility.artifacts import write_csv
from .probabilities import Labels, Probabilities, check, predicted
from .sums import Sample, numbered

FIXED = ("split", *COLUMNS, "prediction", "confidence")
LABEL, ANSWER = FIXED.index("label"), FIXED.index("prediction")
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

    def sample(self) -> Sample:
        """Return what metrics are computed of; examples of one group stay together in it."""
        groups = numbered([one.group for one in self.examples])
        return Sample(self.labels, self.answers, self.probabilities, groups)


def prediction_header(classes: Sequence[str]) -> list[str]:
    """Return the column names of `reports/predictions.csv`."""
    return [*FIXED, *(PREFIX + name for name in classes)]


def prediction_rows(
    split: str,
    examples: Sequence[Example],
    labels: Labels,
    probabilities: Probabilities,
    classes: Sequence[str],
) -> list[list[str]]:
    """Return one row for each example of a data set, under `prediction_header(classes)`.

    Args:
        split: name of the data set.
        examples: the pictures, `n` of them.
        labels: true class numbers, `[n]`.
        probabilities: `[n, k]`.
        classes: names of the `k` classes.

    Raises:
        UserError: labels and probabilities cannot be scored, or the counts do not match.
    """
    check(labels, probabilities)
    if len(examples) != len(labels) or len(classes) != probabilities.shape[1]:
        raise UserError(
            f"data set `{split}` has {len(labels)} labels for {len(examples)} pictures, and the "
            f"model {probabilities.shape[1]} outputs for {len(classes)} classes; run `dvc repro` "
            "again"
        )
    columns = (examples, predicted(probabilities), probabilities.tolist())
    rows = []
    for example, answer, row in zip(*columns, strict=True):
        cells = [f"{probability:.6f}" for probability in row]
        rows.append([split, *example.cells(), classes[answer], cells[answer], *cells])
    return rows


def write_predictions(path: Path, classes: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write the rows of all data sets, made by `prediction_rows`, as one table."""
    write_csv(path, prediction_header(classes), rows)


def write_confusion(
    path: Path, labels: Labels, probabilities: Probabilities, classes: Sequence[str]
) -> None:
    """Write the true and the predicted class of each example, as DVC's confusion plot wants."""
    pairs = zip(labels, predicted(probabilities), strict=True)
    write_csv(path, ("actual", "predicted"), ((classes[a], classes[p]) for a, p in pairs))


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
        classes = [name.removeprefix(PREFIX) for name in header[len(FIXED) :]]
        if header != prediction_header(classes) or not classes:
            raise _malformed(path, 1)
        known, groups = set(classes), dict[str, list[list[str]]]()
        for row in reader:
            if len(row) != len(header) or not known.issuperset((row[LABEL], row[ANSWER])):
                raise _malformed(path, reader.line_num)
            groups.setdefault(row[0], []).append(row)
    try:
        return classes, {name: parsed(rows, classes) for name, rows in groups.items()}
    except ValueError as error:
        raise UserError(f"{path.as_posix()} holds what is not a number ({error})") from None


def parsed(rows: Sequence[Sequence[str]], classes: Sequence[str]) -> Predictions:
    """Return the predictions that rows of one data set, made by `prediction_rows`, describe.

    Raises:
        ValueError: a figure is not a number.
    """
    number = {name: index for index, name in enumerate(classes)}
    figures = np.array([row[ANSWER + 1 :] for row in rows], dtype=np.float64)
    if not np.isfinite(figures).all():
        raise ValueError("nan or infinity")
    return Predictions(
        [Example.of(row[1:ANSWER]) for row in rows],
        np.array([number[row[LABEL]] for row in rows], dtype=np.int64),
        np.array([number[row[ANSWER]] for row in rows], dtype=np.int64),
        figures[:, 0],
        figures[:, 1:],
    )


def _malformed(path: Path, line: int) -> UserError:
    return UserError(
        f"{path.as_posix()}, line {line}, is not a row of predictions: "
        "make the file anew with `dvc repro --force evaluate`"
    )
