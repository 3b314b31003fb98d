"""The page on classes: confusions, calibration, and the number of examples of each."""

from markupsafe import Markup

from ..metrics.class_predictions import ClassPredictions
from .calibration import calibration_section
from .confusions import confusion, confusion_section
from .formats import share, thousands
from .inputs import Inputs
from .parts import Parts, counts_table, splits_of


def class_parts(inputs: Inputs) -> Parts:
    """Return the parts of a page on examples of one class each."""
    splits = splits_of(inputs, ClassPredictions)
    classes, test = inputs.errors.answers.classes, splits["test"]
    sections = [confusion_section(test, classes), calibration_section(test)]
    return Parts(sections, _counts(splits, classes, inputs.data["classes"]))


def _counts(splits: dict[str, ClassPredictions], classes: list[str], raw: dict[str, int]) -> Markup:
    matrix = confusion(splits["test"], len(classes))
    rows = []
    for index, label in enumerate(classes):
        counts = [int((split.labels == index).sum()) for split in splits.values()]
        right = share(int(matrix[index, index]), int(matrix[index].sum()))
        rows.append([label, *map(thousands, [raw.get(label, 0), *counts]), right])
    totals = [sum(raw.values()), *(len(split.labels) for split in splits.values())]
    rows.append(["All", *map(thousands, totals), share(int(matrix.trace()), int(matrix.sum()))])
    header = ["Class", "Raw", *splits, "Found on test"]
    return counts_table("Examples by class and data set", header, rows)
