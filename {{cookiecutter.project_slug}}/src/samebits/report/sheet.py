"""Sheets of examples: a page with examples under headings, in one file."""

from collections.abc import Sequence
from typing import NamedTuple

from .looks import Look, look_tag
from .markup import document, name, plural, section, text

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


def sheet(title: str, lead: str, parts: Sequence[tuple[str, int, Sequence[Shown]]]) -> str:
    """Return the page as HTML.

    Args:
        title, lead: what it shows, as plain text.
        parts: heading, how many examples there are in all, and those that are shown.
    """
    body = "\n".join(_part(*part) for part in parts)
    header = f"<header><h1>{text(title)}</h1>\n<p>{text(lead)}</p></header>"
    return document(title, f"{header}\n<main>\n{body}\n</main>")


def _part(heading: str, count: int, shown: Sequence[Shown]) -> str:
    lead = plural(count, "example") + (f"; {len(shown)} of them" if len(shown) < count else "")
    return section(
        heading, f"<p>{lead}.</p>", '<ol class="mistakes">', *map(_figure, shown), "</ol>"
    )


def _figure(one: Shown) -> str:
    known = one.look is not None
    image = look_tag(one.look, one.path) if one.look is not None else ""
    return (
        f"<li><figure>{image}<figcaption><b>{name(one.title)}</b>"
        f"<small>{name(one.path)}{'' if known else ' (cannot be shown)'}</small>"
        "</figcaption></figure></li>"
    )
