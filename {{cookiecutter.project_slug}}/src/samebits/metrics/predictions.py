"""Predictions for examples, as far as they are alike for every target."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from ..data.prepared import Example
from .sample import Sample


class Predictions(ABC):
    """The predictions for one data set of `n` examples, in prepared order.

    `examples` hold what is known of them besides their arrays.
    """

    examples: list[Example]

    @property
    @abstractmethod
    def sample(self) -> Sample:
        """The examples that metrics are computed from, with their groups."""

    @abstractmethod
    def words(self, row: int) -> tuple[str, str]:
        """Return the true and the predicted answer, for people."""

    @abstractmethod
    def cells(self) -> Iterator[list[str]]:
        """Yield the cells of reports/predictions.csv for each example's answer.

        The first cell is the answer itself; the others are numbers.
        """
