"""The name that was probably meant."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType


def did_you_mean(
    name: str, known: Iterable[str], whole: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Return "did you mean 'main'? " with the known name nearest to `name`, or "" if none is near.

    `whole` has the whole names of some that are known by a part.
    """
    close = get_close_matches(name, [*known], 1)
    return f"did you mean '{whole.get(close[0], close[0])}'? " if close else ""
