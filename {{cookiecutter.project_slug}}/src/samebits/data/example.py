"""What an example is made of: the types that data.py and model.py of a project share with this."""

from collections.abc import Mapping
from typing import NamedTuple

from .fields import Arrays

Facts = dict[str, float | str]  # numbers such as "width", words such as "mode"


WORDS = "words"  # the fact that people read in the place of an image
PIXELS = "pixels"  # that which counts the pixels of a mask by their class


class Decoded(NamedTuple):
    """An example as `decode` gives it: its arrays by field, and the facts that are known of it.

    The fact `words`, a text, is what people see of an example that has no image.
    """

    arrays: Arrays
    facts: Mapping[str, float | str]


class Unreadable(ValueError):
    """Says in a few words why a content is no example to learn from."""


class TooLarge(Unreadable):
    """Says that an image has more pixels than `data.megapixels`."""
