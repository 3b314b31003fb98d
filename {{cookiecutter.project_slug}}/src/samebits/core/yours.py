"""The user's files: where they are, and what they declare, from their syntax alone."""

import ast
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..console.errors import UserError
from . import key_kinds
from .key_kinds import TYPES, Key, written

PYPROJECT = Path("pyproject.toml")  # audit: only the name of the package is read from it
# The file of the package that declares each section that is not the engine's.
YOURS = {"input": "data.py", "augmentation": "training.py", "model": "model.py"}
# The files that each stage imports; the audit compares dvc.yaml with it.
READ_BY: Mapping[str, tuple[str, ...]] = {
    "validate": ("data",),
    "prepare": ("data",),
    "train": ("model", "training"),
    "evaluate": ("model", "metrics"),
    "diagnose": ("metrics",),
    "report": ("metrics", "show"),
}
OPENING = ("samebits.data.image", "samebits.data.mask")  # the engine's modules that open images
# What people may call examples.
WORD = re.compile(r"[^\W\d_]+([ -][^\W\d_]+)*")
OPTIONAL = frozenset({"show"})  # a project need not have these


class Yours:
    """Files of the package, as attributes: each is imported on first use.

    One of `OPTIONAL` is None if it is missing.

    Args:
        names: those that may be used, such as "model".
        package: their package; if left out, that of the project in this folder.
    """

    def __init__(self, names: Iterable[str], package: str = "") -> None:
        self._names, self._package = frozenset(names), package

    def load(self) -> None:
        """Import all of them."""
        for name in sorted(self._names):
            getattr(self, name)

    def __getattr__(self, name: str) -> Any:
        if name not in self._names:
            raise AttributeError(
                f"{name}.py is not one of the files read here: {sorted(self._names)}"
            )
        module = f"{self._package or package()}.{name}"
        return None if name in OPTIONAL and not find_spec(module) else import_module(module)


def package(pyproject: Path = PYPROJECT) -> str:
    """Return the name of the package next to the engine: the project's name in pyproject.toml.

    Raises:
        UserError: pyproject.toml is missing, or names no project.
    """
    try:
        text = pyproject.read_text(encoding="utf-8")
        name = tomllib.loads(text)["project"]["name"]
    except FileNotFoundError:
        raise UserError(
            "there is no pyproject.toml here; run this from the project's folder."
        ) from None
    except (ValueError, KeyError, TypeError):
        raise UserError("pyproject.toml names no project; restore it from Git.") from None
    return str(name).replace("-", "_")


def examples_name() -> str:
    """Return what people call the examples, in the plural: `EXAMPLES` of data.py, if it has one.

    Raises:
        UserError: it is not a word.
    """
    try:
        tree = ast.parse(Path("src", package(), "data.py").read_bytes())
    except (UserError, OSError, SyntaxError, ValueError):
        return "examples"  # whoever needs the file says what is wrong with it
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "EXAMPLES":
            word = getattr(statement.value, "value", None)
            if not isinstance(word, str) or not WORD.fullmatch(word):
                raise UserError(
                    f"data.py: EXAMPLES is {ast.unparse(statement.value)}; write in quotes what "
                    'people call the examples, such as "images".'
                )
            return word
    return "examples"


def declared(path: Path, section: str) -> Mapping[str, Key]:
    """Return the keys of the dataclass that declares a section, in a file that is not imported.

    Raises:
        UserError: the file is missing, is not Python, or has no such dataclass.
    """
    try:
        return keys_of(path.read_bytes(), section)
    except FileNotFoundError:
        raise UserError(f"{path.as_posix()} is missing; restore it from Git.") from None
    except SyntaxError as error:
        raise UserError(f"{path.as_posix()}, line {error.lineno}: {error.msg}.") from None
    except LookupError:
        raise UserError(
            f"{path.as_posix()} has no dataclass {section.capitalize()}, which declares the "
            f"section '{section}'; write one, even if it has no fields."
        ) from None


@cache
def keys_of(content: bytes, section: str) -> Mapping[str, Key]:
    """Return the keys of the dataclass that declares a section, in the content of a file.

    Raises:
        SyntaxError, LookupError: it is not Python, or has no such dataclass.
    """
    tree = ast.parse(content)
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef))
    declaring = next((node for node in classes if node.name.lower() == section), None)
    if declaring is None:
        raise LookupError(section)
    names = {
        target.id: statement.value
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    keys = [node for node in declaring.body if isinstance(node, ast.AnnAssign)]
    return {
        node.target.id: Key(
            node.target.id, TYPES.get(ast.unparse(node.annotation)), *_said(node, names)
        )
        for node in keys
        if isinstance(node.target, ast.Name)
    }


@cache
def reads_images(content: bytes) -> bool | None:
    """Whether a data.py learns from images, from its syntax; None if that leaves it open.

    It does if it opens them with the engine, or writes out the field of an image: `Field("uint8",
    (channels, height, width))`. A computed type or shape may be one.
    """
    nodes = [*ast.walk(ast.parse(content))]
    fields = {_is_image_field(node) for node in nodes}
    if True in fields or any(map(_opens_images, nodes)):
        return True
    return None if None in fields else False


def _opens_images(node: ast.AST) -> bool:
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return False
    names = [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        names = [str(node.module), *(f"{node.module}.{name}" for name in names)]
    return any(name in OPENING for name in names)


def _is_image_field(node: ast.AST) -> bool | None:
    """Whether a call makes the field of an image; None if it may."""
    name = getattr(node, "func", None)
    if not isinstance(node, ast.Call) or getattr(name, "attr", getattr(name, "id", "")) != "Field":
        return False
    given = dict(zip(("dtype", "shape"), node.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    dtype, shape = given.get("dtype"), given.get("shape")
    if isinstance(dtype, ast.Constant) and dtype.value != "uint8":
        return False
    if isinstance(shape, ast.Tuple | ast.List) and len(shape.elts) != 3:
        return False
    return True if isinstance(dtype, ast.Constant) and hasattr(shape, "elts") else None


def _said(node: ast.AnnAssign, names: Mapping[str, ast.expr]) -> tuple[Mapping[str, Any], Any]:
    """The rules for the values of a field, and its default, if these are written out."""
    try:
        if not isinstance(node.value, ast.Call):
            return {}, _value(node.value, names) if node.value else MISSING
        call = node.value
        kind = getattr(key_kinds, getattr(call.func, "attr", getattr(call.func, "id", "")), None)
        given = [value for part in call.args for value in _values(part, names)]
        named = {str(part.arg): _value(part.value, names) for part in call.keywords}
        field = kind(*given, **named) if kind else None
        return (dict(field.metadata), written(field.default)) if field else ({}, MISSING)
    except (ValueError, TypeError, AttributeError):
        return {}, MISSING  # the stages that read the section say what is wrong with a value


def _values(node: ast.expr, names: Mapping[str, ast.expr]) -> list[Any]:
    return [*_value(node.value, names)] if isinstance(node, ast.Starred) else [_value(node, names)]


def _value(node: ast.expr, names: Mapping[str, ast.expr]) -> Any:
    if isinstance(node, ast.Name) and node.id in names:
        node = names[node.id]
    if isinstance(node, ast.Dict):  # of which the keys alone count
        if None in node.keys:
            raise ValueError("part of it is defined elsewhere")
        return [ast.literal_eval(key) for key in node.keys if key]
    return ast.literal_eval(node)
