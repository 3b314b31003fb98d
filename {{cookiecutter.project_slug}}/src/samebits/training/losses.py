"""Losses for a project's training.py."""

from torch import Tensor
from torch.nn import functional


def cross_entropy(
    logits: Tensor, target: Tensor, weights: Tensor | None = None, smoothing: float = 0.0
) -> Tensor:
    """Return the weighted mean cross-entropy of answers, a scalar.

    The mean is over answers, so it does not depend on the number of shards in a batch. PyTorch's
    own, with weights, divides by the sum of the weights in the shard.

    Args:
        logits: [b, classes, ...].
        target: int64 [b, ...].
        weights: float32 [b, ...]; None is 1 everywhere.
        smoothing: `regularization.label_smoothing`.
    """
    if logits.ndim > 2:  # a row for each answer: the bits of a sum over pixels vary by machine
        logits, target = logits.movedim(1, -1).flatten(0, -2), target.flatten()
        weights = None if weights is None else weights.flatten()
    if weights is None:
        return functional.cross_entropy(logits, target, label_smoothing=smoothing)
    losses = functional.cross_entropy(logits, target, label_smoothing=smoothing, reduction="none")
    return (losses * weights).mean()
