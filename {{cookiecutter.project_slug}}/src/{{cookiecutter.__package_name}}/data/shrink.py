"""Smaller pictures by whole numbers, so that they are the same on every machine."""

import numpy as np
from numpy.typing import NDArray


def shrink(images: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return pictures uint8 [..., h, w] with at most `side` pixels a side.

    Each new pixel is the mean of a block; what is left over at the right and the bottom is cut.
    """
    *outer, height, width = images.shape
    down, across = -(-height // side), -(-width // side)
    if down == across == 1:
        return images
    rows, columns = height // down, width // across
    cut = images[..., : rows * down, : columns * across]
    blocks = cut.reshape(*outer, rows, down, columns, across)
    sums = blocks.sum(axis=(-3, -1), dtype=np.int64)
    return np.asarray(sums // (down * across), dtype=np.uint8)
