"""From files to batches: what an example is, how it is decoded, stored, split and loaded."""

from .example import Decoded, Unreadable
from .fields import Arrays, Field, Shape
from .image import open_image
from .series import read_series

__all__ = ["Arrays", "Decoded", "Field", "Shape", "Unreadable", "open_image", "read_series"]
