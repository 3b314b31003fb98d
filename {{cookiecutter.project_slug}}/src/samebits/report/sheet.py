"""Sheets of examples: a page with examples under headings, in one file."""

from collections.abc import Sequence
from typing import NamedTuple

from .looks import Look
from .markup import render

SHOWN = 24


class Shown(NamedTuple):
    """An example of a sheet: how it looks, or None if that cannot be had, and its words."""

    look: Look | None
    title: str
    path: str


def spread(count: int, shown: int = SHOWN) -> list[int]:
    """Return at most `shown` of the numbers below `count`, evenly spread."""
    few = min(count, shown)
    return [place * count // few for place in range(few)]


def sheet(
    title: str,
    lead: str,
    parts: Sequence[tuple[str, int, Sequence[Shown]]],
    examples: str = "examples",
) -> str:
    """Return the page as HTML.

    Args:
        title, lead: what it shows, as plain text.
        parts: heading, how many examples there are in all, and those that are shown.
        examples: what people call them.
    """
    return str(render("sheet.html", title=title, lead=lead, parts=parts, called=examples))
