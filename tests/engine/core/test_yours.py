"""A project's files declare things that their syntax shows; they are imported only on use."""

import importlib
from pathlib import Path
from typing import Any

import pytest
from conftest import PACKAGE
from handwritten_digits import data, model, training

from samebits.console.errors import UserError
from samebits.core.key_kinds import Key, keys
from samebits.core.yours import (
    READ_BY,
    YOURS,
    Yours,
    declared,
    examples_name,
    package,
    reads_images,
)

SHIPPED = {"input": data.Input, "augmentation": training.Augmentation, "model": model.Model}


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding)
    return path


@pytest.mark.parametrize("section", YOURS)
def test_the_syntax_says_what_an_import_would(section: str) -> None:
    folder = Path(data.__file__).parent
    assert declared(folder / YOURS[section], section) == keys(SHIPPED[section])


def test_nothing_is_imported(tmp_path: Path) -> None:
    text = """
import samebits.params as params
from nowhere import nothing, Kind

raise SystemExit
SIZES = (8, 16)
NAMES = {"a": nothing, "b": nothing}
MORE = {**NAMES, "c": nothing}


class Input:
    size: int = params.choice(*SIZES)
    name: str = params.choice(*NAMES)
    more: str = params.choice(*MORE)
    step: int = params.number(1, bigger="x2")
    low: float = params.number(-1, high=1.5)
    flag: bool
    kind: Kind
    drawn: int = nothing(3)
    unknown: int = params.number(nothing.least)
    plain: int = 3
    other = 5
"""
    assert declared(write(tmp_path / "data.py", text), "input") == {
        "size": Key("size", int, {"choices": (8, 16)}),
        "name": Key("name", str, {"choices": ("a", "b")}),
        "more": Key("more", str, {}),
        "step": Key("step", int, {}),
        "low": Key("low", float, {"low": -1, "high": 1.5, "bigger": ""}),
        "flag": Key("flag", bool, {}),
        "kind": Key("kind", None, {}),
        "drawn": Key("drawn", int, {}),
        "unknown": Key("unknown", int, {}),
        "plain": Key("plain", int, {}, 3),
    }


def test_as_python_reads_a_file(tmp_path: Path) -> None:
    text = "class Input:\n    size: int\n"
    for encoding in ("utf-8-sig", "utf-8"):
        assert [*declared(write(tmp_path / "data.py", text, encoding), "input")] == ["size"]
    latin = write(tmp_path / "data.py", f"# coding: latin-1\n# é\n{text}", "latin-1")
    assert [*declared(latin, "input")] == ["size"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, r"data\.py is missing; restore it from Git"),
        (b"class Input:\n  size: int =\n", r"data\.py, line 2: invalid syntax"),
        (b"size = '\xe9'\n", r"data\.py, .*can't decode byte"),
        (b"size = 8\0\n", r"data\.py, .*null byte"),
        (b"class Model:\n  size: int\n", r"data\.py has no dataclass Input, which declares the se"),
    ],
)
def test_a_file_that_declares_nothing(tmp_path: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / "data.py").write_bytes(content)
    with pytest.raises(UserError, match=words):
        declared(tmp_path / "data.py", "input")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, r"there is no pyproject\.toml here; run this from the project's folder"),
        ("[project\n", r"pyproject\.toml names no project; restore it from Git"),
        ("[tool]\n", r"pyproject\.toml names no project"),
        ("project = 3\n", r"pyproject\.toml names no project"),
    ],
)
def test_no_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        write(Path("pyproject.toml"), text)
    with pytest.raises(UserError, match=words):
        package()


def test_a_stage_gets_the_files_that_it_reads_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("pyproject.toml"), '[project]\nname = "handwritten-digits"\n')
    assert package() == PACKAGE
    yours: Any = Yours(READ_BY["train"])
    yours.load()
    assert (yours.model, yours.training) == (model, training)
    with pytest.raises(AttributeError, match=r"data\.py is not one of the files read here"):
        yours.data.decode(b"")


def test_a_file_that_need_not_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    write(tmp_path / "mine/__init__.py", "")
    write(tmp_path / "pyproject.toml", '[project]\nname = "mine"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    assert Yours(["show"]).show is None
    write(tmp_path / "mine/show.py", "SIDE = 3\n")
    importlib.invalidate_caches()
    assert Yours(["show"]).show.SIDE == 3
    with pytest.raises(ModuleNotFoundError, match=r"mine\.model"):
        Yours(["model"]).load()


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("import samebits.data.image", True),
        ("from samebits.data import mask", True),
        ('Field("uint8", (channels, size, size))', True),
        ('Field("uint8", [1, 8, 8])', True),
        ('fields.Field(shape=(1, 8, 8), dtype="uint8")', True),
        ('Field("uint8", shape=(1, 8, 8))', True),
        ('Field("uint8", (8, 8))', False),
        ('Field(dtype="float32", shape=(1, 8, 8))', False),
        ("Field(*announced)", None),
        ('Field("uint8", shape)', None),
        ("Field(dtype=TYPE, shape=(1, 8, 8))", None),
        ('Field("float32", shape)', False),
        ("Shape(1, 8, 8)", False),
    ],
)
def test_whether_images_are_learnt_from(line: str, known: bool | None) -> None:
    assert reads_images(f"import numpy\n{line}\n".encode()) is known


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('EXAMPLES = "clouds"\n', "clouds"),
        ('import nowhere\nEXAMPLES = "X-ray images"\n', "X-ray images"),
        ('def fields():\n    EXAMPLES = "images"\n', "examples"),
        ("", "examples"),
        ("no Python", "examples"),  # which is told where it matters
    ],
)
def test_what_examples_are_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "pyproject.toml", '[project]\nname = "p"\n')
    assert examples_name() == "examples"
    (tmp_path / "src/p").mkdir(parents=True)
    write(tmp_path / "src/p/data.py", text)
    assert examples_name() == name


@pytest.mark.parametrize("value", ["3", "''", "NAMES[0]", "'a | b'", "'two\\nlines'"])
def test_what_no_example_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "pyproject.toml", '[project]\nname = "p"\n')
    (tmp_path / "src/p").mkdir(parents=True)
    write(tmp_path / "src/p/data.py", f"EXAMPLES = {value}\n")
    with pytest.raises(UserError, match=r"data\.py: EXAMPLES is .*; write in quotes what"):
        examples_name()
