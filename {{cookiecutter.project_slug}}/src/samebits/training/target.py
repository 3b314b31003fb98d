"""What a network learns of an answer, and what is made of what it gives."""

from collections.abc import Mapping
from typing import Any, Protocol

from numpy.typing import NDArray
from torch import Tensor

from ..data.loader import Split
from .baselines import Said
from .class_set_target import ClassSetTarget
from .class_target import ClassTarget
from .mask_target import MaskTarget
from .number_target import NumberTarget


class Target(Protocol):
    """How the outputs of a network become answers, and how good those are."""

    @property
    def figure(self) -> str:
        """The name of what the learning curves show beside the losses."""

    @property
    def outputs(self) -> int:
        """What `build` is told: how many numbers the network gives, for an example or a pixel."""

    @property
    def form(self) -> tuple[int, ...]:
        """The shape of what the network gives for an example."""

    @property
    def kept(self) -> int:
        """How many numbers are kept of what it gives for an example."""

    def said(self, outputs: Tensor, truth: Any) -> Tensor:
        """Return what the outputs [b, *form] of one chunk say, [b, kept].

        Args:
            outputs: of the network.
            truth: the labels of the examples, as a `Split` has them; blank ones at the end have
                none.
        """

    def answers(self, said: NDArray[Any]) -> NDArray[Any]:
        """Return the answers of n examples, of what was said of them [n, kept]."""

    def judged(self, answers: NDArray[Any], labels: Any) -> tuple[float, float]:
        """Return the mean loss of answers and the `figure`; labels are those of a `Split`."""

    def blind(self, labels: Any) -> float:
        """Return the mean loss of one who knows the labels, but sees no example."""

    def cell(self, value: float) -> str:
        """Return a figure of the learning curves as a cell of the table."""

    def baselines(self, train: Split, others: Mapping[str, Split]) -> Mapping[str, Said]:
        """Return what each simple model answers; it learns from `train` alone, without a seed."""


def target_of(split: Split) -> Target:
    """Return what there is to learn of examples with such answers."""
    if split.target == "number":
        return NumberTarget(*split.scale)
    if split.target == "classes":
        return ClassSetTarget(len(split.classes))
    if split.target == "mask":
        height, width = split.labels.shape[1:]
        return MaskTarget(len(split.classes), (height, width))
    return ClassTarget(len(split.classes))
