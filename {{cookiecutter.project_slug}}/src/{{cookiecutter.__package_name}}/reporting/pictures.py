"""Pictures inside the page, so that it stays one file."""

import base64
import math

import numpy as np
import numpy.typing as npt

from ..data.png import png
from .markup import text

LARGEST = 128  # pixels a side; keeps a page with pictures of any size small
TINY = 64  # below this, pictures are shown with their pixels as squares


def image_tag(image: npt.NDArray[np.uint8], alt: str) -> str:
    """Return an `<img>` that holds a picture `[c, h, w]` as PNG."""
    small = shrink(image)
    data = base64.b64encode(png(small)).decode("ascii")
    kind = ' class="tiny"' if max(small.shape[1:]) < TINY else ""
    return f'<img{kind} alt="{text(alt)}" src="data:image/png;base64,{data}">'


def shrink(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return a picture `[c, h, w]` with at most `LARGEST` pixels a side.

    Each new pixel is the mean of a block, in whole numbers: the same on every machine.
    """
    channels, height, width = image.shape
    down, across = math.ceil(height / LARGEST), math.ceil(width / LARGEST)
    rows, columns = height // down, width // across
    cut = image[:, : rows * down, : columns * across].astype(np.int64)
    blocks = cut.reshape(channels, rows, down, columns, across).sum(axis=(2, 4))
    return np.asarray(blocks // (down * across), dtype=np.uint8)
