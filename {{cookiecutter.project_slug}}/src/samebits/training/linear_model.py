"""Linear models of cheap features, the simplest models that learn: the same bits everywhere.

They need no seed: weights start at zero and the order of the examples is fixed. Time grows with
the number of examples, memory does not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ..core.random import permutation
from ..data.features import Features, Seen

BATCH = 128
LEAST_STEPS, LEAST_EPOCHS = 500, 5
RATE, DECAY = 0.01, 0.0001
KEPT, KEPT_SQUARES = 0.9, 0.999  # decay of the running means of the gradient and its square

Known = Seen | Features  # pixels uint8 [n, c, h, w], or numbers float32 [n, f]


@dataclass(frozen=True, slots=True)
class Scaling:
    """Brings features near 0: divided by `scale`, minus `middle`; float32 [] or [f] each."""

    scale: Tensor
    middle: Tensor

    @classmethod
    def of(cls, seen: Known) -> "Scaling":
        """Return the fixed scaling of pixels 0 to 255; for numbers, fit it to these examples."""
        if seen[:1].dtype == np.uint8:
            return cls(torch.tensor(127.5), torch.tensor(1.0))
        starts = range(0, len(seen), BATCH)  # in batches, to save memory
        sums = (seen[at : at + BATCH].sum(axis=0, dtype=np.float64) for at in starts)
        middle = sum(sums) / len(seen)
        squares = (np.square(seen[at : at + BATCH] - middle).sum(axis=0) for at in starts)
        spread = np.sqrt(sum(squares) / len(seen))
        scale = np.where(spread > 0, spread, 1)  # a constant feature stays 0
        return cls(*(torch.from_numpy(part.astype(np.float32)) for part in (scale, middle / scale)))

    def __call__(self, seen: Seen) -> Tensor:
        """Return the scaled features of a batch as float32 [b, f]."""
        flat = np.array(seen.reshape(len(seen), -1))
        return torch.from_numpy(flat).float().div_(self.scale).sub_(self.middle)


@dataclass(frozen=True, slots=True)
class Linear:
    """Outputs are features @ weight + bias: float32 [features, outputs] and [outputs]."""

    scaled: Scaling
    weight: Tensor
    bias: Tensor


# From the outputs [b, outputs] of a batch and its targets [b] to the gradient of the mean loss with
# respect to the outputs.
Errors = Callable[[Tensor, Tensor], Tensor]


def descend(seen: Known, targets: NDArray[Any], outputs: int, errors: Errors) -> Linear:
    """Return the model fitted to the features of n examples, with targets [n].

    Adam (Kingma and Ba, 2015) with a rate that falls to zero. The kernels are those of the process:
    after `determinism.choose("portable", 1)` the bits are the same on every x86-64 machine.
    """
    count = len(targets)
    scaled = Scaling.of(seen)
    width = scaled(seen[:1]).shape[1]
    # The last row is the bias.
    weights, first, second = (torch.zeros(width + 1, outputs) for _ in range(3))
    steps_per_epoch = -(-count // BATCH)
    steps = max(LEAST_STEPS, LEAST_EPOCHS * steps_per_epoch)
    order = permutation(0, "linear", 0, count)
    for step in range(steps):
        epoch, place = divmod(step, steps_per_epoch)
        if place == 0:
            order = permutation(0, "linear", epoch, count)
        chosen = order[place * BATCH : (place + 1) * BATCH]
        inputs, wanted = scaled(seen[chosen]), torch.from_numpy(targets[chosen])
        wrong = errors(inputs @ weights[:-1] + weights[-1], wanted)
        # The weight decay leaves the bias alone.
        parts = [inputs.T @ wrong + DECAY * weights[:-1], wrong.sum(dim=0, keepdim=True)]
        gradient = torch.cat(parts)
        first.mul_(KEPT).add_(gradient, alpha=1 - KEPT)
        second.mul_(KEPT_SQUARES).addcmul_(gradient, gradient, value=1 - KEPT_SQUARES)
        # NumPy's square root is exact; the last bits of torch's differ between processors, and
        # torch.optim, which has its own, takes seconds to import.
        root = torch.from_numpy(np.sqrt(second.numpy() / (1 - KEPT_SQUARES ** (step + 1))))
        rate = RATE * (steps - step) / steps / (1 - KEPT ** (step + 1))
        weights.addcdiv_(first, root.add_(1e-8), value=-rate)
    return Linear(scaled, weights[:-1].clone(), weights[-1].clone())


def given(
    model: Linear, seen: Known, said: Callable[[Tensor], Tensor], batch: int = BATCH
) -> Tensor:
    """Return `said` of the outputs of `model` for n examples, [n, outputs], `batch` at a time."""
    results = torch.empty(len(seen), len(model.bias))
    for start in range(0, len(seen), batch):
        inputs = model.scaled(seen[start : start + batch])
        # Always one shape: kernels are chosen by it, and differ in their last bits.
        filled = functional.pad(inputs, (0, 0, 0, batch - len(inputs)))
        answers = said(filled @ model.weight + model.bias)
        results[start : start + batch] = answers[: len(inputs)]
    return results


def out_of_fold(
    seen: Seen,
    targets: NDArray[Any],
    folds: NDArray[np.int64],
    answer: Callable[[Seen, NDArray[Any], Seen], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Return, for each example, the answer of a model that has not seen its fold: [n, ...].

    Args:
        seen: pixels uint8 [n, c, h, w], or numbers float32 [n, f].
        targets: of the examples, [n].
        folds: int64 [n], the fold of each example; there must be two or more.
        answer: fits a model to features and targets, and returns its answers for other features.
    """
    parts = []
    for fold in np.unique(folds).tolist():
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        parts.append((inside, answer(seen[outside], targets[outside], seen[inside])))
    results = np.empty((len(targets), *parts[0][1].shape[1:]), dtype=np.float32)
    for inside, answers in parts:
        results[inside] = answers
    return results
