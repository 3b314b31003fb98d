"""Rows of cells as aligned text, and the name that was probably meant."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType


def aligned(rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)) -> str:
    """Return a line for each row, with columns right-aligned except those numbered in `left`."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if number in left else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def did_you_mean(
    name: str, known: Iterable[str], whole: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Return "did you mean 'main'? " with the known name nearest to `name`, or "" if none is near.

    `whole` has the whole names of some that are known by a part.
    """
    close = get_close_matches(name, [*known], 1)
    return f"did you mean '{whole.get(close[0], close[0])}'? " if close else ""
