"""What an example is made of: the types that data.py and model.py of a project share with this."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from numpy.typing import NDArray

IMAGE = "image"  # the one field that there is
Shape = tuple[int, ...]
Arrays = Mapping[str, NDArray[Any]]  # the arrays of an example, or of a batch of them: [b, ...]
Facts = dict[str, float | str]  # numbers such as "width", words such as "mode"


class Field(NamedTuple):
    """An array that every example has: NumPy's name of its type, and its shape."""

    dtype: str
    shape: Shape


class Decoded(NamedTuple):
    """An example as `decode` gives it: its arrays by field, and the facts that are known of it."""

    arrays: Arrays
    facts: Facts


class Unreadable(ValueError):
    """Says in a few words why a content is no example to learn from."""


class TooLarge(Unreadable):
    """Says that an image has more pixels than `data.megapixels`."""
