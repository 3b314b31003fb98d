"""The imports of a Python file, and the files of the project that they reach."""

import ast
from functools import cache, lru_cache
from typing import NamedTuple

from .parsing import parents, python, statements
from .project import Project, module_name
from .rooms import is_transparent


class Import(NamedTuple):
    """One imported name, absolute: `from .a import b` in `digits.c` is `digits.a` and `b`."""

    module: str
    name: str
    line: int
    relative: bool


def imports(project: Project, path: str) -> tuple[Import, ...]:
    """Every import of a file, also inside functions, except those for type checkers only."""
    tree = project.tree(path)
    if tree is None:
        return ()
    return _imports(project.text(path) or "", _package(path))


def _package(path: str) -> str:
    name = module_name(path)
    return name if path.endswith("__init__.py") else name.rpartition(".")[0]


@cache
def _imports(text: str, package: str) -> tuple[Import, ...]:
    imported: list[Import] = []
    for node in statements(python(text).body):
        if isinstance(node, ast.Import):
            imported += [Import(alias.name, "", node.lineno, False) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, package)
            imported += [Import(base, a.name, node.lineno, node.level > 0) for a in node.names]
    if "import_module" in text:
        imported += [item for node in parents(text) if (item := _dynamic(node))]
    return tuple(imported)


def _base(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def _dynamic(node: ast.AST) -> Import | None:
    """The import of `importlib.import_module("digits.model")`, if the name is a literal."""
    if not isinstance(node, ast.Call) or not node.args:
        return None
    called = getattr(node.func, "attr", getattr(node.func, "id", ""))
    name = node.args[0]
    if called != "import_module" or not isinstance(name, ast.Constant):
        return None
    return Import(str(name.value), "", node.lineno, str(name.value).startswith("."))


@lru_cache(maxsize=1024)
def direct(project: Project, path: str) -> frozenset[str]:
    """The project's files that a file imports, except packages that are only a docstring."""
    files = set()
    for item in imports(project, path):
        parts = item.module.split(".")
        names = [".".join(parts[:n]) for n in range(1, len(parts) + 1)]
        if item.name:
            names.append(f"{item.module}.{item.name}")
        files |= {file for name in names if (file := _file(project, path, name))}
    return frozenset(file for file in files if not _only_docstring(project, file)) - {path}


@lru_cache(maxsize=64)
def reach(project: Project, path: str) -> frozenset[str]:
    """The file itself and every file of the project that it imports, directly or not."""
    reached: set[str] = set()
    waiting = [path, *_packages(project, path)]
    while waiting:
        file = waiting.pop()
        if file not in reached:
            reached.add(file)
            waiting += () if is_transparent(file) else direct(project, file)
    return frozenset(reached)


def _packages(project: Project, path: str) -> list[str]:
    """The `__init__.py` files that run before a module of src/."""
    parts = module_name(path).split(".")
    names = [".".join(parts[:n]) for n in range(1, len(parts))]
    files = [project.modules[name] for name in names if name in project.modules]
    return [file for file in files if not _only_docstring(project, file)]


def _file(project: Project, importer: str, name: str) -> str | None:
    if name in project.modules:
        return project.modules[name]
    # A script can also import the files next to it.
    folder = importer.rpartition("/")[0]
    neighbour = f"{folder}/{name.replace('.', '/')}.py".removeprefix("/")
    beside = not importer.startswith("src/") and (project.root / neighbour).is_file()
    return neighbour if beside else None


def _only_docstring(project: Project, path: str) -> bool:
    tree = project.tree(path)
    if not path.endswith("__init__.py") or tree is None:
        return False
    docstring = len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)
    return not tree.body or (docstring and ast.get_docstring(tree, clean=False) is not None)
