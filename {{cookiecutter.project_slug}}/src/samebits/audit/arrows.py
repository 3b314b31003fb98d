"""The engine stands alone: imports lead down, never to the user's package or a hidden input."""

import ast
from collections.abc import Iterator
from itertools import chain

from .dvc_yaml import stages
from .imports import Import, imports
from .outcomes import Check, Finding, check, count
from .parsing import parents
from .pipeline import code_of
from .project import Project, module_name
from .rooms import COMPUTING, ENGINE, LAUNCHER, TAKEN, floor, is_transparent, room_of
from .section_use import last_name

# Calls that import or run a module by a name, which may be computed.
_BY_NAME = ("import_module", "__import__", "run_module", "run_path", "spec_from_file_location")


def arrows(project: Project) -> Check:
    """Rooms import only lower rooms; the launcher hands in the user's files, deps the values."""
    engine = [path for path in project.sources if path.startswith(f"{ENGINE}/")]
    findings = chain(
        *(_upward(project, path) for path in engine),
        *(_of_yours(project, path) for path in engine),
        *(_by_name(project, path) for path in engine),
        _taken(project),
    )
    refused = [item for item in findings if not project.allows(item.path, item.line)]
    rooms = count(len({room_of(path) for path in engine if "/" in path[len(ENGINE) + 1 :]}), "room")
    subject = f"{count(len(engine), 'file')} of the engine in {rooms}"
    return check("rooms", subject, "imports lead down", refused)


def _upward(project: Project, path: str) -> Iterator[Finding]:
    own = floor(path)
    if own is None and not is_transparent(path):
        message = f"is in no room; add {room_of(path)} to a floor in {ENGINE}/audit/rooms.py"
        yield Finding(path, 1, message)
    for item, file in _imported(project, path):
        other = floor(file)
        apart = own is not None and other is not None and room_of(file) != room_of(path)
        if apart and (other or 0) >= (own or 0):
            message = f"imports {file}, which is on no lower floor than {room_of(path)}; move what "
            yield Finding(path, item.line, f"{message}both need down, or pass it as an argument")


def _imported(project: Project, path: str) -> Iterator[tuple[Import, str]]:
    """Every import of a file, with the file of the project that it imports."""
    for item in imports(project, path):
        for name in (f"{item.module}.{item.name}", item.module):
            if name in project.modules:
                yield item, project.modules[name]
                break


def _of_yours(project: Project, path: str) -> Iterator[Finding]:
    package = module_name(project.package)
    for item in imports(project, path):
        if item.module.partition(".")[0] == package:
            message = f"imports {item.module}, a file of the user's; take it from `yours`, which "
            yield Finding(path, item.line, f"{message}the launcher passes in")


def _by_name(project: Project, path: str) -> Iterator[Finding]:
    """Calls that may import the user's files unseen."""
    text = project.text(path) or ""
    if path.removeprefix(f"{ENGINE}/") in LAUNCHER or not any(
        name in text for name in (*_BY_NAME, "Yours(")
    ):
        return
    for node in parents(text) if project.tree(path) else ():
        if not isinstance(node, ast.Call):
            continue
        called = last_name(node.func)
        computed = not (node.args and isinstance(node.args[0], ast.Constant))
        if (called in _BY_NAME and computed) or (called == "Yours" and room_of(path) != "testing"):
            message = (
                f"`{called}` may import the user's files here, which only the launcher may do; "
            )
            yield Finding(path, node.lineno, f"{message}take them from `yours`")


def _taken(project: Project) -> Iterator[Finding]:
    """Names that a stage imports from a room outside its deps: its outputs would go stale."""
    running: dict[str, list[str]] = {}
    for stage in stages(project):
        for path in code_of(project, stage):
            running.setdefault(path, []).append(stage.name)
    imported = {file for path in running for _, file in _imported(project, path)}
    for file in sorted(filter(is_transparent, imported)):
        yield from _computing(project, file)
    for path, names in running.items():
        for item, file in _imported(project, path):
            module = item.module.removeprefix("samebits.")
            if is_transparent(file) and item.name not in TAKEN.get(module, ()):
                taken = f"takes {item.name or item.module} from {file}, on which no stage depends, "
                message = f"{taken}so a change there would not rerun {', '.join(names)}; "
                message += "move it into a room that dvc.yaml names"
                yield Finding(path, item.line, message)


def _computing(project: Project, path: str) -> Iterator[Finding]:
    """A file that stages import without depending on it computes nothing."""
    for item in imports(project, path):
        package = item.module.partition(".")[0]
        if package in COMPUTING:
            message = f"imports {package}, but stages use it without depending on it; "
            yield Finding(path, item.line, f"{message}compute in a room that dvc.yaml names")
