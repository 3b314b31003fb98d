"""From files to batches: what an example is, how it is decoded, stored, split and loaded."""

from .example import Decoded, Unreadable
from .fields import Arrays, Field, Shape

__all__ = ["Arrays", "Decoded", "Field", "Shape", "Unreadable"]
