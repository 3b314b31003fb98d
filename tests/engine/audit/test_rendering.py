"""Template text, broken files, paths: `pytest tests/engine/audit/test_rendering.py`."""

from typing import Any

import pytest

# Written in pieces, so that this file does not contain what it looks for.
OPEN = "{" + "{"
BLOCK = "{" + "%"
NAME = "cookie" + "cutter"


@pytest.mark.parametrize(
    "left",
    [f"{OPEN} {NAME}.x", f"{OPEN}{NAME}['x']", f"{BLOCK} if {NAME}.a", f"{BLOCK}- endfor %}}"],
)
def test_template_text(copy: Any, expect: Any, left: str) -> None:
    copy.write("notes.md", f"one\ntwo {left} three\n")
    expect("rendered", "notes.md", 2, "template text")


@pytest.mark.parametrize("name", [f"{OPEN} x }}.md", f"{BLOCK} if x %}}a.md"])
def test_template_text_in_a_file_name(copy: Any, expect: Any, name: str) -> None:
    copy.write(name, "text\n")
    expect("rendered", name, 1)


@pytest.mark.parametrize("fine", [f"${OPEN} github.ref }}}}", f"{NAME}.json", f"x {BLOCK} if y"])
def test_what_only_looks_like_it(copy: Any, fine: str) -> None:
    copy.write("notes.md", f"{fine}\n")
    assert copy.new() == {}


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.toml", "x = 1\ny =\n", 2),
        ("a.yaml", "x: 1\ny: [\n", 3),
        ("a.yml", "x: 1\n---\ny: 1\ny: 2\n", 4),
        ("a.json", '{"x": 1,\n"y"}\n', 2),
        ("a.ipynb", "{\n", 2),
        ("a.py", "x = 1\ndef f(:\n", 2),
        ("b.py", b"x = '\xff'\n", 1),
    ],
)
def test_a_file_that_does_not_parse(
    copy: Any, expect: Any, name: str, text: str | bytes, line: int
) -> None:
    copy.write(name, text)
    expect("syntax", name, line)


def test_several_documents_and_unknown_tags_are_yaml(copy: Any) -> None:
    copy.write("mkdocs.yml", "a: !!python/name:x.y ''\n---\nb: !secret c\n")
    assert copy.new() == {}


@pytest.mark.parametrize(
    "path",
    [
        "/" + "home/ann/data",
        "/" + "Users/ann/x",
        "/" + "root/x",
        "/" + "tmp/x",
        "C:" + r"\Users\ann",
    ],
)
def test_a_path_of_one_machine(copy: Any, expect: Any, path: str) -> None:
    copy.write("notes.md", f"\nthe data is in {path}\n")
    expect("portable", "notes.md", 2, "one machine")


def test_the_place_of_this_project(copy: Any, expect: Any) -> None:
    copy.write("notes.md", f"\n\nsee {copy.root.as_posix()}/data\n")
    assert copy.new()["portable"][0][:2] == ("notes.md", 3)


@pytest.mark.parametrize(
    "path", ["https://a.org" + "/home/" + "b/c", "$HOME" + "/tmp/" + "x", "a/tmp/x"]
)
def test_a_path_of_any_machine(copy: Any, path: str) -> None:
    copy.write("notes.md", f"{path}\n")
    assert copy.new() == {}


def test_a_path_that_is_allowed(copy: Any) -> None:
    copy.write("notes.md", "/" + "tmp/x  # audit: an example in prose\n")
    assert copy.new() == {}
