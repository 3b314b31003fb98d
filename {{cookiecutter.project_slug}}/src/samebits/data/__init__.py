"""From files to batches: examples, and how they are decoded, stored, split and loaded."""

from .example import Decoded, Unreadable
from .fields import Arrays, Field, Shape

__all__ = ["Arrays", "Decoded", "Field", "Shape", "Unreadable"]
