"""Where in the chain the error sits, and what to try: the content of reports/diagnosis.json."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..diagnosis.words import Words
from .markup import bar, capital, prose, section, table, text

Rows = Sequence[Mapping[str, Any]]


def chain_section(diagnosis: Mapping[str, Any], words: Words) -> str:
    """Return the section: the errors, the gaps between them, and the ideas."""
    parts = [
        _errors(diagnosis["chain"], words),
        _gaps(diagnosis["gaps"], diagnosis["link"], words),
        _ideas(diagnosis["ideas"]),
    ]
    return section("Where the error sits", *filter(None, parts))


def _errors(chain: Rows, words: Words) -> str:
    most = max((max([one["error"], *(one["interval"] or ())]) for one in chain), default=0.0)
    rows = [
        [
            text(_plain(one["name"])),
            bar(one["error"], one["interval"], most),
            f"{words.amount(one['error'])} "
            f"<small>{words.ends(*one['interval']) if one['interval'] else 'wanted'}</small>",
            f"{one['examples']:,}" if one["examples"] else "",
        ]
        for one in chain
    ]
    header = ["", "", words.column, "Examples"]
    caption = f"{words.caption}, from target to test, with 95 % intervals"
    return table(caption, header, rows, kind="bars")


def _gaps(gaps: Rows, link: str | None, words: Words) -> str:
    rows = [
        [
            f"{text(one['title'])} <small>{text(_plain(one['from']))} → "
            f"{text(_plain(one['to']))}</small>",
            f"{words.bare(one['value'], signed=True)}{words.points} "
            f"<small>{words.ends(*one['interval'])}</small>",
            "yes" if one["real"] else "not for sure",
            f"<code>{text(one['section'])}</code>",
        ]
        for one in gaps
    ]
    marked = next((at for at, one in enumerate(gaps) if one["name"] == link), None)
    header = ["Gap", "Size", "Really there", "Moved by"]
    return (
        table("The gaps between them, with 95 % intervals", header, rows, marked=marked)
        if rows
        else ""
    )


def _ideas(ideas: Rows) -> str:
    if not ideas:
        return ""
    items = "\n".join(
        f"<li><b>{capital(text(one['idea']))}</b> – {prose(one['why'])} "
        f"<small>{text(one['cost'])}, section <code>{text(one['section'])}</code></small>"
        + (f'<code class="command">{text(one["command"])}</code>' if one["command"] else "")
        + "</li>"
        for one in ideas
    )
    return f'<h3>What to try, in this order</h3>\n<ol class="ideas">\n{items}\n</ol>'


def _plain(name: str) -> str:
    return name.replace("_", "-")
