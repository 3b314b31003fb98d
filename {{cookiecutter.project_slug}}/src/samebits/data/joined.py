"""Two files as one content: an image and its mask."""

import hashlib

from .example import Unreadable

HEAD = 8  # bytes that say how long the first is
HALF = 16  # digits of an MD5


def joined(first: bytes, second: bytes) -> bytes:
    """Return both files as one content."""
    return len(first).to_bytes(HEAD, "big") + first + second


def parted(content: bytes) -> tuple[bytes, bytes]:
    """Return the two files of a content.

    Raises:
        Unreadable: it is no such content.
    """
    end = HEAD + int.from_bytes(content[:HEAD], "big")
    if not HEAD <= end <= len(content):
        raise Unreadable("it is one file, and not an image with its mask; set task.reader to pairs")
    return content[HEAD:end], content[end:]


def joined_md5(first: str, second: str) -> str:
    """Return what stands for the MD5 of two files, of the MD5 of each: a half of either.

    The first digits, which choose dev and test, are those of the image alone: a mask that is drawn
    anew moves no example there, and one image with two masks is never on both sides.
    """
    return first[:HALF] + second[:HALF]


def content_md5(content: bytes) -> str:
    """Return that of a content."""
    return joined_md5(*(hashlib.md5(part).hexdigest() for part in parted(content)))
