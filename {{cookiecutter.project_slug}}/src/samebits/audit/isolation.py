"""Stages run the locked code: no file in their folder or on PYTHONPATH shadows a module."""

import re
import sys
from pathlib import Path

from .dvc_yaml import PIPELINE, Stage, sources, stages
from .environment import locked_modules
from .outcomes import Check, Finding, check, count
from .project import Project
from .rooms import ENGINE

# For a command whose words have one space on each side. Options with a value are skipped.
_ISOLATED = r"(?: -[WX][ ]\S+[ ] | -[^ \smcWX]*[ ] )* -[^ \smcWX]*I"
_OPEN = re.compile(
    rf"""
    (?<=[ /\\]) (?:i?python|pythonw|pypy|py)[\d.]*(?:\.exe)?[ ] (?! {_ISOLATED} )
    | (?<=[ /\\]) (?:torchrun|accelerate[ ]launch|deepspeed|torch\.distributed\.(?:run|launch))[ ]
        (?! .*--no[-_]python )
    | (?<=[ /\\]) (?<!-m[ ]) (?:coverage[ ]run|pytest)[ ]
    | (?<=[ /\\]) uv[ ]run[ ] (?: (?!\S*(?:python|pypy)) \S+[ ] )*? (?:-m|--module|\S+\.py)[ ]
    | ^[ ] (?: (?:\w+=\S*|env|exec|nice|time|(?:ba)?sh[ ]-c)[ ] )* (?: \S+\.py[ ]
        # A program named by a variable.
        | \\?\$\S+[ ] (?! {_ISOLATED} ) (?: -[WX][ ]\S+[ ] | -\S+[ ] )*? (?: -m | \S+\.py[ ] ) )
    """,
    re.VERBOSE,
)
# Modules that Python imports at startup wherever it finds them.
_STARTED = {"sitecustomize", "usercustomize"}
_MODULES = (".py", ".pyc", ".pyd", ".so")


def isolation(project: Project) -> Check:
    """Every stage starts Python with -I, and no file has the name of an installed module."""
    names = sys.stdlib_module_names | _STARTED | locked_modules(project)
    findings = [*_shadows(project, "", names), *_shadows(project, "src", names)]
    message = (
        "stage {}: starts Python without -I, so files here and on PYTHONPATH can shadow locked "
        "modules; write `python -I -m ...`"
    )
    for stage in stages(project):
        if _is_open(project, stage):
            line = project.yaml(PIPELINE).line("stages", stage.name, "cmd")
            findings.append(Finding(PIPELINE, line, message.format(stage.name)))
    subject = f"{count(len(stages(project)), 'stage')}, {count(len(names), 'module')}"
    return check("isolation", subject, "none shadowed by a file here", findings)


def _is_open(project: Project, stage: Stage) -> bool:
    scripts = [path for path in sources(project, stage) if path.endswith(".sh")]
    lines = re.sub(r"(?m)^\s*#.*", "", "\n".join(project.text(path) or "" for path in scripts))
    commands = re.split(r"[;&|\n]+", f"{stage.command}\n{lines}")
    spaced = (re.sub(r"(?:[\s'\"`()]|\$(?=\())+", " ", f" {command} ") for command in commands)
    return any(_OPEN.search(command) for command in spaced)


def _shadows(project: Project, folder: str, names: frozenset[str]) -> list[Finding]:
    home = project.root / folder
    findings = []
    for entry in filter(_importable, home.iterdir() if home.is_dir() else ()):
        name, path = entry.name.partition(".")[0], entry.relative_to(project.root).as_posix()
        if name in names:
            message = f"shadows the module {name} of Python or of a package; rename it"
            findings.append(Finding(path, 1, message))
        elif folder and path not in (project.package, ENGINE) and not _is_imported(project, name):
            message = f"any package that imports {name} gets it; move it into {project.package}"
            findings.append(Finding(path, 1, message))
    return findings


def _is_imported(project: Project, name: str) -> bool:
    """Whether the project's own code imports the module."""
    line = re.compile(rf"^\s*(?:import|from) {re.escape(name)}\b", re.MULTILINE)
    homes = (f"{project.package}/", f"{ENGINE}/")
    below = (path for path in project.sources if path.startswith(homes))
    return any(line.search(project.text(path) or "") for path in below)


def _importable(entry: Path) -> bool:
    files = entry.glob("__init__.*") if entry.is_dir() else [entry]
    return any(file.suffix in _MODULES for file in files)
