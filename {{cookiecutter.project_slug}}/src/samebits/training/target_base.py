"""What a network learns of an answer, and how its outputs become answers."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray
from torch import Tensor

from ..data.loader import Split
from ..data.targets import Answers
from .baselines import Said
from .class_set_target import ClassSetTarget
from .class_target import ClassTarget
from .mask_target import MaskTarget
from .number_target import NumberTarget


class NetworkTarget(Protocol):
    """Turns the outputs of a network into answers, and scores them."""

    @property
    def figure(self) -> str:
        """The name of the figure that the learning curves show next to the losses."""

    @property
    def outputs(self) -> int:
        """The argument of `build`: how many numbers the network gives, per example or pixel."""

    @property
    def form(self) -> tuple[int, ...]:
        """The shape of the network's output for an example."""

    @property
    def kept(self) -> int:
        """How many numbers are kept of an example."""

    def said(self, outputs: Tensor, truth: Any) -> Tensor:
        """Return the numbers to keep [b, kept] of the outputs [b, *form] of a chunk.

        Args:
            outputs: of the network.
            truth: the labels of the examples, as in a `Split`; blank examples at the end have
                none.
        """

    def answers(self, said: NDArray[Any]) -> NDArray[Any]:
        """Return the answers for n examples from the kept numbers [n, kept]."""

    def judged(self, answers: NDArray[Any], labels: Any) -> tuple[float, float]:
        """Return the mean loss of answers and the `figure`; labels are those of a `Split`."""

    def blind(self, labels: Any) -> float:
        """Return the mean loss of a model that knows the labels but sees no example."""

    def cell(self, value: float) -> str:
        """Format a figure of the learning curves as a cell of the table."""

    def baselines(self, train: Split, others: Mapping[str, Split]) -> Mapping[str, Said]:
        """Return the answers of each simple model, learnt from `train` alone, without a seed."""


def target_of(split: Split) -> NetworkTarget:
    """Return the target for the answers of `split`."""
    return target_for(split.answers, split.scale, split.labels.shape[1:])


def target_for(answers: Answers, scale: Sequence[float], sides: Sequence[int]) -> NetworkTarget:
    """Return the target for answers of this kind.

    Args:
        answers: the kind, and the classes.
        scale: of answers that are numbers, mean and standard deviation of those trained on.
        sides: of answers that are masks, height and width.
    """
    if answers.target == "number":
        middle, spread = scale
        return NumberTarget(middle, spread)
    if answers.target == "classes":
        return ClassSetTarget(len(answers.classes))
    if answers.target == "mask":
        height, width = sides
        return MaskTarget(len(answers.classes), (height, width))
    return ClassTarget(len(answers.classes))
