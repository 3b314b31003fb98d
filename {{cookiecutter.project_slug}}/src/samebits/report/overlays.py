"""An image with its masks drawn over it, for people."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.resize import shrink
from ..data.fields import Arrays, Field, image_of
from ..data.targets import MASK

SAID = "said"  # the predicted mask, in addition to the arrays of an example
# Of the classes: none for the first, which is usually the background, then colours that
# colour-blind people can tell apart (Okabe and Ito, 2008).
COLOURS = (
    (230, 159, 0),
    (0, 114, 178),
    (0, 158, 115),
    (204, 121, 167),
    (86, 180, 233),
    (213, 94, 0),
)
STRONG = 0.6  # share of the colour in what is shown
SIDE = 128  # pixels of each of the images, at most
GAP = 1  # pixels between two images, white

Image = NDArray[np.uint8]  # [c, h, w]


def drawn(arrays: Arrays) -> Image | None:
    """Return the image, the true mask over it, and the predicted one, if any, side by side.

    None for an example without an image; without a mask, the image as it is.
    """
    fields = {name: Field(values.dtype.name, values.shape) for name, values in arrays.items()}
    name = image_of(fields)
    if not name or fields[name].shape[0] not in (1, 3):
        return None
    image = arrays[name]
    masks = [arrays[name] for name in (MASK, SAID) if name in arrays]
    if not masks or any(mask.shape != image.shape[1:] for mask in masks):
        return image
    parts = [_coloured(image), *(over(image, mask) for mask in masks)]
    return beside([shrink(part, SIDE) for part in parts])


def over(image: Image, mask: NDArray[Any]) -> Image:
    """Return the image with the pixels of each class but the first in its colour [3, h, w]."""
    tinted = _coloured(image).astype(np.float64)
    for at, colour in enumerate(np.array(COLOURS, dtype=np.float64)):
        chosen = (mask > 0) & ((mask.astype(np.int64) - 1) % len(COLOURS) == at)
        tinted[:, chosen] += STRONG * (colour[:, np.newaxis] - tinted[:, chosen])
    return tinted.round().astype(np.uint8)


def _coloured(image: Image) -> Image:
    return np.repeat(image, 3, axis=0) if image.shape[0] == 1 else image


def beside(images: Sequence[Image]) -> Image:
    """Return images [3, h, w] of one size side by side."""
    gap = np.full((3, images[0].shape[1], GAP), 255, dtype=np.uint8)
    parts = [part for image in images for part in (gap, image)]
    return np.concatenate(parts[1:], axis=2)
