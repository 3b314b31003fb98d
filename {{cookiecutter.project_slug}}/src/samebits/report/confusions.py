"""Which classes are taken for which others on test."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..metrics.class_predictions import ClassPredictions
from ..metrics.proportions import measured
from .markup import bar, name, plural, section, share, table, text

MATRIX_CLASSES = 30  # a larger matrix cannot be read; its worst pairs can
WORST_PAIRS = 10  # below a matrix, which has the others
ONLY_PAIRS = 30  # where there is no matrix


def confusion(predictions: ClassPredictions, classes: int) -> npt.NDArray[np.int64]:
    """Return counts `[classes, classes]`: rows are true classes, columns predicted ones."""
    pairs = predictions.labels * classes + predictions.answers
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def confusion_section(predictions: ClassPredictions, classes: list[str]) -> str:
    """Return the confusion matrix, not for many classes, and the pairs that cost most."""
    counts, title = confusion(predictions, len(classes)), "Confusions on test"
    if len(classes) > MATRIX_CLASSES:
        return section(title, _worst_pairs(predictions, counts, classes, ONLY_PAIRS))
    lead = (
        "<p>Each row is a true class, each column what the model said. Right answers lie on the "
        "diagonal; a shade is the share of the row.</p>"
    )
    pairs = _worst_pairs(predictions, counts, classes, WORST_PAIRS)
    return section(title, lead, matrix(counts, classes, BY_CLASS), pairs)


class Titles(NamedTuple):
    """What a matrix holds, what stands in its corner, and how what is off its diagonal looks."""

    caption: str
    corner: str
    apart: str = "wrong"


def matrix(
    counts: npt.NDArray[np.int64],
    classes: list[str],
    titles: Titles,
    wholes: npt.NDArray[np.int64] | None = None,
) -> str:
    """Return counts [k, k] as a table; the darkest cells are as many as `wholes` [k] of the rows.

    Without these, that is the sum of a row.
    """
    wholes = counts.sum(axis=1) if wholes is None else wholes
    kind = "matrix" if max(map(len, classes)) <= 3 else "matrix long"
    head = "".join(_matrix_header("col", label) for label in classes)
    rows = []
    for index, label in enumerate(classes):
        whole = int(wholes[index])
        cells = "".join(
            _cell(int(count), whole, "right" if column == index else titles.apart)
            for column, count in enumerate(counts[index])
        )
        rows.append(f"<tr>{_matrix_header('row', label)}{cells}</tr>")
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{titles.caption}">\n'
        f'<table class="{kind}">\n<caption>{titles.caption}</caption>\n'
        f'<thead><tr><th scope="col">{titles.corner}</th>{head}</tr></thead>\n<tbody>\n'
        + "\n".join(rows)
        + "\n</tbody>\n</table></div>"
    )


BY_CLASS = Titles(
    "Test examples by true class (rows) and predicted class (columns)", "true ↓<br>predicted →"
)


def _matrix_header(scope: str, label: str) -> str:
    # Long names often differ only at the end, so both ends are kept.
    short = label if len(label) <= 20 else f"{label[:9]}…{label[-10:]}"
    return f'<th scope="{scope}" title="{text(label)}"><span>{name(short)}</span></th>'


def _cell(count: int, whole: int, kind: str) -> str:
    if not count:
        return "<td></td>"
    # Never fainter than 0.15: a single mistake among thousands must be seen.
    shade = 0.15 + 0.45 * count / whole
    return f'<td class="{kind}" style="--shade:{shade:.3f}">{count}</td>'


def _worst_pairs(
    predictions: ClassPredictions, counts: npt.NDArray[np.int64], classes: list[str], most: int
) -> str:
    """The pairs of classes confused most often, and what of all examples each costs."""
    wrong = counts * (1 - np.eye(len(classes), dtype=np.int64))
    pairs = [(int(row), int(column)) for row, column in np.argwhere(wrong)]
    pairs.sort(key=lambda pair: (-wrong[pair], pair))
    if not pairs:
        return "<p>None: every test example was given its true class.</p>"
    groups = predictions.sample.groups
    costs = [
        measured("", (predictions.labels == true) & (predictions.answers == answer), groups)
        for true, answer in pairs[:most]
    ]
    longest = max(cost.high for cost in costs)
    rows = [
        [
            f"{name(classes[true])} → {name(classes[answer])}",
            bar(cost.error, (cost.low, cost.high), longest),
            f"{100 * cost.error:.2f} % "
            f"<small>{100 * cost.low:.2f} to {100 * cost.high:.2f}</small>",
            f"{wrong[true, answer]:,}",
            share(int(wrong[true, answer]), int(counts[true].sum())),
        ]
        for (true, answer), cost in zip(pairs, costs, strict=False)
    ]
    lead = f"<p>{plural(len(pairs), 'pair')} of classes confused, the costliest first: what a pair "
    lead += "costs is how much less of all examples would be wrong without it.</p>"
    header = ["True → predicted class", "", "Costs", "Examples", "Of class"]
    caption = "What confusing two classes costs on test, with 95 % intervals"
    return lead + table(caption, header, rows, kind="bars narrow")
