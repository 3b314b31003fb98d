"""From the content of a picture file to pixels of one shape."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ..config import Data


def decode(content: bytes, data: Data) -> tuple[tuple[int, int], NDArray[np.uint8]]:
    """Return (width, height) of the upright picture, and its pixels on white, made square.

    The pixels are uint8 [channels, image_size, image_size].
    """
    with Image.open(io.BytesIO(content)) as opened:
        image = ImageOps.exif_transpose(opened)
        size = image.size
        if image.mode.startswith("I;16"):
            # Pillow clips 16-bit grey to white where we want its upper 8 bits.
            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        if image.has_transparency_data:
            # What lies under transparent pixels is often black, whatever the picture shows.
            paper = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(paper, image.convert("RGBA"))
        image = image.convert("L" if data.channels == 1 else "RGB")
        side = (data.image_size, data.image_size)
        if image.size != side:
            image = image.resize(side, Image.Resampling.BILINEAR)
        pixels = np.asarray(image, dtype=np.uint8)
    return size, pixels[None] if data.channels == 1 else pixels.transpose(2, 0, 1)
