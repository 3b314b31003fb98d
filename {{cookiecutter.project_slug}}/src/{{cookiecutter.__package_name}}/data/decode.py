"""From the content of a picture file to pixels of one shape, and what else is known of it.

What a decoder says of a content is a fact, and is kept. What the machine says (there is no memory,
a library is missing) is none: it stops the run, and the picture is looked at again.
"""

import io
import math
import mmap
import re
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError, features

from ..config import Data
from ..errors import UserError, refused

# What is read, and the library in Pillow's wheel that does it. No format that calls programs of the
# system (EPS calls Ghostscript); that takes memory of which its header says nothing (192 bytes of
# JPEG 2000 took 4.9 GB; AVIF decodes more than it announces); that holds several pictures of which
# one is chosen (ICO); or that has no mark by which to tell it (TGA).
FORMATS = {
    "PNG": "zlib",
    "JPEG": "jpg",
    "GIF": "",
    "BMP": "",
    "PPM": "",
    "TIFF": "libtiff",
    "WEBP": "webp",
}
PNG_END = b"IEND\xae\x42\x60\x82"  # behind the pixels, so that Pillow does not miss it
PNG_DEPTH = 24  # the byte that says how many bits a channel has
TIFF_BITS, TIFF_GREY, TIFF_SAMPLES, TIFF_TILE, TIFF_SIGNS = 258, 262, 277, (322, 323), 339
PIXEL_BYTES = 28  # of memory that decoding one pixel takes, at most, with the file itself
OPEN_BYTES = 8  # of these, what a WebP takes before its size is known
BAND = 2**20  # pixels that are converted at once
FAINT = 16  # of 255: what is no more opaque cannot be seen on white
HOT = 0.001  # share of a picture's pixels that may be defects of a camera's sensor


class Picture(NamedTuple):
    """A decoded picture file.

    `format` is told from its content ("PNG"), `mode` is Pillow's ("L", "RGB"); `width` and `height`
    are those of the upright picture; `pixels` are uint8 [channels, image_size, image_size]. `lost`
    says what the pixels do not show and should, "" for nothing; `more` whether it has further
    frames, pages or channels. `used` is how many bits a picture of 16 takes, of `data.bits` where
    it is grey, 0 of one that has fewer bits, or says how many.
    """

    format: str
    mode: str
    width: int
    height: int
    pixels: NDArray[np.uint8]
    lost: str = ""
    more: bool = False
    used: int = 0


class Unreadable(ValueError):
    """Says in a few words why a content is no picture to learn from."""


class TooLarge(Unreadable):
    """Says that a picture has more pixels than `data.megapixels`."""


def decode(content: bytes, data: Data) -> Picture:
    """Return the picture upright, on white, made square.

    Raises:
        Unreadable: the content is damaged, too large or no picture.
        MemoryError: there is too little memory here to say.
        UserError: this Pillow was built without a library that it takes to say.
    """
    if not content:
        raise Unreadable("empty file")
    most = round(data.megapixels * 1e6)
    memory = OPEN_BYTES * most
    # Pillow asks before it decodes, frame by frame; it warns of so many pixels, and refuses twice
    # as many. That, and what it warns of besides, is no fault of a picture.
    Image.MAX_IMAGE_PIXELS = most // 2
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(io.BytesIO(content), formats=[*FORMATS]) as image,
        ):
            memory = PIXEL_BYTES * math.prod(image.size)
            return _picture(image, content, data)
    except Unreadable:
        raise
    except Image.DecompressionBombError as error:
        (found,) = re.findall(r"\((\d+) pixels", str(error))
        raise TooLarge(
            f"{int(found) / 1e6:.4g} million pixels, more than data.megapixels, {data.megapixels:g}"
        ) from None
    except Exception as error:  # a decoder may raise anything on a damaged file
        unknown = isinstance(error, UnidentifiedImageError)
        _refuse_machine(error, 0 if unknown else memory)
        words = _unknown(content) if unknown else str(error) or type(error).__name__
        raise Unreadable(words) from None


def is_picture(path: Path) -> bool:
    """Return whether a file begins as a picture of a format that is read.

    Raises:
        MemoryError, OSError, UserError: this machine cannot say.
    """
    try:
        with Image.open(path, formats=[*FORMATS]):
            return True
    except Image.DecompressionBombError:
        return True
    except Exception as error:  # a decoder may raise anything on a damaged file
        _refuse_machine(error, 0)
        return False


