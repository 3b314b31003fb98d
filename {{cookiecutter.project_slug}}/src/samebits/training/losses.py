"""Losses that a project's training.py may take."""

from torch import Tensor
from torch.nn import functional


def cross_entropy(
    logits: Tensor, target: Tensor, weights: Tensor | None = None, smoothing: float = 0.0
) -> Tensor:
    """Return the mean cross-entropy of answers, each counting by its weight, a scalar.

    The mean is over answers, so that it means the same in however many shards a batch is cut;
    PyTorch's own, with weights, divides by the weights that happen to be in the shard.

    Args:
        logits: [b, classes, ...].
        target: int64 [b, ...].
        weights: float32 [b, ...]; None is 1 everywhere.
        smoothing: `regularization.label_smoothing`.
    """
    if logits.ndim > 2:  # a row for each answer, as a sum over pixels has other bits elsewhere
        logits, target = logits.movedim(1, -1).flatten(0, -2), target.flatten()
        weights = None if weights is None else weights.flatten()
    if weights is None:
        return functional.cross_entropy(logits, target, label_smoothing=smoothing)
    losses = functional.cross_entropy(logits, target, label_smoothing=smoothing, reduction="none")
    return (losses * weights).mean()
