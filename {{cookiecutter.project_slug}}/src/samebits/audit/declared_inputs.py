"""All inputs of the results are declared: paths that code names, and data that DVC tracks."""

import ast
import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import PurePath
from typing import NamedTuple

from .dvc_yaml import LOCK, PARAMS, PIPELINE, Stage, inside, owners, stages, tracked_data
from .ignore import UNSEEN
from .outcomes import Check, Finding, check, count, words
from .parsing import parents, python, statements
from .pipeline import code_of
from .project import Project

# Files that declare dependencies are not dependencies; the sections of params.yaml are.
_KNOWN = (PARAMS, PIPELINE, LOCK, "provenance")
_UNSEEN = UNSEEN | {".dvc"}
# Possessive, so without backtracking: most of a file is outside quotes.
_TAIL = re.compile(r"(?<![\w. -])[\w. -]++(?=/?[\"']|/\{)")
# Texts that are built from parts, and paths that start outside the project.
_PARTS = re.compile(
    r"""["'] *[+%]|[+] *["']|\.format\("""
    r"""|["'](?:\.\.[/"']|(?:/|[A-Za-z]:[/\\])[\w. -]+[/\\]\w)"""
)
_OUTSIDE = re.compile(r"/(?!(?:dev|proc|sys)/)[\w. -]+/\w|[A-Za-z]:[/\\]|(?:\.\./)+\.?\w")
# Stands for a part whose text is not known; no path contains it.
_UNKNOWN = "\0"
_JOINS = words("Path PurePath PurePosixPath join joinpath listdir scandir walk with_name")
_TEXTS = (ast.Constant, ast.BinOp, ast.Call, ast.JoinedStr)
_LONGEST = 200


class _Names(NamedTuple):
    """The texts and functions that names of a file stand for; functions by their original name."""

    texts: dict[str, str]
    functions: dict[str, str]


def inputs(project: Project) -> Check:
    """A stage depends on every path that its code names; some stage does on all that DVC tracks."""
    runs = [(stage, code_of(project, stage)) for stage in stages(project)]
    code = {path for _, paths in runs for path in paths}
    findings, others, data = [*_idle(project)], _by_name(_others(project)), _data(project)
    tails = {re.split(r"[^\w. -]", name)[-1] for name in {*others, *data}}
    for path in sorted(code):
        text = project.text(path) or ""
        ends, in_parts = _signs(text)
        # Few files name a path; walk the syntax tree of those only.
        if tails & ends or in_parts or any(f"{name}/" in text for name in data):
            named = [*_named(project, path, others)]
            readers = [stage for stage, paths in runs if path in paths]
            new = [*_undeclared(path, named, others), *_elsewhere(path, named, data, readers)]
            new += [*_outside(path, named)]
            findings += [item for item in new if not project.allows(path, item.line)]
    subject = (
        f"{count(len(tracked_data(project)), 'output')} of .dvc files, {count(len(code), 'file')}"
    )
    return check("inputs", subject, "every path declared", findings)


@cache
def _signs(text: str) -> tuple[set[str], bool]:
    """The ends of quoted texts, and whether one may be built from parts or lead outside."""
    return {*_TAIL.findall(text)}, bool(_PARTS.search(text)) or "/../" in text


def _idle(project: Project) -> Iterator[Finding]:
    """Tracked data on which no stage depends; a commit of data alone leaves that to the next."""
    if project.data_alone:
        return
    needed = [dep for stage in stages(project) for dep in stage.deps]
    for path, data in tracked_data(project).items():
        used = any(inside(dep, path) or inside(path, dep) for dep in needed)
        if not used and not project.allows(data.owner.path, data.owner.line):
            message = f"tracks {path}, on which no stage depends; add it to the deps of the stage "
            message += "that reads it, or explain with `# audit: reason` why none does"
            yield Finding(data.owner.path, data.owner.line, message)


