"""What a section of yours can say of its keys."""

from .core.params import choice, number

__all__ = ["choice", "number"]
