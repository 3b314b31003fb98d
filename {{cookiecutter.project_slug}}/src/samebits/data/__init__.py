"""From files to batches: what an example is, how it is decoded, stored, split and loaded."""

from .example import Arrays, Decoded, Field, Shape, Unreadable
from .image import open_image

__all__ = ["Arrays", "Decoded", "Field", "Shape", "Unreadable", "open_image"]
