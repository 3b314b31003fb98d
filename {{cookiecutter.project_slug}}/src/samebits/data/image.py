"""From the content of an image file to its pixels and facts.

What a decoder says about a content is a fact, and is kept. A fault of the machine (out of memory, a
library is missing) is not: it stops the run, and the next run reads the image again.
"""

import io
import math
import mmap
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError, features

from ..console.errors import UserError, refused
from .example import Facts, TooLarge, Unreadable

# The formats, and the library in Pillow's wheel that reads each. Left out are formats that call
# programs of the system (EPS calls Ghostscript), take memory that the header does not reveal (192
# bytes of JPEG 2000 took 4.9 GB; AVIF decodes more than its header says), hold several images of
# which Pillow chooses one (ICO), or cannot be recognised by their content (TGA).
FORMATS = {
    "PNG": "zlib",
    "JPEG": "jpg",
    "GIF": "",
    "BMP": "",
    "PPM": "",
    "TIFF": "libtiff",
    "WEBP": "webp",
}
PNG_END = b"IEND\xae\x42\x60\x82"  # after the pixels, so Pillow does not notice if it is missing
PNG_DEPTH = 24  # the byte with the number of bits per channel
TIFF_BITS, TIFF_GREY, TIFF_SAMPLES, TIFF_TILE, TIFF_SIGNS = 258, 262, 277, (322, 323), 339
PIXEL_BYTES = 28  # of memory to decode a pixel, at most, with the file itself
OPEN_BYTES = 8  # of these, what a WebP takes before its size is known
BAND = 2**20  # pixels to convert at a time
FAINT = 16  # of 255: at this opacity or less, nothing is visible on white
HOT = 0.001  # share of an image's pixels that may be defects of the camera's sensor
Read = TypeVar("Read")


class Limits(Protocol):
    """The keys of section `data` that opening an image takes."""

    @property
    def bits(self) -> int:
        """How many bits of a grey pixel of 16 bits are in use."""

    @property
    def megapixels(self) -> float:
        """The largest image that is opened."""


@contextmanager
def limits(data: Limits) -> Iterator[None]:
    """Apply `data.megapixels` and `data.bits` to `open_image` in the block."""
    before, _limits[:] = [*_limits], [data]
    try:
        yield
    finally:
        _limits[:] = before


_limits: list[Limits] = []


def open_image(content: bytes, mode: str) -> tuple[Image.Image, Facts]:
    """Return the image of a file upright, on white, in 8 bits, and its facts.

    Args:
        content: of the file.
        mode: "L" for grey, "RGB" for colour.

    Returns:
        The image, and these facts: "format" of the content ("PNG"), "mode" in Pillow's terms ("L",
        "RGB"), "width" and "height" of the upright image; "lost", what the pixels should show but
        do not, or ""; "more", 1 if there are further frames, pages or channels; "used", how many
        bits an image of 16 bits uses (if grey, of `data.bits`), and 0 for images with fewer bits
        and those that say how many.

    Raises:
        Unreadable: the content is damaged, too large or not an image.
        MemoryError: there is too little memory here to decode it.
        UserError: this Pillow was built without a library of `FORMATS`.
    """
    return reading(content, [*FORMATS], lambda image, data: _opened(image, content, data, mode))


def reading(content: bytes, formats: list[str], read: Callable[[Any, Limits], Read]) -> Read:
    """Return the result of `read` for the image in a content; damage is `Unreadable`.

    Args:
        content: of the file.
        formats: the allowed formats, by Pillow's names.
        read: takes the opened image and the section `data`.

    Raises:
        Unreadable, MemoryError, UserError: as `open_image`.
    """
    (data,) = _limits
    if not content:
        raise Unreadable("empty file")
    most = round(data.megapixels * 1e6)
    memory = OPEN_BYTES * most
    # Pillow checks each frame before it decodes; it warns above this many pixels, and refuses
    # twice as many. Its warnings are not the image's fault.
    Image.MAX_IMAGE_PIXELS = most // 2
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(io.BytesIO(content), formats=formats) as image,
        ):
            memory = PIXEL_BYTES * math.prod(image.size)
            return read(image, data)
    except Unreadable:
        raise
    except Image.DecompressionBombError as error:
        (pixels,) = re.findall(r"\((\d+) pixels", str(error))
        raise TooLarge(
            f"{int(pixels) / 1e6:.4g} million pixels, more than data.megapixels, "
            f"{data.megapixels:g}"
        ) from None
    except Exception as error:  # a decoder may raise anything on a damaged file
        unknown = isinstance(error, UnidentifiedImageError)
        _refuse_machine(error, 0 if unknown else memory)
        words = _unknown(content) if unknown else str(error) or type(error).__name__
        raise Unreadable(words) from None


