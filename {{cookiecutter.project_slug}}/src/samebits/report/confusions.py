"""Which classes are taken for which others on test."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from ..metrics.class_predictions import ClassPredictions
from ..metrics.proportions import measured
from .formats import share
from .markup import render

MATRIX_CLASSES = 30  # a larger matrix cannot be read; its worst pairs can
WORST_PAIRS = 10  # below a matrix, which shows the others
ONLY_PAIRS = 30  # without a matrix
LONGEST_NAME = 20  # of a class, next to a matrix

Counts = npt.NDArray[np.int64]


def confusion(predictions: ClassPredictions, classes: int) -> Counts:
    """Return counts `[classes, classes]`: rows are true classes, columns predicted ones."""
    pairs = predictions.labels * classes + predictions.answers
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def confusion_section(predictions: ClassPredictions, classes: list[str]) -> Markup:
    """Return the confusion matrix, unless there are many classes, and the costliest pairs."""
    counts = confusion(predictions, len(classes))
    shown = len(classes) <= MATRIX_CLASSES
    pairs = confused(counts)
    costs: list[dict[str, Any]] = [
        {
            "true": classes[true],
            "answer": classes[answer],
            "cost": measured(
                "",
                (predictions.labels == true) & (predictions.answers == answer),
                predictions.sample.groups,
            ),
            "examples": int(counts[true, answer]),
            "share": share(int(counts[true, answer]), int(counts[true].sum())),
        }
        for true, answer in pairs[: WORST_PAIRS if shown else ONLY_PAIRS]
    ]
    return render(
        "confusions.html",
        matrix=matrix(counts, classes, BY_CLASS) if shown else None,
        count=len(pairs),
        pairs=costs,
        most=max((row["cost"].high for row in costs), default=0.0),
    )


def confused(counts: Counts) -> list[tuple[int, int]]:
    """Return the pairs of different classes that occur, the most frequent first."""
    wrong = counts * (1 - np.eye(len(counts), dtype=np.int64))
    pairs = [(int(row), int(column)) for row, column in np.argwhere(wrong)]
    return sorted(pairs, key=lambda pair: (-wrong[pair], pair))


class MatrixTitles(NamedTuple):
    """The titles of a matrix, its rows and its columns, and the look of cells off its diagonal.

    The last is a class of the style sheet.
    """

    caption: str
    rows: str
    columns: str
    apart: str = "wrong"


BY_CLASS = MatrixTitles(
    "Test examples by true class (rows) and predicted class (columns)", "true", "predicted"
)


def matrix(
    counts: Counts, classes: list[str], titles: MatrixTitles, wholes: Counts | None = None
) -> Markup:
    """Return counts [k, k] as a table; a cell is darkest if it reaches `wholes` [k] of its row.

    By default, that is the sum of the row.
    """
    wholes = counts.sum(axis=1) if wholes is None else wholes
    labels = [{"whole": label, "short": _short(label)} for label in classes]
    rows = [
        [
            _cell(int(count), int(whole), "right" if column == index else titles.apart)
            for column, count in enumerate(row)
        ]
        for index, (row, whole) in enumerate(zip(counts, wholes, strict=True))
    ]
    long = max(map(len, classes)) > 3
    return render("matrix.html", titles=titles, labels=labels, rows=rows, long=long)


def _short(label: str) -> str:
    # Long names often differ only at the end, so both ends are kept.
    return label if len(label) <= LONGEST_NAME else f"{label[:9]}…{label[-10:]}"


def _cell(count: int, whole: int, kind: str) -> dict[str, Any] | None:
    if not count:
        return None
    # Never fainter than 0.15: a single mistake among thousands must be visible.
    return {"count": count, "kind": kind, "shade": f"{0.15 + 0.45 * count / whole:.3f}"}
