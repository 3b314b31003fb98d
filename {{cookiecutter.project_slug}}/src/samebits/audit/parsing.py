"""Text into trees: Python, YAML, TOML and JSON, each text parsed once, with line numbers."""

import ast
import json
import re
import tomllib
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, TypeGuard

import yaml

MOST_NODES, DEPTH = 1_000_000, 100  # of a text with all its aliases, and of what is nested
# What the parsers raise on what is no such text, or nested without end.
_UNREADABLE = (
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError),
    *(RecursionError, MemoryError),
)
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Broken(Exception):
    """The text is not what its suffix says: `line` and what the parser said."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


class _Loader(_BASE):  # type: ignore[misc]  # the base depends on how PyYAML was built
    """The safe loader; a tag of another program (`!secret`) is read as nothing, not refused."""


_Loader.add_constructor(None, lambda loader, node: None)


class Document(NamedTuple):
    """One YAML document: its value, and its nodes, which know their lines."""

    value: Any
    node: yaml.Node | None

    def line(self, *keys: str | int) -> int:
        """The line of the key or list entry at this path, or of the last part that exists."""
        node, line = self.node, 1
        for key in keys:
            line, node = _child(node, key, line)
        return line

    def get(self, *keys: str) -> Any:
        """The value at this path of mappings, or None."""
        value = self.value
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def mapping(self, *keys: str) -> dict[str, Any]:
        """The mapping at this path, its keys as text; empty where there is none."""
        value = self.get(*keys)
        return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def _child(node: yaml.Node | None, key: str | int, line: int) -> tuple[int, yaml.Node | None]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == str(key):
                return name.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key].start_mark.line + 1, node.value[key]
    return line, None


def yaml_documents(text: str) -> tuple[Document, ...]:
    """Every document of a YAML text.

    Raises:
        Broken: the text is not YAML, or a mapping has one key twice.
    """
    found = _yaml_or_problem(text)
    if isinstance(found, Broken):
        raise Broken(found.line, str(found))
    return found


@cache
def _yaml_or_problem(text: str) -> tuple[Document, ...] | Broken:
    """So that a broken text is parsed once, too, however often it is asked for."""
    try:
        return _documents(text)
    except Broken as problem:
        return problem


def _documents(text: str) -> tuple[Document, ...]:
    try:
        _refuse_endless(text)
        loader = _Loader(text)
        documents = []
        while loader.check_node():
            node = loader.get_node()
            _refuse_twins(node)
            documents.append(Document(loader.construct_document(node), node))
        return tuple(documents)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Broken(mark.line + 1 if mark else 1, str(error.problem)) from error
    except (yaml.YAMLError, *_UNREADABLE) as error:
        raise Broken(1, " ".join(str(error).split())) from error


def _refuse_endless(text: str) -> None:
    """Raise `Broken` for nesting and aliases that make more of a text than anybody writes."""
    sizes: dict[str | None, int] = {}
    waiting: list[tuple[str | None, int]] = [(None, 0)]  # anchor and size of what is not ended
    event: Any
    for event in yaml.parse(text, Loader=_Loader):
        line, anchor, size = event.start_mark.line + 1, getattr(event, "anchor", None), 0
        if isinstance(event, yaml.CollectionStartEvent):
            waiting.append((anchor, 1))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = waiting.pop()
        elif isinstance(event, yaml.AliasEvent):
            if anchor not in sizes:
                raise Broken(line, f"the alias *{anchor} stands for nothing, or for itself")
            size = sizes[anchor]
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
        if anchor and size:
            sizes[anchor] = size
        waiting[-1] = (waiting[-1][0], waiting[-1][1] + size)
        if len(waiting) > DEPTH or waiting[-1][1] > MOST_NODES:
            raise Broken(line, "is nested too deeply, or its aliases stand for too much")


def _refuse_twins(node: yaml.Node) -> None:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for name, value in node.value:
            if isinstance(name, yaml.ScalarNode) and name.value != "<<":
                if name.value in seen:
                    raise Broken(name.start_mark.line + 1, f"the key {name.value!r} stands twice")
                seen.add(name.value)
            _refuse_twins(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_twins(value)


@cache
def python(text: str) -> ast.Module:
    """The syntax tree of a Python text. Raises `Broken`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, *_UNREADABLE) as error:
        raise Broken(getattr(error, "lineno", 1) or 1, getattr(error, "msg", str(error))) from error


@cache
def parents(text: str) -> dict[ast.AST, ast.AST]:
    """Every node below the tree of a Python text with its parent, `if TYPE_CHECKING` left out."""
    found: dict[ast.AST, ast.AST] = {}
    waiting: list[ast.AST] = [python(text)]
    while waiting:
        node = waiting.pop()
        below = node.orelse if types_only(node) else ast.iter_child_nodes(node)
        for child in below:
            found[child] = node
            waiting.append(child)
    return found


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement in and below `body`, `if TYPE_CHECKING` left out; expressions are not."""
    for statement in body:
        yield statement
        if not types_only(statement):
            yield from statements(getattr(statement, "body", []))
        for field in ("orelse", "finalbody"):
            yield from statements(getattr(statement, field, []))
        for part in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
            yield from statements(part.body)


def types_only(node: ast.AST) -> TypeGuard[ast.If]:
    """Whether this is `if TYPE_CHECKING:`, whose body no run enters."""
    if not isinstance(node, ast.If):
        return False
    return getattr(node.test, "id", getattr(node.test, "attr", "")) == "TYPE_CHECKING"


@cache
def toml(text: str) -> dict[str, Any]:
    """The value of a TOML text. Raises `Broken`."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        raise Broken(int(place[1]) if place else text.count("\n") + 1, str(error)) from error
    except _UNREADABLE as error:
        raise Broken(1, str(error)) from error


@cache
def json_value(text: str) -> Any:
    """The value of a JSON text. Raises `Broken`."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Broken(error.lineno, error.msg) from error
    except _UNREADABLE as error:
        raise Broken(1, str(error)) from error
