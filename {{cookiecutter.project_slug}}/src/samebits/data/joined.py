"""Two files as one content: an image and its mask."""

import hashlib

from .example import Unreadable

HEAD = 8  # bytes that hold the length of the first file
HALF = 16  # digits of an MD5


def joined(first: bytes, second: bytes) -> bytes:
    """Return both files as one content."""
    return len(first).to_bytes(HEAD, "big") + first + second


def parted(content: bytes) -> tuple[bytes, bytes]:
    """Return the two files of a content.

    Raises:
        Unreadable: the content was not made by `joined`.
    """
    end = HEAD + int.from_bytes(content[:HEAD], "big")
    if not HEAD <= end <= len(content):
        raise Unreadable("it is one file, not an image with its mask; set task.reader to pairs")
    return content[HEAD:end], content[end:]


def joined_md5(first: str, second: str) -> str:
    """Return what serves as the MD5 of two files: half of the MD5 of each.

    The first digits, which choose dev and test, are those of the image alone. So a redrawn mask
    moves no example there, and an image with two masks is never on both sides.
    """
    return first[:HALF] + second[:HALF]


def content_md5(content: bytes) -> str:
    """Return the `joined_md5` of a content."""
    return joined_md5(*(hashlib.md5(part).hexdigest() for part in parted(content)))
