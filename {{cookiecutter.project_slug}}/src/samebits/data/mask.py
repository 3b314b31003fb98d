"""An image with its mask, a PNG in which the value of each pixel is its class."""

from typing import Any

import numpy as np
from PIL import Image

from .example import Facts, Unreadable
from .image import PNG_DEPTH, PNG_END, open_image, reading
from .joined import parted

MARK = b"\x89PNG\r\n\x1a\n"
SAVE = "save it as a PNG of 8 bits, in which each pixel is the number of its class"


def open_pair(content: bytes, mode: str) -> tuple[Image.Image, Image.Image, Facts]:
    """Return the image and the mask of a content that the reader `pairs` has joined.

    Args:
        content: of both files.
        mode: of the image, "L" for grey, "RGB" for colour.

    Returns:
        The image as `open_image` returns it, the mask of the same size in mode "L", whose values
        are classes, and the facts of the image. Resize a mask with Pillow's `NEAREST`; otherwise a
        pixel between two classes becomes a third.

    Raises:
        Unreadable: either file is damaged or too large, or the mask is not valid or of another
            size.
        MemoryError, UserError: as `open_image`.
    """
    first, second = parted(content)
    image, facts = open_image(first, mode)
    if not second.startswith(MARK):
        raise Unreadable(f"its mask is {'not a PNG' if second else 'empty'}; {SAVE}")
    try:
        mask = reading(second, ["PNG"], lambda opened, _: _opened(opened, second))
    except Unreadable as problem:
        raise type(problem)(f"its mask: {problem}") from None
    if mask.size != image.size:
        sizes = ["×".join(map(str, part.size)) for part in (mask, image)]
        raise Unreadable(
            f"its mask has {sizes[0]} pixels, but the image {sizes[1]}; save both at one size"
        )
    return image, mask, facts


def _opened(image: Any, content: bytes) -> Image.Image:
    image.load()
    if PNG_END not in content:
        raise Unreadable("it is truncated")
    # Pillow keeps a palette's numbers, but rescales grey with fewer bits.
    if image.mode != "P" and (image.mode != "L" or content[PNG_DEPTH] != 8):
        bits = f"{content[PNG_DEPTH]} bits, mode {image.mode}"
        raise Unreadable(f"it has {bits}, not one channel of 8 bits; {SAVE}")
    return Image.fromarray(np.asarray(image))
