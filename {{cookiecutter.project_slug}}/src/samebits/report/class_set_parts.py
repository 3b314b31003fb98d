"""What the page says of several classes each: F1 of every class, confusions, classes together."""

import numpy as np

from ..data.targets import NONE
from ..metrics.class_set_predictions import ClassSetPredictions, pairs_of
from ..metrics.intervals import Figure, resample
from ..metrics.registry import OF_CLASS
from ..metrics.sums import Labels, Sets
from .calibration import calibrated
from .confusions import MATRIX_CLASSES, ONLY_PAIRS, WORST_PAIRS, Titles, matrix
from .inputs import Inputs
from .markup import bar, name, plural, section, share, table
from .parts import Parts

Counts = dict[str, Labels]


def class_set_parts(inputs: Inputs) -> Parts:
    """Return the parts of a page on examples of several classes each."""
    splits = {
        split: one
        for split, one in inputs.predictions.items()
        if isinstance(one, ClassSetPredictions)
    }
    classes, test = inputs.errors.answers.classes, splits["test"]
    sections = [_by_class(test, classes), _confusions(test, classes)]
    if len(classes) <= MATRIX_CLASSES:
        sections.append(_together(test, classes))
    sections.append(_calibration(test))
    return Parts(sections, _counts(splits, classes, inputs.data))


def _by_class(test: ClassSetPredictions, classes: list[str]) -> str:
    figures = resample({one: OF_CLASS["f1"](at) for at, one in enumerate(classes)}, test.sample, 0)
    sums = test.sample.sums()
    counts = {key: sums[key][0].astype(np.int64) for key in ("true", "answered", "right")}
    order = sorted(range(len(classes)), key=lambda at: (figures.figures[classes[at]].value, at))
    rows = [_class_row(classes[at], at, figures.figures[classes[at]], counts) for at in order]
    lead = (
        "<p>Each class is there or not, whatever the others. Precision is the part of the examples "
        "said to have a class that do have it, recall the part of those with it that were said to "
        "have it.</p>"
    )
    header = ["Class", "", "F1", "Precision", "Recall", "True", "Said", "Right"]
    caption = "F1 of each class on test, the lowest first, with 95 % intervals"
    return section("Classes on test", lead, table(caption, header, rows, kind="bars narrow"))


def _class_row(label: str, at: int, figure: Figure, counts: Counts) -> list[str]:
    true, said, right = (int(counts[key][at]) for key in ("true", "answered", "right"))
    known = bool(true or said)
    ends = figure.interval()
    found = f"{figure.value:.4f} <small>{ends[0]:.4f} to {ends[1]:.4f}</small>"
    return [
        name(label),
        bar(figure.value, ends, 1.0) if known else "",
        found if known else "–",
        share(right, said),
        share(right, true),
        *(f"{one:,}" for one in (true, said, right)),
    ]


def _confusions(test: ClassSetPredictions, classes: list[str]) -> str:
    names, side = [*classes, NONE], len(classes) + 1
    codes = [true * side + said for true, said in pairs_of(test.labels, test.answers)]
    counts = np.bincount(np.array(codes, np.int64), minlength=side * side).reshape(side, side)
    lead = (
        "<p>Each row is a true class. A class that was missed goes with each that was wrongly said "
        f"there, or with {NONE}; one wrongly said where none was missed stands in the last row.</p>"
    )
    if len(classes) > MATRIX_CLASSES:
        return section("Confusions on test", lead, _worst(counts, names, ONLY_PAIRS))
    caption = "Classes on test by what is true (rows) and what was said in its place (columns)"
    shown = matrix(counts, names, Titles(caption, "true ↓<br>said →"))
    return section("Confusions on test", lead, shown, _worst(counts, names, WORST_PAIRS))


def _worst(counts: Labels, names: list[str], most: int) -> str:
    wrong = counts * (1 - np.eye(len(names), dtype=np.int64))
    pairs = [(int(row), int(column)) for row, column in np.argwhere(wrong)]
    pairs.sort(key=lambda pair: (-wrong[pair], pair))
    if not pairs:
        return "<p>None: every test example was given its true classes, and no other.</p>"
    rows = [
        [f"{name(names[true])} → {name(names[said])}", f"{wrong[true, said]:,}"]
        for true, said in pairs[:most]
    ]
    lead = f"<p>{plural(len(pairs), 'pair')} of classes confused, the most frequent first.</p>"
    return lead + table("Confusions on test", ["True → said class", "Examples"], rows)


def _together(test: ClassSetPredictions, classes: list[str]) -> str:
    labels = test.labels.astype(np.int64)
    caption = "Test examples that have both classes; on the diagonal, those that have the class"
    titles = Titles(caption, "with ↓<br>with →", apart="right")
    lead = (
        "<p>How many test examples have two classes together, by what is true. A shade is the part "
        "of the row's class.</p>"
    )
    counts = labels.T @ labels
    return section("Classes together", lead, matrix(counts, classes, titles, np.diag(counts)))


def _calibration(test: ClassSetPredictions) -> str:
    sure = np.maximum(test.probabilities, 1 - test.probabilities)
    right, groups = test.answers == test.labels, test.sample.groups
    return calibrated(right.ravel(), sure.ravel(), np.repeat(groups, sure.shape[1]))


def _counts(
    splits: dict[str, ClassSetPredictions], classes: list[str], data: dict[str, object]
) -> str:
    raw = data["classes"]
    assert isinstance(raw, dict)
    header = ["Class", "Raw", *(name(one.replace("_", "-")) for one in splits)]
    rows = []
    for at, label in enumerate(classes):
        counts = (f"{int(one.labels[:, at].sum(dtype=np.int64)):,}" for one in splits.values())
        rows.append([name(label), f"{raw.get(label, 0):,}", *counts])
    without = (f"{_without(one.labels):,}" for one in splits.values())
    rows.append(["Examples without a class", f"{raw.get(NONE, 0):,}", *without])
    totals = (f"{len(one.labels):,}" for one in splits.values())
    rows.append(["All examples", f"{data['examples']:,}", *totals])
    return table("Examples by class and data set", header, rows, marked=len(rows) - 1)


def _without(labels: Sets) -> int:
    return int((~labels.any(axis=1)).sum())
