"""Whatever results are made of is declared: paths that the code names, and data that DVC tracks."""

import ast
import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePath

from .dvcfiles import LOCK, PARAMS, PIPELINE, Stage, inside, owners, stages, tracked_data
from .findings import Check, Finding, check, count
from .ignore import UNSEEN
from .parsing import parents
from .pipeline import code_of
from .project import Project

# What says what a stage depends on is no dependency itself; the sections of params.yaml are.
_KNOWN = (PARAMS, PIPELINE, LOCK, "provenance")
_UNSEEN = UNSEEN | {".dvc", "src"}
# Begun and left once only, for what stands in no quotes is most of a file.
_TAIL = re.compile(r"(?<![\w. -])[\w. -]++(?=/?[\"'])")
# Texts that are put together, and paths that begin at the root of the system.
_PARTS = re.compile(r"""["'] *[+%]|[+] *["']|\.format\(|["'](?:/|[A-Za-z]:[/\\])[\w. -]+[/\\]\w""")
_OUTSIDE = re.compile(r"/(?!(?:dev|proc|sys)/)[\w. -]+/\w|[A-Za-z]:[/\\]")
_JOINS = ("Path", "PurePath", "PurePosixPath", "join", "joinpath", "listdir", "scandir", "walk")
_LONGEST = 200


def inputs(project: Project) -> Check:
    """A stage depends on each path that its code names, and on all that a .dvc file tracks."""
    ran = [(stage, code_of(project, stage)) for stage in stages(project)]
    code = {path for _, paths in ran for path in paths}
    findings, others, data = [*_idle(project)], _others(project), _data(project)
    tails = {name.rpartition("/")[2] for name in others | data}
    for path in sorted(code):
        text = project.text(path) or ""
        # Few files name any; only those are worth a walk.
        spelled = tails.intersection(_TAIL.findall(text)) or _PARTS.search(text)
        if spelled or any(f"{one}/" in text for one in data):
            named, readers = [*_named(project, path)], [one for one, paths in ran if path in paths]
            new = [*_undeclared(path, named, others), *_elsewhere(path, named, data, readers)]
            new += [*_outside(path, named)]
            findings += [one for one in new if not project.allows(path, one.line)]
    found = (
        f"{count(len(tracked_data(project)), 'output')} of .dvc files, {count(len(code), 'file')}"
    )
    return check("inputs", found, "all that they name declared", findings)


def _idle(project: Project) -> Iterator[Finding]:
    """Data of which no stage says that its results are made of that version."""
    needed = [dep for stage in stages(project) for dep in stage.deps]
    for path, data in tracked_data(project).items():
        used = any(inside(dep, path) or inside(path, dep) for dep in needed)
        if not used and not project.allows(data.owner.path, data.owner.line):
            message = f"tracks {path}, on which no stage depends; add it to the deps of the stage "
            message += "that reads it, or say with `# audit: reason` why none does"
            yield Finding(data.owner.path, data.owner.line, message)


def _others(project: Project) -> set[str]:
    """The files, and their folders, that are no source, and that no stage depends on or makes."""
    declared = {posixpath.normpath(dep) for stage in stages(project) for dep in stage.deps}
    declared |= {*_KNOWN, *_UNSEEN, *owners(project)}
    found = set()
    for top, folders, names in os.walk(project.root):  # audit: into a set
        here = PurePath(top).relative_to(project.root).as_posix()
        before = "" if here == "." else f"{here}/"
        # What is declared is not entered: data may hold a million files.
        folders[:] = [one for one in folders if before + one not in declared]
        found |= {before + name for name in names if not name.endswith(".dvc")}
    found -= declared
    return found | (_above(found) - _above(declared))


def _above(paths: set[str]) -> set[str]:
    """The folders that these are in, at every depth."""
    found, last = set[str](), paths
    while last := {posixpath.dirname(path) for path in last} - {"", *found}:
        found |= last
    return found


