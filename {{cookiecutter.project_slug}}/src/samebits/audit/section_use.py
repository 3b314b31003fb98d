"""The sections of params.yaml: where each is declared, and which of them code reads."""

import ast
from collections.abc import Mapping
from dataclasses import MISSING
from functools import cache
from typing import Any, NamedTuple

from ..core.yours import YOURS, keys_of
from .parsing import parents, python
from .project import Project
from .rooms import ENGINE

FILE = f"{ENGINE}/core/sections.py"
SPELLED = ("values", "left_out")  # functions of core/config.py that take sections by name


class Section(NamedTuple):
    """A dataclass that declares a section: its name, its file and line, the line of each key.

    `defaults` are the values of those keys that params.yaml need not have.
    """

    name: str
    path: str
    line: int
    keys: dict[str, int]
    defaults: Mapping[str, Any]


def files(project: Project) -> list[str]:
    """The files that declare sections: the engine's, then the user's."""
    return [FILE, *dict.fromkeys(f"{project.package}/{file}" for file in YOURS.values())]


def sections(project: Project) -> dict[str, Section]:
    """The dataclasses that declare sections, by section: the name of the class in lower case."""
    return {
        name: Section(name, path, line, keys, _defaults(project.text(path) or "", name))
        for path in files(project)
        if project.tree(path)
        for name, line, keys in _sections(project.text(path) or "")
        if path == FILE or name in YOURS
    }


def _defaults(text: str, section: str) -> Mapping[str, Any]:
    keys = keys_of(text.encode(), section).items()
    defaults = {name: key.default for name, key in keys if key.default is not MISSING}
    # As in a file: a default that is written without a field may be a tuple.
    return {
        name: [*value] if isinstance(value, tuple) else value for name, value in defaults.items()
    }


@cache
def _sections(text: str) -> tuple[tuple[str, int, dict[str, int]], ...]:
    classes = [node for node in python(text).body if isinstance(node, ast.ClassDef)]
    public = [node for node in classes if _is_dataclass(node) and not node.name.startswith("_")]
    names = {node.name for node in public}
    return tuple(
        (node.name.lower(), node.lineno, {target.id: target.lineno for target, _ in _fields(node)})
        for node in public
        if not _holds_only(node, names)
    )


def _holds_only(node: ast.ClassDef, names: set[str]) -> bool:
    """Whether a dataclass has only sections as fields, so that it is not a section itself."""
    kinds = {kind for _, kind in _fields(node)}
    return bool(kinds) and kinds <= names


def _is_dataclass(node: ast.ClassDef) -> bool:
    return any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list)


def _fields(node: ast.ClassDef) -> list[tuple[ast.Name, str]]:
    fields = [item for item in node.body if isinstance(item, ast.AnnAssign)]
    named = [(item.target, ast.unparse(item.annotation)) for item in fields]
    return [
        (target, kind)
        for target, kind in named
        if isinstance(target, ast.Name) and "ClassVar" not in kind
    ]


def reads(project: Project, path: str) -> dict[str, int]:
    """The sections that a file reads, by line.

    It does so with `read(Section)`, `values("section")` or `left_out("section", "other")`.
    """
    known = sections(project)
    if not project.tree(path):
        return {}
    lines = _reads(project.text(path) or "")
    return {name: line for name, line in lines.items() if name in known}


@cache
def _reads(text: str) -> dict[str, int]:
    if not any(f"{name}(" in text for name in ("read", *SPELLED)):
        return {}
    calls = [node for node in parents(text) if isinstance(node, ast.Call) and node.args]
    named = [
        (last_name(node.args[0]), node.lineno) for node in calls if last_name(node.func) == "read"
    ]
    # A class, not a variable: `file.read(data)` reads no section.
    classes = {name.lower(): line for name, line in named if name[:1].isupper()}
    literals = [
        (name.value, node.lineno)
        for node in calls
        if last_name(node.func) in SPELLED
        for name in node.args
        if isinstance(name, ast.Constant)
    ]
    return {str(name): line for name, line in literals} | classes


def accesses(project: Project, path: str) -> set[tuple[str, str]]:
    """Every `section.key` of a file, as (section, key); the name before the dot is the section."""
    return _accesses(project.text(path) or "") if project.tree(path) else set()


@cache
def _accesses(text: str) -> set[tuple[str, str]]:
    dotted = [node for node in parents(text) if isinstance(node, ast.Attribute)]
    # The argument of `settings: Input` is another name for the section.
    named = {
        node.arg: last_name(node.annotation).lower()
        for node in parents(text)
        if isinstance(node, ast.arg) and isinstance(node.annotation, ast.Name)
    }
    pairs = {(last_name(node.value), node.attr) for node in dotted}
    return pairs | {(named[name], key) for name, key in pairs if name in named}


def last_name(node: ast.AST) -> str:
    """The last name of `a.b.c` or `c`; empty for anything else."""
    return str(getattr(node, "attr", getattr(node, "id", "")))
