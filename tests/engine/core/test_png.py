"""Images that any reader reads, with bytes that depend on the pixels alone."""

import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from samebits.core.png import BLOCK, png


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 8, 8), (3, 5, 9), (1, 255, 256), (3, 200, 150)])
def test_pillow_reads_the_same_pixels(shape: tuple[int, int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    content = png(image)
    opened = Image.open(io.BytesIO(content))
    opened.load()
    assert opened.mode == ("L" if shape[0] == 1 else "RGB")
    back = np.asarray(opened).reshape(*shape[1:], shape[0])
    assert (np.moveaxis(back, 2, 0) == image).all()
    # Pillow forgives a stream without an end or with a wrong checksum; zlib does not.
    assert zlib.decompress(content[content.index(b"IDAT") + 4 : -16])


def test_every_block_is_stored_and_none_is_too_long() -> None:
    # 256 lines of 255 pixels and a filter byte: one byte more than a block holds.
    content = png(np.zeros((1, 256, 255), dtype=np.uint8))
    start = content.index(b"IDAT") + 4 + 2
    assert struct.unpack("<BHH", content[start : start + 5]) == (0, BLOCK, 0)
    last = start + 5 + BLOCK
    assert struct.unpack("<BHH", content[last : last + 5]) == (1, 1, 0xFFFE)


def test_known_bytes() -> None:
    content = png(np.arange(64, dtype=np.uint8).reshape(1, 8, 8))
    digest = "b0eb4945328da0f6a155a9246905713af8277632e60ed7ee9bca9bcdf82977de"
    assert hashlib.sha256(content).hexdigest() == digest


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 8), dtype=np.uint8),
        np.zeros((2, 8, 8), dtype=np.uint8),
        np.zeros((1, 0, 8), dtype=np.uint8),
        np.zeros((1, 8, 8), dtype=np.float32),
    ],
)
def test_what_is_no_image(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected uint8"):
        png(image)
