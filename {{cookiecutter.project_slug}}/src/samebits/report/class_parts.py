"""What the page says of classes: confusions, calibration, and how many examples each has."""

from ..metrics.class_predictions import ClassPredictions
from .calibration import calibration_section
from .confusions import confusion, confusion_section
from .inputs import Inputs
from .markup import name, share, table
from .parts import Parts


def class_parts(inputs: Inputs) -> Parts:
    """Return the parts of a page on examples of one class each."""
    splits = {
        split: one for split, one in inputs.predictions.items() if isinstance(one, ClassPredictions)
    }
    classes, test = inputs.errors.answers.classes, splits["test"]
    sections = [confusion_section(test, classes), calibration_section(test)]
    return Parts(sections, _counts(splits, classes, inputs.data["classes"]))


def _counts(splits: dict[str, ClassPredictions], classes: list[str], raw: dict[str, int]) -> str:
    matrix = confusion(splits["test"], len(classes))
    header = ["Class", "Raw", *(name(one.replace("_", "-")) for one in splits), "Found on test"]
    rows = []
    for index, label in enumerate(classes):
        counts = [int((split.labels == index).sum()) for split in splits.values()]
        found = share(int(matrix[index, index]), int(matrix[index].sum()))
        cells = (f"{count:,}" for count in counts)
        rows.append([name(label), f"{raw.get(label, 0):,}", *cells, found])
    totals = (f"{len(split.labels):,}" for split in splits.values())
    right = share(int(matrix.trace()), int(matrix.sum()))
    rows.append(["All", f"{sum(raw.values()):,}", *totals, right])
    return table("Examples by class and data set", header, rows, marked=len(rows) - 1)
