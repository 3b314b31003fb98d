"""The weight of each answer in the loss, if rare classes are to count more.

An answer whose class has m answers counts in proportion to m ** -power, and 1 on average over the
training set, so the loss of a model that knows nothing stays the same.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..console.errors import UserError
from ..core.sections import Regularization
from ..data.loader import Batch, Split
from .mask_target import chunks
from .recipe import Loss

DIGITS = 9  # decimals of a power; C libraries differ in its last bits

Weigh = Callable[[Tensor], Tensor]  # from a batch's target to its weights, float32, same shape


def weighing(split: Split, power: float) -> Weigh | None:
    """Return a function that weighs answers by the classes of the training set `split`.

    Args:
        split: its answers are classes, class sets or masks. In a set each class is weighed by
            itself: the examples with it, and those without.
        power: `optimization.class_weights`; 0 is no weights, and returns None.
    """
    if not power:
        return None
    kinds = len(split.classes)
    if split.target == "classes":
        have = split.labels.sum(axis=0, dtype=np.int64)
        table = weights(np.stack([len(split.labels) - have, have], axis=1), power)
        return partial(_of_each, table)
    counts = sum(np.bincount(chunk.ravel(), minlength=kinds) for chunk in chunks(split.labels))
    return partial(_of_class, weights(np.asarray(counts), power))


def weights(counts: NDArray[np.int64], power: float) -> Tensor:
    """Return the weights float32 [..., classes] of classes with `counts` [..., classes] answers."""
    shares = counts / counts.sum(axis=-1, keepdims=True)
    raw = np.where(counts > 0, shares, 1) ** -power
    normalised = raw.round(DIGITS) / (shares * raw).sum(axis=-1, keepdims=True).round(DIGITS)
    return torch.from_numpy(normalised.astype(np.float32))


def refuse_ignored(
    loss: Loss, network: nn.Module, batch: Batch, regularization: Regularization
) -> None:
    """Refuse a loss that ignores the weights of the batch.

    Raises:
        UserError: the loss is the same with other weights.
    """
    assert batch.weights is not None
    network.eval()  # so that dropout draws nothing
    with torch.no_grad():
        # Uneven, so that a loss that divides by their sum changes too.
        factors = torch.linspace(2, 3, len(batch.weights)).to(batch.weights)
        shape = -1, *[1] * (batch.weights.ndim - 1)
        uneven = batch._replace(weights=batch.weights * factors.view(shape))
        as_given, reweighed = (loss(network, each, regularization) for each in (batch, uneven))
    network.train()
    if torch.equal(as_given, reweighed):
        raise UserError(
            "training.py: `loss` ignores batch.weights, so optimization.class_weights does "
            "nothing; multiply the loss of each answer by its weight, as cross_entropy of "
            "samebits.training does, or set the key to 0."
        )


def _of_class(table: Tensor, target: Tensor) -> Tensor:
    if target.is_floating_point():
        raise UserError(
            "training.py: `augment` makes targets that are not class numbers, which "
            "optimization.class_weights cannot weigh; set it to 0, or weigh them in `loss`."
        )
    return table[target]


def _of_each(table: Tensor, target: Tensor) -> Tensor:
    return table[torch.arange(len(table)), target.long()]
