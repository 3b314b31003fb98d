"""The features of cheap models: the image, shrunk, or otherwise all arrays as numbers."""

import numpy as np
from numpy.typing import NDArray

from ..core.resize import shrink
from .fields import Arrays, fields_of, image_of
from .shards import Stored, rows

SIDE = 32  # pixels of an image; a linear model gains nothing from finer ones
MOST = 1024  # numbers of other examples, for the same reason
OWN = "features"  # the field in which `decode` gives simple models their features
LARGEST = 1e30  # a float64 may hold more than a float32

Seen = NDArray[np.uint8] | NDArray[np.float32]  # images [n, c, h, w], or numbers [n, f]


def features(arrays: Arrays) -> Seen:
    """Return the features of a batch of examples.

    Args:
        arrays: by name, [n, ...] each.

    Returns:
        The field "features", if `decode` makes it; otherwise the image, if there is one, as uint8
        [n, c, h, w] with at most `SIDE` pixels a side; otherwise the arrays side by side as float32
        [n, f], evenly thinned to at most `MOST` numbers.
    """
    if OWN in arrays:
        own = arrays[OWN]
        return own.reshape(len(own), -1).astype(np.float64).clip(-LARGEST, LARGEST).astype("<f4")
    image = image_of(fields_of(arrays))
    if image:
        return shrink(arrays[image], SIDE)
    flat = [array.reshape(len(array), -1) for array in arrays.values()]
    width = sum(array.shape[1] for array in flat)
    few = min(width, MOST)
    chosen = np.arange(few) * width // few
    parts, start = [], 0
    for array in flat:
        inside = chosen[(chosen >= start) & (chosen < start + array.shape[1])] - start
        parts.append(array[:, inside].astype(np.float64).clip(-LARGEST, LARGEST))
        start += array.shape[1]
    return np.concatenate(parts, axis=1, dtype=np.float32)


class Features:
    """The features of many examples, computed on demand."""

    def __init__(self, arrays: Stored) -> None:
        self._arrays = arrays
        self.image = "" if OWN in arrays else image_of(fields_of(arrays))

    def __len__(self) -> int:
        return len(next(iter(self._arrays.values())))

    def __getitem__(self, chosen: slice | NDArray[np.int64]) -> Seen:
        return features(rows(self._arrays, chosen))