def _others(project: Project) -> set[str]:
    """The files that are not modules, and their folders, that no stage depends on or makes."""
    declared = {posixpath.normpath(dep) for stage in stages(project) for dep in stage.deps}
    declared |= {*_KNOWN, *_UNSEEN, *owners(project)}
    others = set()
    for top, folders, names in os.walk(project.root):  # audit: into a set
        here = PurePath(top).relative_to(project.root).as_posix()
        before = "" if here == "." else f"{here}/"
        # Declared folders are skipped: data may hold a million files.
        entered = (name for name in folders if name != "__pycache__")
        folders[:] = [name for name in entered if before + name not in declared]
        modules = (".dvc", ".py") if inside(here, "src") else (".dvc",)
        others |= {before + name for name in names if not name.endswith(modules)}
    others -= declared
    return others | (_above(others) - _above(declared))


def _above(paths: set[str]) -> set[str]:
    """All folders that contain these paths, at every depth."""
    folders, last = set[str](), paths
    while last := {posixpath.dirname(path) for path in last} - {"", *folders}:
        folders |= last
    return folders


def _data(project: Project) -> set[str]:
    """The data that .dvc files track, and the folders that stages depend on or make."""
    known = {*owners(project), *(dep for stage in stages(project) for dep in stage.deps)}
    folders = {path for path in known if not PurePath(path).suffix and not inside(path, "src")}
    return folders | {*tracked_data(project)}


def _below(name: str, folders: Iterable[str]) -> bool:
    return any(inside(name, folder) for folder in folders)


def _by_name(others: set[str]) -> dict[str, str]:
    """The paths by themselves; those below src/ also by each end of their path."""
    names: dict[str, str] = {}
    for path in sorted(path for path in others if inside(path, "src")):
        parts = path.split("/")
        names |= {"/".join(parts[n:]): path for n in range(1, len(parts))}
    return names | {path: path for path in others}


def _undeclared(
    path: str, named: list[tuple[int, str]], others: dict[str, str]
) -> Iterator[Finding]:
    for line, name in named:
        if name in others:
            message = f"names {others[name]}, on which no stage depends; add it to the deps of the "
            yield Finding(path, line, f"{message}stage that reads it")


def _outside(path: str, named: list[tuple[int, str]]) -> Iterator[Finding]:
    for line, name in named:
        if _OUTSIDE.match(name):
            message = f"names {name}, which is outside the project and has no version; move it in "
            yield Finding(path, line, f"{message}and track it with `dvc add`")


def _elsewhere(
    path: str, named: list[tuple[int, str]], data: set[str], readers: list[Stage]
) -> Iterator[Finding]:
    """Data that is declared, but not by every stage that runs this file."""
    places = [(line, name) for line, name in named if _below(name, data)]
    for line, name in places:
        for stage in readers:
            declared = {*stage.deps, *stage.outs}
            if not _below(name, declared) and not any(inside(item, name) for item in declared):
                message = f"names {name}, on which it does not depend; add it to its deps"
                yield Finding(path, line, f"stage {stage.name}: {message}")


