"""What a section of yours can say about its keys."""

from .core.key_kinds import choice, names, number

__all__ = ["choice", "names", "number"]
