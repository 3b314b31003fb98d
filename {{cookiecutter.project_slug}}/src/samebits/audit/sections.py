"""The sections of the config: what config.py declares, and what the code reads of them."""

import ast
from functools import cache
from typing import NamedTuple

from .parsing import parents, python
from .project import Project


class Section(NamedTuple):
    """A config dataclass: its name in params.yaml, its line, and the line of each key."""

    name: str
    line: int
    keys: dict[str, int]


def config_file(project: Project) -> str:
    """Where the sections are declared."""
    return f"{project.package}/config.py"


def sections(project: Project) -> dict[str, Section]:
    """The dataclasses of config.py by section name, which is the class name in lower case.

    A dataclass that only holds other dataclasses of the file is no section, nor is a private one.
    """
    path = config_file(project)
    return _sections(project.text(path) or "") if project.tree(path) else {}


@cache
def _sections(text: str) -> dict[str, Section]:
    classes = [node for node in python(text).body if isinstance(node, ast.ClassDef)]
    classes = [node for node in classes if _is_dataclass(node) and not node.name.startswith("_")]
    names = {node.name for node in classes}
    found = [_section(node) for node in classes if not _holds_only(node, names)]
    return {section.name: section for section in found if section.keys}


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


def _holds_only(node: ast.ClassDef, names: set[str]) -> bool:
    return all(kind in names for _, kind in _fields(node))


def _section(node: ast.ClassDef) -> Section:
    keys = {target.id: target.lineno for target, _ in _fields(node)}
    return Section(node.name.lower(), node.lineno, keys)


def reads(project: Project, path: str) -> dict[str, int]:
    """The sections that a file reads with `read(Section)` or `config.read(Section)`, by line."""
    known = sections(project)
    if path == config_file(project) or not project.tree(path):
        return {}
    found = _reads(project.text(path) or "")
    return {name: line for name, line in found.items() if name in known}


@cache
def _reads(text: str) -> dict[str, int]:
    if "read(" not in text:
        return {}
    calls = [node for node in parents(text) if isinstance(node, ast.Call) and node.args]
    reading = [node for node in calls if _last(node.func) == "read"]
    named = [(_last(node.args[0]), node.lineno) for node in reading]
    # A class, not a variable: `file.read(data)` reads no section.
    return {name.lower(): line for name, line in named if name[:1].isupper()}


def accesses(project: Project, path: str) -> set[tuple[str, str]]:
    """Every `section.key` of a file, as (section, key): what stands before the dot names it."""
    return _accesses(project.text(path) or "") if project.tree(path) else set()


@cache
def _accesses(text: str) -> set[tuple[str, str]]:
    dotted = [node for node in parents(text) if isinstance(node, ast.Attribute)]
    return {(_last(node.value), node.attr) for node in dotted}


def _last(node: ast.AST) -> str:
    """The last name of `a.b.c` or `c`; empty for anything else."""
    return str(getattr(node, "attr", getattr(node, "id", "")))
