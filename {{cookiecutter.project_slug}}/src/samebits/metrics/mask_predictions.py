"""Predictions of a class for each pixel: counts are kept of each example, and not its pixels."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from ..core.files import cell, write_csv
from ..data.prepared import Example
from .mask_metrics import iou
from .mask_sample import MaskSample
from .predictions import Predictions
from .scores import rounded
from .sums import Values, numbered

ERROR, LOSS = "error", "loss"
COUNTS = ("true", "said", "right")  # of each class; a class may be called `loss`
DRAWN = 24  # examples whose masks are kept for the report
DECIMALS = 6  # of an error and a loss


@dataclass(frozen=True)
class MaskPredictions(Predictions):
    """The predictions for one data set of `n` examples and `k` classes, in prepared order.

    `counts` [n, 3, k] are the numbers of pixels true, predicted and right, `losses` [n] the mean
    losses of a pixel, with six decimals; `classes` are the names.
    """

    examples: list[Example]
    counts: Values
    losses: Values
    classes: Sequence[str]

    @cached_property
    def sample(self) -> MaskSample:
        """The examples that metrics are computed from."""
        groups = numbered([example.group for example in self.examples])
        true, said, right = (self.counts[:, at] for at in range(len(COUNTS)))
        return MaskSample(true, said, right, self.losses, groups)

    def words(self, row: int) -> tuple[str, str]:
        """Return each class's share of the pixels, in the true mask and in the predicted one."""
        true, said = (self._shares(counts) for counts in self.counts[row, :2])
        return true, said

    def _shares(self, counts: Values) -> str:
        whole = counts.sum()
        parts = zip(self.classes, counts.tolist(), strict=True)
        return ", ".join(f"{name} {100 * count / whole:.1f} %" for name, count in parts if count)

    def cells(self) -> Iterator[list[str]]:
        """Yield the answer in words, the error, the loss and the counts of each example."""
        errors, rows = self.sample.errors.tolist(), self.counts.reshape(len(self.counts), -1)
        for row, (error, loss) in enumerate(zip(errors, self.losses.tolist(), strict=True)):
            figures = f"{error:.{DECIMALS}f}", f"{loss:.{DECIMALS}f}"
            yield [cell(self.words(row)[1]), *figures, *(f"{count:.0f}" for count in rows[row])]

    def worst(self) -> list[int]:
        """Return the rows with the largest errors, at most `DRAWN`; ties by path."""
        errors, examples = self.sample.errors.tolist(), self.examples
        rows = sorted(range(len(errors)), key=lambda row: (-errors[row], examples[row].path))
        return rows[:DRAWN]


@dataclass(frozen=True)
class MaskScoring:
    """How masks with these classes are scored and written."""

    classes: Sequence[str]
    pairs = "ious.csv"

    @property
    def columns(self) -> list[str]:
        """The columns of reports/predictions.csv after that of the answer."""
        counts = (f"{kind}:{name}" for kind in COUNTS for name in self.classes)
        return [ERROR, LOSS, *counts]

    def reader(self) -> "MaskReader":
        """Return a reader for the answers of one data set."""
        return MaskReader(self.classes)

    def scored(
        self, split: str, examples: list[Example], labels: object, counted: NDArray[np.float64]
    ) -> MaskPredictions:
        """Return the predictions for a data set, rounded to the table's six decimals.

        Args:
            split: name of the data set.
            examples: `n` of them.
            labels: true masks, which are counted already.
            counted: the loss and the counts of each, `[n, 1 + 3 * k]`.

        Raises:
            UserError: there is no example, the counts do not match, or a loss is not finite.
        """
        if not examples or counted.shape != (len(examples), 1 + 3 * len(self.classes)):
            raise UserError(
                f"data set `{split}` has {len(examples)} examples and {len(self.classes)} classes, "
                f"but the counts have the shape {list(counted.shape)}; run `dvc repro` again"
            )
        broken = int((~np.isfinite(counted[:, 0])).sum())
        if broken:
            raise UserError(
                f"data set `{split}`: the losses of {broken} of {len(counted)} predictions are NaN "
                "or infinite: the model has diverged or its file is damaged; train it again with a "
                "lower learning rate"
            )
        losses = np.array([rounded(loss, DECIMALS) for loss in counted[:, 0].tolist()])
        counts = counted[:, 1:].reshape(len(counted), len(COUNTS), -1)
        return MaskPredictions(examples, counts, losses, self.classes)

    def write_pairs(self, path: Path, predictions: MaskPredictions) -> None:
        """Write the IoU of each class, as DVC's plot needs them."""
        sums = predictions.sample.sums()
        rows = (
            (cell(name), f"{iou(sums, at)[0]:.{DECIMALS}f}") for at, name in enumerate(self.classes)
        )
        write_csv(path, ("class", "iou"), rows)


def counted_classes(columns: Sequence[str]) -> list[str]:
    """Return the classes in these columns of reports/predictions.csv, [] if not those of masks."""
    first, *_ = (f"{kind}:" for kind in COUNTS)
    names = [name.removeprefix(first) for name in columns[2:] if name.startswith(first)]
    known = names[: (len(columns) - 2) // len(COUNTS)]
    return known if [*columns] == MaskScoring(known).columns else []


class MaskReader:
    """The answers of one data set."""

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes, self._figures = classes, array("d")

    def add(self, label: str, cells: Sequence[str]) -> None:
        """Read a row: the path of its mask, and the `cells`."""
        self._figures.extend(map(float, cells[2:]))

    def predictions(self, examples: list[Example]) -> MaskPredictions:
        """Return the predictions; a figure that is not finite is a ValueError."""
        figures = np.frombuffer(self._figures).reshape(len(examples), -1)
        if not np.isfinite(figures).all():
            raise ValueError("nan or infinity")
        counts = figures[:, 1:].reshape(len(examples), len(COUNTS), -1)
        return MaskPredictions(examples, counts, figures[:, 0], self._classes)
