"""The page on several classes each: F1 of every class, confusions, classes together."""

from typing import Any

import numpy as np
from markupsafe import Markup

from ..data.targets import NONE
from ..metrics.class_set_predictions import ClassSetPredictions, pairs_of
from ..metrics.intervals import resample
from ..metrics.registry import OF_CLASS
from .calibration import calibrated
from .confusions import (
    MATRIX_CLASSES,
    ONLY_PAIRS,
    WORST_PAIRS,
    Counts,
    MatrixTitles,
    confused,
    matrix,
)
from .formats import thousands
from .inputs import Inputs
from .markup import render
from .parts import Parts, counts_table, splits_of

SAID_FOR = MatrixTitles(
    "True classes on test (rows) and those predicted in their place (columns)",
    "true",
    "said",
)
BOTH = MatrixTitles(
    "Test examples that have both classes; on the diagonal, those that have the class",
    "with",
    "with",
    apart="right",
)


def class_set_parts(inputs: Inputs) -> Parts:
    """Return the parts of a page on examples of several classes each."""
    splits = splits_of(inputs, ClassSetPredictions)
    classes, test = inputs.errors.answers.classes, splits["test"]
    few = len(classes) <= MATRIX_CLASSES
    names, counts = [*classes, NONE], _confusion(test, len(classes))
    pairs, labels = confused(counts), test.labels.astype(np.int64)
    together = labels.T @ labels
    sections = render(
        "class_sets.html",
        rows=_by_class(test, classes),
        no_class=NONE,
        matrix=matrix(counts, names, SAID_FOR) if few else None,
        count=len(pairs),
        pairs=[
            {"true": names[true], "said": names[said], "examples": int(counts[true, said])}
            for true, said in pairs[: WORST_PAIRS if few else ONLY_PAIRS]
        ],
        together=matrix(together, classes, BOTH, np.diag(together)) if few else None,
    )
    return Parts([sections, _calibration(test)], _counts(splits, classes, inputs.data))


def _by_class(test: ClassSetPredictions, classes: list[str]) -> list[dict[str, Any]]:
    metrics = {label: OF_CLASS["f1"](at) for at, label in enumerate(classes)}
    figures, sums = resample(metrics, test.sample, 0).figures, test.sample.sums()
    rows: list[dict[str, Any]] = [
        {
            "label": label,
            "f1": figures[label],
            **{key: int(sums[key][0][at]) for key in ("true", "answered", "right")},
        }
        for at, label in enumerate(classes)
    ]
    return sorted(rows, key=lambda row: row["f1"].value)


def _confusion(test: ClassSetPredictions, classes: int) -> Counts:
    side = classes + 1
    codes = [true * side + said for true, said in pairs_of(test.labels, test.answers)]
    counts = np.bincount(np.array(codes, np.int64), minlength=side * side)
    return counts.reshape(side, side)


def _calibration(test: ClassSetPredictions) -> Markup:
    sure = np.maximum(test.probabilities, 1 - test.probabilities)
    right, groups = test.answers == test.labels, test.sample.groups
    return calibrated(right.ravel(), sure.ravel(), np.repeat(groups, sure.shape[1]))


def _counts(
    splits: dict[str, ClassSetPredictions], classes: list[str], data: dict[str, Any]
) -> Markup:
    labels, raw = [known.labels for known in splits.values()], data["classes"]
    counts = {
        label: [raw.get(label, 0), *(int(known[:, at].sum(dtype=np.int64)) for known in labels)]
        for at, label in enumerate(classes)
    }
    without = [int((~known.any(axis=1)).sum()) for known in labels]
    counts["Examples without a class"] = [raw.get(NONE, 0), *without]
    counts["All examples"] = [data["examples"], *map(len, labels)]
    rows = [[label, *map(thousands, numbers)] for label, numbers in counts.items()]
    return counts_table("Examples by class and data set", ["Class", "Raw", *splits], rows)