def _refuse_machine(error: Exception, memory: int) -> None:
    """Raise what is no fault of a content that takes so many bytes of memory."""
    if isinstance(error, ImportError) or refused(error):
        raise error
    missing = [name for name, one in FORMATS.items() if one and not features.check(one)]
    if missing:
        raise UserError(
            f"Pillow was built here without {' and '.join(missing)}; install the locked one with "
            "'make setup'."
        )
    try:
        # Few decoders say that memory ran out: for most the file is broken then. So it counts as
        # broken only where there is the memory for it.
        mmap.mmap(-1, memory + 2**24).close()
    except OSError:
        raise MemoryError from None


def _unknown(content: bytes) -> str:
    Image.init()
    names = (
        name
        for name, (_, accept) in sorted(Image.OPEN.items())
        if name not in FORMATS and accept and accept(content[:16])
    )
    said = next(names, "no picture format")
    return f"its content is in {said}, and read are {', '.join(sorted(FORMATS))}; convert it"


def _picture(image: Any, content: bytes, data: Data) -> Picture:
    kind, tags = str(image.format), getattr(image, "tag_v2", {})
    # A tile may be larger than the whole, and Pillow looks at the whole.
    tile = math.prod(tags.get(side, 1) for side in TIFF_TILE)
    if tile > data.megapixels * 1e6:
        raise Image.DecompressionBombError(f"a tile of ({tile} pixels)")
    # Before the pixels, for to look whether a GIF goes on forgets them. What a JPEG holds besides
    # (MPO) is the same scene once more: smaller, lighter, or by the other eye.
    more = kind != "MPO" and bool(getattr(image, "is_animated", False))
    tiles = [*image.tile]  # forgotten, too, when the pixels are read
    image.load()
    if kind == "PNG" and PNG_END not in content:
        raise Unreadable("it stops before its end")
    # Read here, for some formats tell their mode only when they are loaded.
    mode, wide = image.mode, _is_wide(image)
    if (mode in ("I", "F") and not wide) or {*tags.get(TIFF_SIGNS, (1,))} != {1}:
        raise Unreadable(
            "its pixels have a sign or 32 bits, and no fixed range; 8 and 16 bits without have"
        )
    more = more or tags.get(TIFF_SAMPLES, 1) > len(image.getbands())
    bits, used = (_bits(image, data), _used(image)) if wide else (0, _used_colours(image, content))
    lost = _lost_wide(image, bits, used) if wide else _lost(image, used)
    varied = image.has_transparency_data and _is_varied(image)
    more = more or (kind == "PPM" and _goes_on(image, tiles, content))
    dark = wide and tags.get(TIFF_GREY) == 0  # 0 is white, and Pillow turns 8 bits over, not 16
    ImageOps.exif_transpose(image, in_place=True)
    width, height = image.size
    square = _flat(image, bits, dark, data.channels)
    if varied and not _is_varied(square):
        lost = lost or (
            "what it shows is as white as what lies behind it, where it is transparent; save it "
            "on another colour"
        )
    if square.size != (data.image_size, data.image_size):
        square = square.resize((data.image_size, data.image_size), Image.Resampling.BILINEAR)
    pixels = np.asarray(square, dtype=np.uint8)
    shaped = pixels[None] if data.channels == 1 else pixels.transpose(2, 0, 1)
    return Picture(kind, mode, width, height, shaped, lost, more, used * (bits in (0, data.bits)))


def _is_wide(image: Any) -> bool:
    """Whether the picture is grey of 16 bits."""
    return image.mode.startswith("I;16") or (image.format, image.mode) == ("PPM", "I")


def _bits(image: Any, data: Data) -> int:
    """Return the bits of a wide pixel that are in use.

    A 12-bit camera's pictures come as 16 bits, and hardly a file says so (PNG's sBIT and TIFF's
    MaxSampleValue are rare, and mean other things as well). To take them from the brightest pixel
    would make a dark picture light. So a person says it once, for all of a set alike.
    """
    if image.format == "PPM":
        return 16  # it says its largest value, and Pillow stretches to that
    own = getattr(image, "tag_v2", {}).get(TIFF_BITS, (16,))
    return int(min(data.bits, *own))