def _refuse_machine(error: Exception, memory: int) -> None:
    """Raise an error of the machine; decoding the content takes `memory` bytes."""
    if isinstance(error, ImportError) or refused(error):
        raise error
    missing = [name for name, library in FORMATS.items() if library and not features.check(library)]
    if missing:
        raise UserError(
            f"Pillow was built here without {' and '.join(missing)}; install the locked one with "
            "'make setup'."
        )
    try:
        # Few decoders report that memory ran out; most call the file broken. So the file counts as
        # broken only if there is enough memory.
        mmap.mmap(-1, memory + 2**24).close()
    except OSError:
        raise MemoryError from None


def _unknown(content: bytes) -> str:
    Image.init()
    names = (
        name
        for name, (_, accept) in sorted(Image.OPEN.items())
        if name not in FORMATS and accept and accept(content[:16].ljust(16, b"\0"))
    )
    said = next(names, "unknown")
    return f"its format is {said}, but only {', '.join(sorted(FORMATS))} are read; convert it"


def _opened(image: Any, content: bytes, data: Limits, wanted: str) -> tuple[Image.Image, Facts]:
    kind, tags = str(image.format), getattr(image, "tag_v2", {})
    # A tile may be larger than the image, and Pillow checks the image only.
    tile = math.prod(tags.get(side, 1) for side in TIFF_TILE)
    if tile > data.megapixels * 1e6:
        raise Image.DecompressionBombError(f"a tile of ({tile} pixels)")
    # Before the pixels are read, because checking whether a GIF continues discards them. The other
    # images of a JPEG (MPO) show the same scene: smaller, lighter, or for the other eye.
    more = kind != "MPO" and bool(getattr(image, "is_animated", False))
    tiles = [*image.tile]  # forgotten when the pixels are read
    image.load()
    if kind == "PNG" and PNG_END not in content:
        raise Unreadable("it is truncated")
    # Read here because some formats know their mode only once they are loaded.
    mode, wide = image.mode, _is_wide(image)
    if (mode in ("I", "F") and not wide) or {*tags.get(TIFF_SIGNS, (1,))} != {1}:
        raise Unreadable(
            "its pixels are signed or have 32 bits, so their range is unknown; save it with 8 or "
            "16 unsigned bits"
        )
    more = more or tags.get(TIFF_SAMPLES, 1) > len(image.getbands())
    bits, used = (_bits(image, data), _used(image)) if wide else (0, _used_colours(image, content))
    lost = _lost_wide(image, bits, used) if wide else _lost(image, used)
    varied = image.has_transparency_data and _is_varied(image)
    more = more or (kind == "PPM" and _goes_on(image, tiles, content))
    dark = wide and tags.get(TIFF_GREY) == 0  # 0 is white; Pillow inverts 8 bits, but not 16
    ImageOps.exif_transpose(image, in_place=True)
    width, height = image.size
    flat = _flat(image, bits, dark, wanted)
    if varied and not _is_varied(flat):
        lost = lost or (
            "it shows white on a transparent background, which becomes white too; save it on "
            "another colour"
        )
    facts: Facts = {"format": kind, "mode": mode, "width": width, "height": height}
    return flat, facts | {"lost": lost, "more": int(more), "used": used * (bits in (0, data.bits))}


def _is_wide(image: Any) -> bool:
    """Whether the image is grey of 16 bits."""
    return image.mode.startswith("I;16") or (image.format, image.mode) == ("PPM", "I")