def _data(project: Project) -> set[str]:
    """What .dvc files track, and the folders that stages depend on or make."""
    known = {*owners(project), *(dep for stage in stages(project) for dep in stage.deps)}
    folders = {path for path in known if not PurePath(path).suffix and not inside(path, "src")}
    return folders | {*tracked_data(project)}


def _below(name: str, folders: Iterable[str]) -> bool:
    return any(inside(name, one) for one in folders)


def _undeclared(path: str, named: list[tuple[int, str]], others: set[str]) -> Iterator[Finding]:
    for line, name in named:
        if name in others:
            message = f"names {name}, on which no stage depends; add it to the deps of the stage "
            yield Finding(path, line, f"{message}that reads it")


def _outside(path: str, named: list[tuple[int, str]]) -> Iterator[Finding]:
    for line, name in (one for one in named if _OUTSIDE.match(one[1])):
        message = f"names {name}, which is not in the project and has no version; bring it in and "
        yield Finding(path, line, f"{message}track it with `dvc add`")


def _elsewhere(
    path: str, named: list[tuple[int, str]], data: set[str], readers: list[Stage]
) -> Iterator[Finding]:
    """Data that is declared, but not by each stage that runs this file."""
    for line, name in (one for one in named if _below(one[1], data)):
        for stage in readers:
            declared = {*stage.deps, *stage.outs}
            if not _below(name, declared) and not any(inside(one, name) for one in declared):
                message = f"names {name}, on which it does not depend; add it to its deps"
                yield Finding(path, line, f"stage {stage.name}: {message}")


def _named(project: Project, path: str) -> Iterator[tuple[int, str]]:
    """Every path that the code spells out, in one text or in parts, with its line."""
    tree = project.tree(path)
    names: dict[str, str] = {}
    for statement in tree.body if tree else []:
        if isinstance(statement, ast.Assign):
            for target, value in _pairs(statement):
                if isinstance(target, ast.Name) and (text := _text(value, names)):
                    names[target.id] = text
    for node in parents(project.text(path) or "") if tree else ():
        if isinstance(node, (ast.Constant, ast.BinOp, ast.Call, ast.JoinedStr)):
            text = _text(node, names) or ""
            # A word alone may mean anything, unless it is used as a path.
            plain = isinstance(node, (ast.Constant, ast.JoinedStr))
            a_path = "." in text or "/" in text or not plain
            if text and a_path and len(text) < _LONGEST and "\n" not in text:
                yield node.lineno, posixpath.normpath(text)


def _pairs(statement: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    for target in statement.targets:
        if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
            yield from zip(target.elts, statement.value.elts, strict=False)
        else:
            yield target, statement.value


def _text(node: ast.AST, names: dict[str, str]) -> str | None:
    """The text or path that an expression stands for, where it is written out; else None."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, names)
    parts: list[ast.expr] = []
    between = "/"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Add):
        parts, between = [node.left, node.right], "/" if isinstance(node.op, ast.Div) else ""
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        return _filled(str.__mod__, node.left, values, names)
    elif isinstance(node, ast.Call) and _called(node) == "format":
        template = getattr(node.func, "value", node.func)
        return _filled(lambda text, values: text.format(*values), template, node.args, names)
    elif isinstance(node, ast.Call) and _called(node) in _JOINS:
        joined = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        joined = joined if _called(node) == "joinpath" else []
        parts = [*joined, *node.args]
    elif isinstance(node, ast.JoinedStr):
        parts, between = node.values, ""
    texts = [_text(part, names) for part in parts]
    return between.join(text or "" for text in texts) if texts and None not in texts else None


def _filled(
    fill: Callable[[str, tuple[str, ...]], str],
    template: ast.AST,
    values: Sequence[ast.AST],
    names: dict[str, str],
) -> str | None:
    """A template with its values, where all of them are written out."""
    text, filled = _text(template, names), [_text(value, names) for value in values]
    try:
        return fill(text, tuple(map(str, filled))) if text and None not in filled else None
    except (LookupError, ValueError, TypeError, AttributeError):
        return None  # it is no template for these


def _called(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))
