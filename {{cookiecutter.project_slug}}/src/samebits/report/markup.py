"""HTML in small pieces. Every text that comes from outside passes through `text`."""

import html
import re
from collections.abc import Iterable, Sequence

from .style import STYLE


def text(value: object) -> str:
    """Escape a value for use between tags or inside a quoted attribute."""
    return html.escape(str(value), quote=True)


def name(value: object) -> str:
    """Escape a name and keep its writing direction to itself, so that it cannot turn the rest."""
    return f"<bdi>{text(value)}</bdi>"


def some(names: Sequence[str]) -> str:
    """Return the first five names, and how many more there are."""
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return ", ".join(map(name, names[:5])) + more


def share(part: int, whole: int) -> str:
    """Return a part of a whole as a percentage with one decimal; of nothing, a dash."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def plural(count: int, singular: str, many: str = "") -> str:
    """Return a count with its noun, such as `1 example` and `2 examples`."""
    return f"{count:,} {singular if count == 1 else many or singular + 's'}"


def prose(value: str) -> str:
    """Escape a sentence, in which names of keys and commands stand in backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text(value))


def capital(words: str) -> str:
    """Return words with a capital at the start of the sentence."""
    return words[:1].upper() + words[1:]


def percent(part: float) -> str:
    """Return a share such as 0.123 as a percentage with one decimal."""
    return f"{100 * part:.1f} %"


def bar(value: float, interval: Sequence[float] | None, most: float) -> str:
    """Return a bar from 0 to `value`, with whiskers; as long as its place where that is `most`.

    A whisker that reaches below 0 has no end there. A bar says nothing that does not stand beside
    it in numbers, so nobody misses it who cannot see it.
    """
    low, high = interval or (value, value)
    places = [100 * min(max(one / most, 0), 1) if most else 0 for one in (value, low, high)]
    at, left, right = (f"{place:.2f}%" for place in places)
    kind = "bar" if interval else "bar exact"
    kind += " below" * (low < 0)
    return f'<span class="{kind}" style="--at:{at};--low:{left};--high:{right}"></span>'


def document(title: str, body: str) -> str:
    """Return a whole page, which needs no other file."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        # A second lock on the door: even a name that escaped escaping could load and run nothing.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\">\n"
        f"<title>{text(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def section(title: str, *content: str) -> str:
    """Return a part of the page under its own heading."""
    body = "\n".join(content)
    return f"<section>\n<h2>{text(title)}</h2>\n{body}\n</section>"


def table(
    caption: str,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    marked: int | None = None,
    kind: str = "",
) -> str:
    """Return a table of ready HTML cells; the first cell of each row is the row's header.

    Args:
        caption: says what the table holds, as plain text.
        header: one cell for each column.
        rows: as many cells in each row.
        marked: the row to stress, counted from 0.
        kind: a class name for the style sheet.
    """
    head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    body = []
    for index, (first, *rest) in enumerate(rows):
        mark = ' class="marked"' if index == marked else ""
        cells = "".join(f"<td>{cell}</td>" for cell in rest)
        body.append(f'<tr{mark}><th scope="row">{first}</th>{cells}</tr>\n')
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}">\n'
        f'<table class="{text(kind)}">\n<caption>{text(caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(body)}</tbody>\n</table></div>"
    )
