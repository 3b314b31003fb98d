"""The engine stands by itself: imports lead down, none to the user's package or a hidden input."""

import ast
from collections.abc import Iterator
from itertools import chain

from .dvcfiles import stages
from .findings import Check, Finding, check, count
from .imports import Import, imports
from .parsing import parents
from .pipeline import code_of
from .project import Project, module_name
from .rooms import COMPUTING, ENGINE, LAUNCHER, TAKEN, floor, is_transparent, room_of
from .sections import last_name

# What imports or runs a module by a name that may be computed.
_BY_NAME = ("import_module", "__import__", "run_module", "run_path", "spec_from_file_location")


def arrows(project: Project) -> Check:
    """Rooms import lower ones alone, the user's files come from the launcher, values from deps."""
    engine = [path for path in project.sources if path.startswith(f"{ENGINE}/")]
    found = chain(
        *(_upward(project, path) for path in engine),
        *(_of_yours(project, path) for path in engine),
        *(_by_name(project, path) for path in engine),
        _taken(project),
    )
    findings = [one for one in found if not project.allows(one.path, one.line)]
    rooms = count(len({room_of(path) for path in engine if "/" in path[len(ENGINE) + 1 :]}), "room")
    looked = f"{count(len(engine), 'file')} of the engine in {rooms}"
    return check("rooms", looked, "each by itself", findings)


def _upward(project: Project, path: str) -> Iterator[Finding]:
    own = floor(path)
    if own is None and not is_transparent(path):
        message = (
            f"stands in no room; name {room_of(path)} and its floor in {ENGINE}/audit/rooms.py"
        )
        yield Finding(path, 1, message)
    for item, file in _imported(project, path):
        other = floor(file)
        apart = own is not None and other is not None and room_of(file) != room_of(path)
        if apart and (other or 0) >= (own or 0):
            message = f"imports {file}, which stands on no lower floor than {room_of(path)}; move "
            yield Finding(path, item.line, f"{message}what both need down, or hand it in")


def _imported(project: Project, path: str) -> Iterator[tuple[Import, str]]:
    """Every import of a file with the file of the project that it brings."""
    for item in imports(project, path):
        for name in (f"{item.module}.{item.name}", item.module):
            if name in project.modules:
                yield item, project.modules[name]
                break


def _of_yours(project: Project, path: str) -> Iterator[Finding]:
    package = module_name(project.package)
    for item in imports(project, path):
        if item.module.partition(".")[0] == package:
            message = f"imports {item.module}, which is the user's; take it from `yours`, which the"
            yield Finding(path, item.line, f"{message} launcher hands in")


def _by_name(project: Project, path: str) -> Iterator[Finding]:
    """What may import the user's files unseen."""
    text = project.text(path) or ""
    if path.removeprefix(f"{ENGINE}/") in LAUNCHER or not any(
        one in text for one in (*_BY_NAME, "Yours(")
    ):
        return
    for node in parents(text) if project.tree(path) else ():
        if not isinstance(node, ast.Call):
            continue
        called = last_name(node.func)
        computed = not (node.args and isinstance(node.args[0], ast.Constant))
        if (called in _BY_NAME and computed) or (called == "Yours" and room_of(path) != "testing"):
            message = (
                f"`{called}` here may import the user's files, which the launcher alone does; "
            )
            yield Finding(path, node.lineno, f"{message}take them from `yours`")


def _taken(project: Project) -> Iterator[Finding]:
    """What a stage takes from a room on which no stage depends: its outputs would outlive that."""
    running: dict[str, list[str]] = {}
    for stage in stages(project):
        for path in code_of(project, stage):
            running.setdefault(path, []).append(stage.name)
    brought = {file for path in running for _, file in _imported(project, path)}
    for file in sorted(filter(is_transparent, brought)):
        yield from _computing(project, file)
    for path, names in running.items():
        for item, file in _imported(project, path):
            module = item.module.removeprefix("samebits.")
            if is_transparent(file) and item.name not in TAKEN.get(module, ()):
                taken = f"takes {item.name or item.module} of {file}, on which no stage depends: "
                message = f"{taken}a change there would leave the outputs of {', '.join(names)} as "
                message += "they are; move it into a room that dvc.yaml names"
                yield Finding(path, item.line, message)


def _computing(project: Project, path: str) -> Iterator[Finding]:
    """What a stage takes from computes nothing, and so cannot change how others do."""
    for item in imports(project, path):
        package = item.module.partition(".")[0]
        if package in COMPUTING:
            message = f"imports {package}, though stages take from it and do not depend on it; "
            yield Finding(path, item.line, f"{message}compute in a room that dvc.yaml names")
