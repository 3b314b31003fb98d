"""A variable says what it holds: no name in this repository is `one`, `found` or `them`."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import PROJECT, ROOT

VAGUE = {"one", "found", "them"}
PYTHON = "*.py", "*.py{%*"  # some of the project's only for some tasks


def sources() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *PYTHON],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def vague(text: str) -> Iterator[tuple[int, str]]:
    """The lines that give a variable, an argument, a function or an import such a name."""
    for node in ast.walk(ast.parse(text)):
        name = ""
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        elif isinstance(node, ast.arg):
            name = node.arg
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            name = node.name
        elif isinstance(node, ast.alias):
            name = node.asname or node.name
        if name in VAGUE:
            yield getattr(node, "lineno", 0), name


def test_names_say_what_they_hold() -> None:
    paths = sources()
    places = {path.relative_to(ROOT).parts[0] for path in paths}
    assert places == {"hooks", "scripts", "tests", PROJECT}
    assert any("{%" in path.name for path in paths)
    assert [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in paths
        for line, name in vague(path.read_text("utf-8"))
    ] == []


@pytest.mark.parametrize(
    "text",
    [
        "found = 1",
        "rows = [one for one in ()]",
        "def one(): pass",
        "f = lambda them: 0",
        "import a as found",
        "if (found := 1): pass",
    ],
)
def test_a_vague_name_is_noticed(text: str) -> None:
    assert [*vague(text)]
