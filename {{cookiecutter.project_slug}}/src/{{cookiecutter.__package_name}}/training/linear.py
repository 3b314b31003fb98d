"""Softmax regression on small pixels: the simplest model that learns, the same bits everywhere.

It needs no seed: weights start at zero and the order of the examples is fixed. Time grows with
their number, memory does not. Source: Bishop, Pattern Recognition and Machine Learning (2006), 4.3.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ..data.shrink import shrink
from ..data.storage import Shards
from ..reproducibility.streams import permutation

SIDE = 32  # pixels; a linear model gains nothing from finer ones
BATCH = 128
LEAST_STEPS, LEAST_EPOCHS = 500, 5
RATE, DECAY = 0.01, 0.0001

Images = NDArray[np.uint8] | Shards


@dataclass(frozen=True, slots=True)
class Linear:
    """Logits are features @ weight + bias: float32 [features, classes] and [classes]."""

    weight: Tensor
    bias: Tensor


def fit(images: Images, labels: NDArray[np.int64], classes: int) -> Linear:
    """Return the model fitted to images uint8 [n, c, h, w] with labels int64 [n] < `classes`.

    Adam (Kingma and Ba, 2015) with a rate that falls to zero. Kernels are those of the process:
    after `determinism.apply("portable", ...)` the bits are the same on every x86-64 machine.
    """
    count = len(labels)
    weight = torch.zeros(features(images[:1]).shape[1], classes, requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    # The fused kind takes no square root from a library whose last bits differ by processor.
    optimizer = torch.optim.AdamW([weight, bias], lr=RATE, weight_decay=DECAY, fused=True)
    each = -(-count // BATCH)
    steps = max(LEAST_STEPS, LEAST_EPOCHS * each)
    for step in range(steps):
        epoch, place = divmod(step, each)
        if place == 0:
            order = permutation(0, "linear", epoch, count)
        chosen = order[place * BATCH : (place + 1) * BATCH]
        logits = features(images[chosen]) @ weight + bias
        loss = functional.cross_entropy(logits, torch.from_numpy(labels[chosen]))
        for group in optimizer.param_groups:
            group["lr"] = RATE * (steps - step) / steps
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return Linear(weight.detach(), bias.detach())


def probabilities(model: Linear, images: Images) -> NDArray[np.float32]:
    """Return what `model` says of images uint8 [n, c, h, w]: probabilities [n, classes]."""
    found = torch.empty(len(images), len(model.bias))
    for start in range(0, len(images), BATCH):
        logits = features(images[start : start + BATCH]) @ model.weight + model.bias
        found[start : start + BATCH] = functional.softmax(logits, dim=1)
    return found.numpy()


def out_of_fold(
    images: Images, labels: NDArray[np.int64], classes: int, folds: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return for each image the probabilities [n, classes] of a model that has not seen its fold.

    Args:
        images: uint8 [n, c, h, w].
        labels: int64 [n].
        classes: how many there are.
        folds: int64 [n], the fold of each image; there must be two or more.
    """
    found = np.empty((len(labels), classes), dtype=np.float32)
    for fold in np.unique(folds).tolist():
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        model = fit(images[outside], labels[outside], classes)
        found[inside] = probabilities(model, images[inside])
    return found


def features(images: NDArray[np.uint8]) -> Tensor:
    """Return the pixels of images [b, c, h, w] as float32 [b, features] in [-1, 1]."""
    flat = shrink(images, SIDE).reshape(len(images), -1)
    return torch.from_numpy(flat).float().div_(127.5).sub_(1)
