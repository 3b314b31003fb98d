"""Shrinks images in integer arithmetic, so that they are the same on every machine."""

import numpy as np
from numpy.typing import NDArray

GIST = 8  # parts per side


def shrink(images: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return images uint8 [..., h, w] with at most `side` pixels per side.

    Each new pixel is the mean of a block; the remainder at the right and the bottom is cut off.
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


def gists(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the mean brightness of 8×8 parts of images uint8 [n, c, h, w], as uint8 [n, 64].

    All pixels count; if a side is below 8, some count in two parts.
    """
    sums = images.sum(axis=1, dtype=np.uint32)
    parts = np.array([images.shape[1]], dtype=np.uint32)
    for axis in (1, 2):
        side = sums.shape[axis]
        starts = np.arange(GIST) * side // GIST
        sums = np.add.reduceat(sums, starts, axis=axis)
        parts = np.multiply.outer(parts, np.maximum(np.diff(starts, append=side), 1))
    return np.asarray(sums // parts, dtype=np.uint8).reshape(len(images), GIST**2)
