"""Where in the chain the error sits, and what to try: the content of reports/diagnosis.json."""

from collections.abc import Mapping, Sequence
from typing import Any

from .markup import bar, capital, percent, prose, section, table, text

Rows = Sequence[Mapping[str, Any]]


def chain_section(diagnosis: Mapping[str, Any]) -> str:
    """Return the section: the errors, the gaps between them, and the ideas."""
    parts = [_errors(diagnosis["chain"]), _gaps(diagnosis["gaps"], diagnosis["link"])]
    parts.append(_ideas(diagnosis["ideas"]))
    return section("Where the error sits", *filter(None, parts))


def _errors(chain: Rows) -> str:
    most = max((max([one["error"], *(one["interval"] or ())]) for one in chain), default=0.0)
    rows = [
        [
            text(_plain(one["name"])),
            bar(one["error"], one["interval"], most),
            f"{percent(one['error'])} "
            f"<small>{_between(one['interval']) if one['interval'] else 'wanted'}</small>",
            f"{one['examples']:,}" if one["examples"] else "",
        ]
        for one in chain
    ]
    header = ["", "", "Wrong", "Pictures"]
    caption = "Share of pictures that get a wrong class, from target to test, with 95 % intervals"
    return table(caption, header, rows, kind="bars")


def _gaps(gaps: Rows, link: str | None) -> str:
    rows = [
        [
            f"{text(one['title'])} <small>{text(_plain(one['from']))} → "
            f"{text(_plain(one['to']))}</small>",
            f"{100 * one['value']:+.1f} points <small>{_between(one['interval'])}</small>",
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


def _between(interval: Sequence[float]) -> str:
    return f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}"


def _plain(name: str) -> str:
    return name.replace("_", "-")
