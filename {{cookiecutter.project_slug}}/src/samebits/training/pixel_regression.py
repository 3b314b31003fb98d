"""Logistic regression on a pixel and its neighbours: the simplest model that learns masks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..data.fields import fields_of, image_of
from ..data.loader import Split
from .linear_model import Linear, given
from .softmax_regression import fit

AROUND = 2  # neighbouring pixels to each side
MOST_PIXELS = 20_000  # to learn from, evenly spread over examples; few weights need no more
MOST_OF_ONE = 64  # of one example
BATCH = 4096  # pixels at once


@dataclass(frozen=True)
class Pixels:
    """A linear model from the neighbourhood of a pixel in the array `name` to its class."""

    name: str
    model: Linear
    seen = f"{2 * AROUND + 1}×{2 * AROUND + 1} neighbours"

    @classmethod
    def learnt(cls, train: Split) -> Self | None:
        """Return the model fitted to sampled pixels; None if no image has the size of the masks."""
        name = image_of(fields_of(train.arrays))
        if not name or train.arrays[name].shape[2:] != train.labels.shape[1:]:
            return None
        features, labels = [], []
        for place, chosen in spread(len(train.labels), int(np.prod(train.labels.shape[1:]))):
            row = slice(place, place + 1)
            features.append(around(train.arrays[name][row])[chosen])
            labels.append(train.labels[row].ravel()[chosen])
        targets = np.concatenate(labels).astype(np.int64)
        return cls(name, fit(np.concatenate(features), targets, len(train.classes)))

    def logits(self, split: Split, count: int, start: int) -> Tensor:
        """Return logits [count, classes, h, w] from `start` on; blank images fill up the rest."""
        present = split.arrays[self.name][start : start + count]
        images = np.zeros((count, *present.shape[1:]), dtype=present.dtype)
        images[: len(present)] = present
        values = given(self.model, around(images), lambda outputs: outputs, BATCH)
        sides = images.shape[2:]
        return values.view(count, *sides, values.shape[1]).permute(0, 3, 1, 2)


def spread(
    count: int, pixels: int, most: int = MOST_OF_ONE
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield the examples to learn from, of `count`, and for each the chosen of its `pixels`."""
    each = min(most, pixels)
    few = min(count, MOST_PIXELS // each)
    for place in (np.arange(few) * count // few).tolist():
        # The start differs between examples, so that no column of the image is always taken.
        yield place, (np.arange(each) * pixels // each + place) % pixels


def around(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the neighbours of each pixel of images [n, c, h, w]: uint8 [n * h * w, c, d, d].

    Beyond an edge, edge pixels repeat.
    """
    sides = (0, 0), (0, 0), (AROUND, AROUND), (AROUND, AROUND)
    wide = np.pad(images, sides, mode="edge")
    size = 2 * AROUND + 1
    windows = np.lib.stride_tricks.sliding_window_view(wide, (size, size), axis=(2, 3))
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, images.shape[1], size, size)
