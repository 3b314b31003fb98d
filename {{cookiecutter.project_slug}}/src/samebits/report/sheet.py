"""Sheets of examples: a page with examples under headings, in one file."""

from collections.abc import Sequence
from typing import NamedTuple

from .looks import Look
from .markup import render

SHOWN = 24


class Shown(NamedTuple):
    """An example on a sheet: its look, or None if it cannot be shown, and its words."""

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
        title, lead: of the page, as plain text.
        parts: heading, the number of examples in all, and those that are shown.
        examples: what people call them.
    """
    return str(render("sheet.html", title=title, lead=lead, parts=parts, called=examples))
