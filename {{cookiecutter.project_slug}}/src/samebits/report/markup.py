"""HTML from templates/: Python says what is on a page, a template how it is laid out.

Every value in a template is escaped, except `Markup`: charts, and what was rendered before.
"""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from .formats import bar_places, capital, percent, plural, share, thousands
from .looks import thumbnail


def render(template: str, **values: Any) -> Markup:
    """Return a file of templates/, filled with values."""
    return Markup(_PAGES.get_template(template).render(values))


def name(value: object) -> Markup:
    """Return a name isolated in its writing direction, so that it cannot reverse the rest."""
    return Markup("<bdi>{}</bdi>").format(value)


def prose(sentence: str) -> Markup:
    """Return a sentence; text in backticks, such as keys and commands, becomes code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(sentence))))


_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    # ERB's delimiters: Jinja's own are cookiecutter's, which must copy the engine unchanged.
    block_start_string="<%",
    block_end_string="%>",
    variable_start_string="<%=",
    variable_end_string="%>",
    comment_start_string="<%#",
    comment_end_string="%>",
)
_PAGES.filters |= {
    "capital": capital,
    "name": name,
    "percent": percent,
    "plural": plural,
    "prose": prose,
    "thousands": thousands,
    "thumbnail": thumbnail,
}
_PAGES.globals |= {"bar_places": bar_places, "share": share}
