"""What was said of examples, and what of it is the same for every target."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from ..data.prepared import Example
from .sample import Sample


class Predictions(ABC):
    """The predictions for one data set of `n` examples, in prepared order.

    `examples` are what is known of them beside their arrays.
    """

    examples: list[Example]

    @property
    @abstractmethod
    def sample(self) -> Sample:
        """What metrics are computed of; examples of one group stay together in it."""

    @abstractmethod
    def words(self, row: int) -> tuple[str, str]:
        """Return the true answer and the one that was given, for a person."""

    @abstractmethod
    def cells(self) -> Iterator[list[str]]:
        """Yield for each example what reports/predictions.csv says of the answer.

        The first cell is the answer itself; the others are numbers.
        """