def _used(image: Any) -> int:
    """Return the bits that a wide picture takes; a camera's few hot pixels do not count."""
    values = np.asarray(image)
    most = HOT * values.size
    bits = range(16, 0, -1)
    return next((bit for bit in bits if np.count_nonzero(values >= 2 ** (bit - 1)) > most), 0)


def _lost_wide(image: Any, bits: int, used: int) -> str:
    """Return what the pixels will not show of a wide picture and should, "" for nothing."""
    top = int(np.asarray(image).max())
    if top >= 2**bits:
        return f"it has values up to {top}, more than {bits} bits; raise data.bits"
    if 0 < used <= bits - 4:
        return (
            f"it uses {used} of {bits} bits, so that {max(1, 2 ** (used - bits + 8))} of 256 "
            "levels are left; set data.bits to the bits that such pictures use"
        )
    return ""


def _used_colours(image: Any, content: bytes) -> int:
    """Return the bits that colours of 16 bits take, of which Pillow reads the upper 8; else 0."""
    depth = getattr(image, "tag_v2", {}).get(TIFF_BITS, content[PNG_DEPTH : PNG_DEPTH + 1])
    count = {"LA": 1, "RGB": 3, "RGBA": 3}.get(image.mode, 0)
    if image.format not in ("PNG", "TIFF") or max(depth) != 16 or not count:
        return 0
    levels = np.reshape(image.histogram()[: 256 * count], (count, 256)).sum(axis=0)
    above = levels.sum() - levels.cumsum()  # of each level
    return 8 + int(np.argmax(above <= HOT * levels.sum())).bit_length()


def _lost(image: Any, used: int) -> str:
    """Return what the pixels will not show of any other picture and should, "" for nothing."""
    if 0 < used <= 12:
        return (
            f"of the 16 bits of its colours the upper {16 - used} are empty, so that "
            f"{2 ** (used - 8)} of 256 levels are left; save it with 8 bits a colour"
        )
    if image.mode in ("LA", "RGBA") and image.getextrema()[-1][1] < FAINT:
        return "all of it is transparent, and becomes white; save it without transparency"
    return ""


def _is_varied(image: Image.Image) -> bool:
    """Whether not all pixels are the same."""
    bands: Any = image.getextrema()
    return any(least != most for least, most in (bands if image.im.bands > 1 else [bands]))


def _goes_on(image: Any, tiles: Any, content: bytes) -> bool:
    """Whether a PPM holds another picture behind this one, of which Pillow says nothing."""
    if content[1:2] not in b"456":
        return False  # numbers in words, of which Pillow takes as many as it needs
    decoder, _, start, told = tiles[0]
    wide = image.mode.startswith("I") or (decoder == "ppm" and told[1] > 255)
    row = image.width * len(image.getbands()) * (2 if wide else 1)
    row = -(-image.width // 8) if image.mode == "1" else row
    return bool(len(content) > start + row * image.height)


def _flat(image: Image.Image, bits: int, dark: bool, channels: int) -> Image.Image:
    """Return the picture in 8 bits of grey or colour, on white; it is wide where `bits` is not 0.

    Part by part, so that a large picture is not in memory four times.
    """
    wanted = "L" if channels == 1 else "RGB"
    if image.mode == wanted and not image.has_transparency_data:
        return image
    flat = Image.new(wanted, image.size)
    rows = max(1, BAND // image.width)
    for top in range(0, image.height, rows):
        box = (0, top, image.width, min(top + rows, image.height))
        part = _narrow(image.crop(box), bits, dark) if bits else _opaque(image.crop(box))
        flat.paste(part.convert(wanted), box)
    return flat


def _narrow(image: Image.Image, bits: int, dark: bool) -> Image.Image:
    # Pillow clips 16-bit grey to white where we want the upper 8 of the bits in use.
    values = np.minimum(np.asarray(image) >> (bits - 8), 255).astype(np.uint8)
    return Image.fromarray(255 - values if dark else values)


def _opaque(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image
    # What lies under transparent pixels is often black, whatever the picture shows.
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image.convert("RGBA"))
