"""The code that only `build` of model.py runs: it may use torch's own generator, seeded for it.

Any other code, such as `forward` or `augment`, would use it unseeded.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from .parsing import statements
from .project import Project
from .section_use import last_name

_Function = ast.FunctionDef | ast.AsyncFunctionDef
# Methods that creating an object calls, of its class or of a base class in torch.
_MAKING = ("__init__", "__new__", "__post_init__", "reset_parameters")
# Functions that the engine or torch calls outside `build`.
_CALLED = {".forward", ".__call__"} | {
    *("inputs", "augment", "loss", "schedule", "fields", "decode")
}


class _Part(NamedTuple):
    """A function, class or value at the top of a file: `f`, or `.f` for a method; names it uses."""

    path: str
    name: str
    node: ast.stmt
    uses: frozenset[str]


@lru_cache(maxsize=8)
def building(project: Project) -> frozenset[tuple[str, int]]:
    """The lines, as (file, line), that `build` reaches by name and nothing else does."""
    files = [path for path in project.sources if path.startswith(f"{project.package}/")]
    parts = [part for path in files for part in _parts(project, path)]
    build = [part for part in parts if part[:2] == (f"{project.package}/model.py", "build")]
    reached = _reached(parts, build)
    functions = {part for part in parts if isinstance(part.node, _Function)}
    others = {part for part in functions if part not in reached or part.name in _CALLED}
    called = {name for path in files for name in _at_import(project, path)}
    others |= {part for part in parts if part.name in called}
    only = (reached - _reached(parts, others)) & functions
    return frozenset((part.path, line) for part in only for line in _lines(part.node))


def _reached(parts: list[_Part], start: Iterable[_Part]) -> set[_Part]:
    reached, waiting = set[_Part](), [*start]
    while waiting:
        part = waiting.pop()
        if part not in reached:
            reached.add(part)
            waiting += [other for other in parts if other.name in part.uses]
    return reached


def _lines(node: ast.stmt) -> set[int]:
    """The lines of a function, except those of a `forward` defined in it."""
    inner = statements(getattr(node, "body", []))
    called = [child for child in inner if f".{getattr(child, 'name', '')}" in _CALLED]
    return {*_span(node)} - {line for child in called for line in _span(child)}


def _span(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _parts(project: Project, path: str) -> Iterator[_Part]:
    tree = project.tree(path)
    body = tree.body if tree else []
    imported = {
        alias.asname or alias.name: alias.name
        for node in body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in body:
        if isinstance(node, ast.ClassDef):
            methods = [child for child in node.body if isinstance(child, _Function)]
            rest = [child for child in node.body if child not in methods]
            yield _Part(path, node.name, node, _uses(imported, *node.bases, *rest))
            for method in methods:
                name = node.name if method.name in _MAKING else f".{method.name}"
                yield _Part(path, name, method, _uses(imported, method))
        for name in _defined(node):
            yield _Part(path, name, node, _uses(imported, node))


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, _Function):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _uses(imported: dict[str, str], *nodes: ast.AST) -> frozenset[str]:
    """The names of parts that code uses, without annotations and its own variables."""
    used, own, waiting = set[str](), set[str](), [*nodes]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else own).add(node.id)
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.Attribute):
            of_module = isinstance(node.value, ast.Name) and node.value.id in imported
            used |= {f".{node.attr}", *([node.attr] if of_module else [])}
        annotations = (getattr(node, "annotation", None), getattr(node, "returns", None))
        waiting += [child for child in ast.iter_child_nodes(node) if child not in annotations]
    return frozenset(imported.get(name, name) for name in used - own)


def _at_import(project: Project, path: str) -> Iterator[str]:
    """The names that a file calls while it is imported, when nothing is seeded yet."""
    tree = project.tree(path)
    waiting: list[ast.AST] = [*(tree.body if tree else [])]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            yield last_name(node.func)
        if not isinstance(node, (_Function, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
