"""What `build` of model.py alone runs: it may draw from torch's own generator, seeded for it.

Whatever else is run, such as `forward` or `augment`, would draw from it unseeded.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from .parsing import statements
from .project import Project
from .sections import last_name

_Function = ast.FunctionDef | ast.AsyncFunctionDef
# What making an object calls, of its class or of one of torch's above it.
_MAKING = ("__init__", "__new__", "__post_init__", "reset_parameters")
# What the engine or torch calls by itself, outside `build`.
_CALLED = {".forward", ".__call__"} | {
    *("inputs", "augment", "loss", "schedule", "fields", "decode")
}


class _Part(NamedTuple):
    """A function, class or value at the top of a file: `f`, or `.f` of a method; what it says."""

    path: str
    name: str
    node: ast.stmt
    says: frozenset[str]


@lru_cache(maxsize=8)
def building(project: Project) -> frozenset[tuple[str, int]]:
    """The lines, as (file, line), that `build` reaches by name and nothing else does."""
    own = [path for path in project.sources if path.startswith(f"{project.package}/")]
    parts = [part for path in own for part in _parts(project, path)]
    build = [part for part in parts if part[:2] == (f"{project.package}/model.py", "build")]
    inside = _reached(parts, build)
    functions = {part for part in parts if isinstance(part.node, _Function)}
    others = {part for part in functions if part not in inside or part.name in _CALLED}
    called = {name for path in own for name in _at_import(project, path)}
    alone = inside - _reached(parts, [*others, *(one for one in parts if one.name in called)])
    return frozenset((one.path, line) for one in alone & functions for line in _lines(one.node))


def _reached(parts: list[_Part], start: Iterable[_Part]) -> set[_Part]:
    found, waiting = set[_Part](), [*start]
    while waiting:
        part = waiting.pop()
        if part not in found:
            found.add(part)
            waiting += [other for other in parts if other.name in part.says]
    return found


def _lines(node: ast.stmt) -> set[int]:
    """The lines of a function, but for those of a `forward` in it."""
    inner = statements(getattr(node, "body", []))
    called = [one for one in inner if f".{getattr(one, 'name', '')}" in _CALLED]
    return {*_span(node)} - {line for one in called for line in _span(one)}


def _span(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _parts(project: Project, path: str) -> Iterator[_Part]:
    tree = project.tree(path)
    body = tree.body if tree else []
    brought = {
        one.asname or one.name: one.name
        for node in body
        if isinstance(node, ast.ImportFrom)
        for one in node.names
    }
    for node in body:
        if isinstance(node, ast.ClassDef):
            methods = [one for one in node.body if isinstance(one, _Function)]
            rest = [one for one in node.body if one not in methods]
            yield _Part(path, node.name, node, _said(brought, *node.bases, *rest))
            for one in methods:
                name = node.name if one.name in _MAKING else f".{one.name}"
                yield _Part(path, name, one, _said(brought, one))
        for name in _defined(node):
            yield _Part(path, name, node, _said(brought, node))


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, _Function):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [one.id for one in targets if isinstance(one, ast.Name)]


def _said(brought: dict[str, str], *nodes: ast.AST) -> frozenset[str]:
    """The names, as those of parts, that code says, but for annotations and its own variables."""
    found, own, waiting = set[str](), set[str](), [*nodes]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            (found if isinstance(node.ctx, ast.Load) else own).add(node.id)
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.Attribute):
            of_module = isinstance(node.value, ast.Name) and node.value.id in brought
            found |= {f".{node.attr}", *([node.attr] if of_module else [])}
        unsaid = (getattr(node, "annotation", None), getattr(node, "returns", None))
        waiting += [one for one in ast.iter_child_nodes(node) if one not in unsaid]
    return frozenset(brought.get(name, name) for name in found - own)


def _at_import(project: Project, path: str) -> Iterator[str]:
    """What a file calls while it is imported, when nothing is seeded yet."""
    tree = project.tree(path)
    waiting: list[ast.AST] = [*(tree.body if tree else [])]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            yield last_name(node.func)
        if not isinstance(node, (_Function, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
