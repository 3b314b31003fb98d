"""Predictions of one number for each example."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..console.errors import UserError
from ..core.files import named
from ..data.shards import Example
from .predictions import Predictions
from .regression import Numbers
from .sums import Values, numbered

COLUMNS = ["error"]  # behind that of the answer
DIGITS = 9  # of the spread of the answers; a network's outputs, float32, have hardly so many


@dataclass(frozen=True)
class NumberPredictions(Predictions):
    """The predictions for one data set of `n` examples, in prepared order.

    `truth` and `answers` (what was predicted) are numbers `[n]` in the unit of the data.
    """

    examples: list[Example]
    truth: Values
    answers: Values

    @cached_property
    def sample(self) -> Numbers:
        """What metrics are computed of."""
        groups = numbered([one.group for one in self.examples])
        return Numbers(self.truth, self.answers, groups)

    def words(self, row: int) -> tuple[str, str]:
        """Return the true number as the data has it, and the predicted one with six digits."""
        answer = float(self.answers[row])
        return self.examples[row].label, f"{answer:.0f}" if abs(answer) >= 1e5 else f"{answer:.6g}"

    def cells(self) -> Iterator[list[str]]:
        """Yield the answer and its distance from the true one for each example."""
        for answer, error in zip(self.answers.tolist(), self.sample.errors.tolist(), strict=True):
            yield [repr(answer), f"{error:.9g}"]


def scored(
    split: str, examples: list[Example], truth: Values, answers: Values, decimals: int
) -> NumberPredictions:
    """Return the predictions for a data set, with the decimals that the table has.

    Args:
        split: name of the data set.
        examples: what is known of the `n` examples.
        truth: the true numbers, `[n]`.
        answers: the predicted ones, `[n]`.
        decimals: that the answers keep; fewer than 0 round to tens, hundreds and so on.

    Raises:
        UserError: there is no example, the counts do not match, or a number is not finite.
    """
    if not examples or truth.shape != (len(examples),) or answers.shape != truth.shape:
        raise UserError(
            f"data set `{split}` has {len(examples)} examples, true numbers of shape "
            f"{list(truth.shape)} and predicted ones of shape {list(answers.shape)}; run "
            "`dvc repro` again"
        )
    broken = int((~np.isfinite(answers)).sum())
    if broken:
        raise UserError(
            f"data set `{split}`: {broken} of {len(answers)} predictions are NaN or infinite: the "
            "model has diverged or its file is damaged; train it again with a lower learning rate"
        )
    kept = [round(one, decimals) + 0.0 for one in answers.tolist()]
    return NumberPredictions(examples, np.asarray(truth), np.array(kept))


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
