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

MOST_NODES, DEPTH = 1_000_000, 100  # of a YAML text: nodes with aliases expanded, nesting
# What the parsers raise for malformed or too deeply nested texts.
_UNREADABLE = (
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError),
    *(RecursionError, MemoryError),
)
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Broken(Exception):
    """The text does not parse: the line, and the parser's reason."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


class _LineLoader(_BASE):  # type: ignore[misc]  # the base depends on how PyYAML was built
    """The safe loader; it reads an unknown tag (`!secret`) as None instead of refusing it."""


_LineLoader.add_constructor(None, lambda loader, node: None)


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
        """The mapping at this path, its keys as text; empty if there is none."""
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
    result = _yaml_or_problem(text)
    if isinstance(result, Broken):
        raise Broken(result.line, str(result))
    return result


@cache
def _yaml_or_problem(text: str) -> tuple[Document, ...] | Broken:
    """The documents or the error, cached, so that a broken text is also parsed only once."""
    try:
        return _documents(text)
    except Broken as problem:
        return problem


def _documents(text: str) -> tuple[Document, ...]:
    try:
        _refuse_endless(text)
        loader = _LineLoader(text)
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
    """Raise `Broken` for nesting or aliases that expand a text beyond any real file."""
    sizes: dict[str | None, int] = {}
    waiting: list[tuple[str | None, int]] = [(None, 0)]  # anchor and size of open collections
    event: Any
    for event in yaml.parse(text, Loader=_LineLoader):
        line, anchor, size = event.start_mark.line + 1, getattr(event, "anchor", None), 0
        if isinstance(event, yaml.CollectionStartEvent):
            waiting.append((anchor, 1))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = waiting.pop()
        elif isinstance(event, yaml.AliasEvent):
            if anchor not in sizes:
                raise Broken(line, f"the alias *{anchor} has no anchor or refers to itself")
            size = sizes[anchor]
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
        if anchor and size:
            sizes[anchor] = size
        waiting[-1] = (waiting[-1][0], waiting[-1][1] + size)
        if len(waiting) > DEPTH or waiting[-1][1] > MOST_NODES:
            raise Broken(line, "is nested too deeply, or its aliases expand too far")


def _refuse_twins(node: yaml.Node) -> None:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for name, value in node.value:
            if isinstance(name, yaml.ScalarNode) and name.value != "<<":
                if name.value in seen:
                    raise Broken(name.start_mark.line + 1, f"the key {name.value!r} is repeated")
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
    """Every node of the tree of a Python text with its parent, without `if TYPE_CHECKING`."""
    above: dict[ast.AST, ast.AST] = {}
    waiting: list[ast.AST] = [python(text)]
    while waiting:
        node = waiting.pop()
        below = node.orelse if types_only(node) else ast.iter_child_nodes(node)
        for child in below:
            above[child] = node
            waiting.append(child)
    return above


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement in and below `body`, without `if TYPE_CHECKING`."""
    for statement in body:
        yield statement
        if not types_only(statement):
            yield from statements(getattr(statement, "body", []))
        for field in ("orelse", "finalbody"):
            yield from statements(getattr(statement, field, []))
        for part in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
            yield from statements(part.body)


def types_only(node: ast.AST) -> TypeGuard[ast.If]:
    """Whether this is `if TYPE_CHECKING:`, whose body never runs."""
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
