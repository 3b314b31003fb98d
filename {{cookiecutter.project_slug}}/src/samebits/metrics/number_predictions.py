"""Predictions of one number for each example."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from ..console.errors import UserError
from ..core.files import named, write_csv
from ..data.prepared import Example
from .number_sample import NumberSample
from .predictions import Predictions
from .scores import decimals_for, rounded
from .sums import Values, numbered


@dataclass(frozen=True)
class NumberPredictions(Predictions):
    """The predictions for one data set of `n` examples, in prepared order.

    `truth` and `answers` (what was predicted) are numbers `[n]` in the unit of the data.
    """

    examples: list[Example]
    truth: Values
    answers: Values

    @cached_property
    def sample(self) -> NumberSample:
        """The examples that metrics are computed from."""
        groups = numbered([example.group for example in self.examples])
        return NumberSample(self.truth, self.answers, groups)

    def words(self, row: int) -> tuple[str, str]:
        """Return the true number as the data has it, and the predicted one with six digits."""
        answer = float(self.answers[row])
        return self.examples[row].label, f"{answer:.0f}" if abs(answer) >= 1e5 else f"{answer:.6g}"

    def cells(self) -> Iterator[list[str]]:
        """Yield the answer and its distance from the true one for each example."""
        for answer, error in zip(self.answers.tolist(), self.sample.errors.tolist(), strict=True):
            yield [repr(answer), f"{error:.9g}"]


@dataclass(frozen=True)
class NumberScoring:
    """How answers that are numbers are scored and written.

    They are rounded to `decimals`; negative ones round to tens, hundreds and so on.
    """

    decimals: int = 0
    pairs = "residuals.csv"
    columns = ("error",)  # of reports/predictions.csv, after that of the answer

    @classmethod
    def of(cls, spread: float) -> Self:
        """Return the scoring of answers with this standard deviation.

        Answers keep the decimals of nine digits of it: float32, in which a network computes, is no
        finer.
        """
        return cls(decimals_for(spread))

    def reader(self) -> "NumberReader":
        """Return a reader for the answers of one data set."""
        return NumberReader()

    def scored(
        self, split: str, examples: list[Example], truth: Values, predicted: Values
    ) -> NumberPredictions:
        """Return the predictions for a data set, rounded to the table's decimals.

        Args:
            split: name of the data set.
            examples: `n` of them.
            truth: the true numbers, `[n]`.
            predicted: the predicted ones, `[n]`.

        Raises:
            UserError: there is no example, the counts do not match, or a number is not finite.
        """
        if not examples or truth.shape != (len(examples),) or predicted.shape != truth.shape:
            raise UserError(
                f"data set `{split}` has {len(examples)} examples, true numbers of shape "
                f"{list(truth.shape)} and predicted ones of shape {list(predicted.shape)}; run "
                "`dvc repro` again"
            )
        broken = int((~np.isfinite(predicted)).sum())
        if broken:
            raise UserError(
                f"data set `{split}`: {broken} of {len(predicted)} predictions are NaN or "
                "infinite: the model has diverged or its file is damaged; train it again with a "
                "lower learning rate"
            )
        kept = [rounded(number, self.decimals) for number in predicted.tolist()]
        return NumberPredictions(examples, np.asarray(truth), np.array(kept))

    def write_pairs(self, path: Path, predictions: NumberPredictions) -> None:
        """Write the true and the predicted number of each example, as DVC's plot needs them."""
        answers = zip(predictions.truth.tolist(), predictions.answers.tolist(), strict=True)
        write_csv(path, ("actual", "predicted"), answers)


class NumberReader:
    """The answers of one data set."""

    def __init__(self) -> None:
        self._truth, self._answers = array("d"), array("d")

    def add(self, label: str, cells: Sequence[str]) -> None:
        """Read a row: its true number, and the `cells`."""
        self._truth.append(float(named(label)))
        self._answers.append(float(cells[0]))

    def predictions(self, examples: list[Example]) -> NumberPredictions:
        """Return the predictions; a number that is not finite is a ValueError."""
        truth, answers = np.frombuffer(self._truth), np.frombuffer(self._answers)
        if not np.isfinite(truth).all() or not np.isfinite(answers).all():
            raise ValueError("nan or infinity")
        return NumberPredictions(examples, truth, answers)