def _named(project: Project, path: str, others: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Every path that the code contains, in one text or in parts, with its line."""
    if project.tree(path) is None:
        return
    for line, text, is_path, start_known in _texts(project.text(path) or ""):
        # A single word may mean anything, unless it is a file or used as a path.
        if is_path or (text in others and (project.root / text).is_file()):
            for name in _known_parts(text if start_known else f"{_UNKNOWN}/{text}"):
                yield line, name


@cache
def _texts(code: str) -> tuple[tuple[int, str, bool, bool], ...]:
    """The texts of the code: line, text, whether surely a path, whether its start is known."""
    above, names = parents(code), _names(python(code))
    nodes = [node for node in above if isinstance(node, _TEXTS)]
    built = [node for node in nodes if not isinstance(node, ast.Constant)]
    joined = {node: parts for node in built if (parts := _parts(node, names))}
    later = {part for parts in joined.values() for part in parts[1:]}
    continued = {part for node in built for part in _continuations(node, names)}
    texts = []
    for node in nodes:
        docstring = isinstance(node, ast.Constant) and isinstance(above[node], ast.Expr)
        text = "" if docstring or node in later else _text(node, names)
        is_path = "." in text or "/" in text or node in joined
        texts.append((node.lineno, text, is_path, node not in continued))
    return tuple(texts)


def _known_parts(text: str) -> Iterator[str]:
    """The known parts of a path: before, between and after the unknown ones."""
    pieces = text.split(_UNKNOWN) if "\n" not in text else []
    for n, piece in enumerate(pieces):
        starts, ends = n == 0 or piece[:1] == "/", n == len(pieces) - 1 or piece[-1:] == "/"
        if starts and ends and 0 < len(piece) < _LONGEST:
            # A part after an unknown one is somewhere below it, so it cannot lead up.
            yield posixpath.normpath(f"/{piece}").lstrip("/") if n else posixpath.normpath(piece)


def _names(tree: ast.Module) -> _Names:
    names = _Names({}, {})
    for node in statements(tree.body):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names.functions.update({a.asname: a.name for a in node.names if a.asname})
    for statement in tree.body:
        for target, value in _pairs(statement):
            if isinstance(target, ast.Name) and (text := _text(value, names)) != _UNKNOWN:
                names.texts[target.id] = text
    return names


def _pairs(statement: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(statement, ast.AnnAssign) and statement.value:
        yield statement.target, statement.value
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
                yield from zip(target.elts, statement.value.elts, strict=False)
            else:
                yield target, statement.value


def _parts(node: ast.AST, names: _Names) -> Sequence[ast.expr]:
    """The parts that an expression joins to a path; empty if it joins none."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return [node.left, node.right]
    called = _called(node, names) if isinstance(node, ast.Call) else ""
    if not isinstance(node, ast.Call) or called not in _JOINS:
        return []
    before = [node.func.value] if isinstance(node.func, ast.Attribute) else []
    if called == "join" and len(node.args) == 1 and isinstance(node.args[0], ast.List | ast.Tuple):
        return node.args[0].elts if before and _text(before[0], names) == "/" else []
    if called == "with_name":
        return [*before, ast.Constant(".."), *node.args]
    return [*(before if called == "joinpath" else []), *node.args]


def _continuations(node: ast.AST, names: _Names) -> Sequence[ast.expr]:
    """The parts of a text after the first, if some of the text is unknown."""
    parts = _added(node)[1:]
    return parts if parts and _UNKNOWN in _text(node, names) else []


def _added(node: ast.AST) -> Sequence[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [node.left, node.right]
    return node.values if isinstance(node, ast.JoinedStr) else []


def _text(node: ast.AST, names: _Names) -> str:
    """The text or path that an expression stands for, with `_UNKNOWN` for unknown parts."""
    if isinstance(node, ast.Constant):
        value = node.value
        value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        return value if isinstance(value, str) else _UNKNOWN
    if isinstance(node, ast.Name):
        return names.texts.get(node.id, _UNKNOWN)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, names)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        return _filled(str.__mod__, node.left, values, names)
    if isinstance(node, ast.Call) and _called(node, names) == "format":
        template = getattr(node.func, "value", node.func)
        return _filled(lambda text, values: text.format(*values), template, node.args, names)
    if added := _added(node):
        return "".join(_text(part, names) for part in added)
    parts = [_text(part, names) for part in _parts(node, names)]
    return posixpath.join(*parts) if parts else _UNKNOWN


def _filled(
    fill: Callable[[str, tuple[str, ...]], str],
    template: ast.AST,
    values: Sequence[ast.AST],
    names: _Names,
) -> str:
    """A template filled with values; `_UNKNOWN` if it cannot be filled."""
    try:
        return fill(_text(template, names), tuple(_text(value, names) for value in values))
    except (LookupError, ValueError, TypeError, AttributeError):
        return _UNKNOWN


def _called(call: ast.Call, names: _Names) -> str:
    name = getattr(call.func, "id", "")
    return str(getattr(call.func, "attr", names.functions.get(name, name)))
