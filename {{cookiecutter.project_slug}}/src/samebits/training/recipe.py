"""How a project's network learns, from its model.py and training.py."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor, nn

from ..core.config import read
from ..core.sections import Optimization, Regularization
from ..data.loader import Batch, Preparation

Loss = Callable[[nn.Module, Batch, Regularization], Tensor]


@dataclass(frozen=True)
class Recipe:
    """How batches are made, the loss of a batch, and the learning rate of each step."""

    preparation: Preparation
    loss: Loss
    schedule: Callable[[int, int, Optimization], float]

    @classmethod
    def of(cls, model: Any, training: Any) -> "Recipe":
        """Return the recipe of the two modules, with section `augmentation` of params.yaml."""
        augment = partial(training.augment, settings=read(training.Augmentation))
        preparation = Preparation(model.inputs, augment, training.DRAWS)
        return cls(preparation, training.loss, training.schedule)
