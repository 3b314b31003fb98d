"""Values in a template are text, and a page has everything that its template names."""

import dataclasses
from pathlib import Path

import jinja2
import numpy as np
import pytest
from outline import Outline

from samebits.report import markup
from samebits.report.formats import bar_places, capital, percent, plural, share
from samebits.report.inputs import Inputs
from samebits.report.markup import name, prose, render
from samebits.report.page import page
from samebits.report.sheet import Shown, sheet

TEMPLATES = sorted(Path(markup.__file__).with_name("templates").iterdir())
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onload='alert(1)",
    "`<b>`",
    "a\u202egnp.exe",
    "<% include 'style.css' %>{{ 7 * 7 }}",
    "</style></title>&amp;",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_is_a_name(text: str, inputs: Inputs) -> None:
    image = np.zeros((1, 4, 4), dtype=np.uint8)
    outline = Outline(sheet(text, text, [(text, 1, [Shown(image, text, text)])]))
    assert outline.words.count(text) == 6
    assert ("alt", text) in outline.attributes
    assert {key for key, _ in outline.attributes}.isdisjoint({"onerror", "onload"})
    assert outline.tags.count("img") == 1 and "script" not in outline.tags
    tagged = {dev.md5: [text] for dev in inputs.predictions["dev"].examples}
    params = {"params": {text: {text: text}}}
    identity = {**inputs.identity, **params}
    odd = {**inputs.data, "compared_with": text}
    content = page(dataclasses.replace(inputs, tags=tagged, identity=identity, data=odd))
    outline = Outline(content)
    assert outline.words.count(text) > 10
    assert "script" not in outline.tags
    assert {key for key, _ in outline.attributes}.isdisjoint({"onerror", "onload"})


def test_a_name_keeps_its_direction_to_itself() -> None:
    assert name("a\u202e<b>") == "<bdi>a\u202e&lt;b&gt;</bdi>"


def test_names_in_backticks() -> None:
    assert prose("see `<a>` & `b`") == "see <code>&lt;a&gt;</code> &amp; <code>b</code>"


def test_a_value_that_is_missing_stops_the_page() -> None:
    with pytest.raises(jinja2.UndefinedError, match="sure"):
        render("calibration.html", share=0.5, diagram="")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_is_nothing_that_cookiecutter_reads(path: Path) -> None:
    """It renders the template's files with Jinja's own delimiters, also in old projects."""
    text = path.read_bytes().decode()
    plain = jinja2.Environment(keep_trailing_newline=True)
    assert plain.from_string(text).render() == text
    assert text.endswith("\n") and "\r" not in text
    assert "|safe" not in text


def test_a_bar_stays_in_its_place() -> None:
    assert bar_places(0.5, (0.25, 1.0), 2.0) == ["25.00%", "12.50%", "50.00%"]
    # Values below 0, or too large for the place, end at its edge.
    assert bar_places(-1.0, (-2.0, 9.0), 2.0) == ["0.00%", "0.00%", "100.00%"]
    assert bar_places(0.3, None, 0.0) == ["0.00%"] * 3


def test_words_and_numbers() -> None:
    assert capital("ääh") == "Ääh"
    assert capital("") == ""
    assert percent(0.0714) == "7.1 %"
    assert share(1, 8) == "12.5 %" and share(0, 0) == "–"
    assert plural(1, "example") == "1 example" and plural(2000, "example") == "2,000 examples"
