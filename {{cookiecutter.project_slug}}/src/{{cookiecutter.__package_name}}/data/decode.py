"""From the content of a picture file to pixels of one shape, and what else is known of it."""

import io
import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from ..config import Data

PNG_END = b"IEND\xae\x42\x60\x82"  # behind the pixels, so that Pillow does not miss it


class Picture(NamedTuple):
    """A decoded picture file.

    `format` is told from its content ("PNG"), `mode` is Pillow's ("L", "RGB"); `width` and `height`
    are those of the upright picture; `pixels` are uint8 [channels, image_size, image_size].
    """

    format: str
    mode: str
    width: int
    height: int
    pixels: NDArray[np.uint8]


class Unreadable(ValueError):
    """Says in a few words why a content is no picture to learn from."""


def decode(content: bytes, data: Data) -> Picture:
    """Return the picture upright, on white, made square.

    Raises:
        Unreadable: the content is damaged, or no picture.
    """
    if not content:
        raise Unreadable("empty file")
    try:
        # Pillow refuses a bomb; a picture of half that size is large, and no more.
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            return _decoded(content, data)
    except UnidentifiedImageError:
        raise Unreadable("its content is in no picture format") from None
    except Unreadable:
        raise
    except Exception as error:  # a decoder may raise anything on a damaged file
        raise Unreadable(str(error) or type(error).__name__) from None


def _decoded(content: bytes, data: Data) -> Picture:
    with Image.open(io.BytesIO(content)) as image:
        kind = image.format or ""
        image.load()
        if kind == "PNG" and PNG_END not in content:
            raise Unreadable("it stops before its end")
        # Read here, for some formats tell their mode only when they are loaded.
        mode = image.mode
        if mode in ("I", "F"):
            raise Unreadable("its 32-bit pixels have no fixed range; 8 and 16 bits have")
        ImageOps.exif_transpose(image, in_place=True)
        width, height = image.size
        square = _flat(image, data.channels)
        if square.size != (data.image_size, data.image_size):
            square = square.resize((data.image_size, data.image_size), Image.Resampling.BILINEAR)
        pixels = np.asarray(square, dtype=np.uint8)
    shaped = pixels[None] if data.channels == 1 else pixels.transpose(2, 0, 1)
    return Picture(kind, mode, width, height, shaped)


def _flat(image: Image.Image, channels: int) -> Image.Image:
    """Return the picture in 8 bits of grey or colour, on white."""
    if image.mode.startswith("I;16"):
        # Pillow clips 16-bit grey to white where we want its upper 8 bits.
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        # What lies under transparent pixels is often black, whatever the picture shows.
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image.convert("RGBA"))
    wanted = "L" if channels == 1 else "RGB"
    return image if image.mode == wanted else image.convert(wanted)  # which would copy it
