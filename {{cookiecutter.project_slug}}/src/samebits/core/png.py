"""PNG files whose bytes depend on the pixels alone.

Compressed bytes differ between builds of zlib, so the pixels are stored as they are.
Format: PNG specification, https://www.w3.org/TR/png-3/; stored blocks: RFC 1951, section 3.2.4.
"""

import struct
import zlib

import numpy as np
import numpy.typing as npt

BLOCK = 65535  # bytes that one stored block can hold, at most


def png(image: npt.NDArray[np.uint8]) -> bytes:
    """Return a grey (1 channel) or colour (3 channels) image `[c, h, w]` as a PNG file.

    Raises:
        ValueError: the array is of another type or shape, or has no pixel.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[0] not in (1, 3) or not image.size:
        raise ValueError(f"expected uint8 [1 or 3, h, w], got {image.dtype} {list(image.shape)}")
    channels, height, width = image.shape
    lines = np.moveaxis(image, 0, 2).reshape(height, width * channels)
    raw = np.pad(lines, ((0, 0), (1, 0))).tobytes()  # each line starts with 0: no filter
    header = struct.pack(">IIBBBBB", width, height, 8, 0 if channels == 1 else 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", _stored(raw)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def _stored(raw: bytes) -> bytes:
    blocks = [b"\x78\x01"]  # zlib's header: deflate, 32 KiB window, no dictionary
    for start in range(0, len(raw), BLOCK):
        part = raw[start : start + BLOCK]
        last = start + BLOCK >= len(raw)
        blocks.append(struct.pack("<BHH", last, len(part), len(part) ^ 0xFFFF) + part)
    return b"".join(blocks) + struct.pack(">I", zlib.adler32(raw))
