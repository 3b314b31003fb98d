"""The types of an example that a project's data.py and model.py share with the engine."""

from collections.abc import Mapping
from typing import NamedTuple

from .fields import Arrays

Facts = dict[str, float | str]  # numbers such as "width", words such as "mode"


WORDS = "words"  # the fact that people read in place of an image
PIXELS = "pixels"  # the fact that counts the pixels of a mask by class


class Decoded(NamedTuple):
    """An example as `decode` returns it: its arrays by field, and its facts.

    The fact `words`, a text, is what people see of an example without an image.
    """

    arrays: Arrays
    facts: Mapping[str, float | str]


class Unreadable(ValueError):
    """Says in a few words why a content is not an example to learn from."""


class TooLarge(Unreadable):
    """Says that an image has more pixels than `data.megapixels`."""