def _bits(image: Any, data: Limits) -> int:
    """Return the bits of a wide pixel that are in use.

    A 12-bit camera's images come as 16 bits, and few files say so (PNG's sBIT and TIFF's
    MaxSampleValue are rare, and also mean other things). The brightest pixel is no guide: it would
    make a dark image light. So the user sets the bits once, for the whole data set.
    """
    if image.format == "PPM":
        return 16  # it names its largest value, and Pillow scales by it
    own = getattr(image, "tag_v2", {}).get(TIFF_BITS, (16,))
    return int(min(data.bits, *own))


def _used(image: Any) -> int:
    """Return the bits that a wide image uses; a camera's few hot pixels do not count."""
    values = np.asarray(image)
    most = HOT * values.size
    bits = range(16, 0, -1)
    return next((bit for bit in bits if np.count_nonzero(values >= 2 ** (bit - 1)) > most), 0)


def _lost_wide(image: Any, bits: int, used: int) -> str:
    """Return what the pixels of a wide image should show but will not, or ""."""
    top = int(np.asarray(image).max())
    if top >= 2**bits:
        return f"it has values up to {top}, more than {bits} bits; raise data.bits"
    if 0 < used <= bits - 4:
        return (
            f"it uses {used} of {bits} bits, so only {max(1, 2 ** (used - bits + 8))} of 256 "
            "levels are left; set data.bits to the bits that such images use"
        )
    return ""


def _used_colours(image: Any, content: bytes) -> int:
    """Return the bits that 16-bit colours use (Pillow reads the upper 8); 0 for others."""
    depth = getattr(image, "tag_v2", {}).get(TIFF_BITS, content[PNG_DEPTH : PNG_DEPTH + 1])
    count = {"LA": 1, "RGB": 3, "RGBA": 3}.get(image.mode, 0)
    if image.format not in ("PNG", "TIFF") or max(depth) != 16 or not count:
        return 0
    levels = np.reshape(image.histogram()[: 256 * count], (count, 256)).sum(axis=0)
    above = levels.sum() - levels.cumsum()  # for each level: the values above it
    return 8 + int(np.argmax(above <= HOT * levels.sum())).bit_length()


def _lost(image: Any, used: int) -> str:
    """Return what the pixels of any other image should show but will not, or ""."""
    if 0 < used <= 12:
        return (
            f"the upper {16 - used} of its 16 bits per colour are empty, so only {2 ** (used - 8)} "
            "of 256 levels are left; save it with 8 bits per colour"
        )
    if image.mode in ("LA", "RGBA") and image.getextrema()[-1][1] < FAINT:
        return "all of it is transparent, and becomes white; save it without transparency"
    return ""


def _is_varied(image: Image.Image) -> bool:
    """Whether the pixels differ."""
    bands: Any = image.getextrema()
    return any(least != most for least, most in (bands if image.im.bands > 1 else [bands]))


def _goes_on(image: Any, tiles: Any, content: bytes) -> bool:
    """Whether a PPM holds another image after this one, which Pillow does not report."""
    if content[1:2] not in b"456":
        return False  # numbers as text, of which Pillow reads as many as it needs
    decoder, _, start, told = tiles[0]
    wide = image.mode.startswith("I") or (decoder == "ppm" and told[1] > 255)
    row = image.width * len(image.getbands()) * (2 if wide else 1)
    row = -(-image.width // 8) if image.mode == "1" else row
    return bool(len(content) > start + row * image.height)


def _flat(image: Image.Image, bits: int, dark: bool, wanted: str) -> Image.Image:
    """Return the image in 8 bits of grey or colour, on white; it is wide if `bits` is not 0.

    Band by band, so that a large image is not in memory four times.
    """
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
    # Pillow clips 16-bit grey to white; we want the upper 8 of the bits in use.
    values = np.minimum(np.asarray(image) >> (bits - 8), 255).astype(np.uint8)
    return Image.fromarray(255 - values if dark else values)


def _opaque(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image
    # Transparent pixels are often black underneath, whatever the image shows.
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image.convert("RGBA"))
