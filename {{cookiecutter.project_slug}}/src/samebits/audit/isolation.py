"""Stages run what is locked: nothing in their folder or on PYTHONPATH takes a module's place."""

import re
import sys
from pathlib import Path

from .dvcfiles import PIPELINE, Stage, sources, stages
from .environment import locked_modules
from .findings import Check, Finding, check, count
from .project import Project
from .rooms import ENGINE

# In a command of words with one space around each. The options that take a value are passed over.
_ISOLATED = r"(?: -[WX][ ]\S+[ ] | -[^ \smcWX]*[ ] )* -[^ \smcWX]*I"
_OPEN = re.compile(
    rf"""
    (?<=[ /\\]) (?:i?python|pythonw|pypy|py)[\d.]*(?:\.exe)?[ ] (?! {_ISOLATED} )
    | (?<=[ /\\]) (?:torchrun|accelerate[ ]launch|deepspeed|torch\.distributed\.(?:run|launch))[ ]
        (?! .*--no[-_]python )
    | (?<=[ /\\]) (?<!-m[ ]) (?:coverage[ ]run|pytest)[ ]
    | (?<=[ /\\]) uv[ ]run[ ] (?: (?!\S*(?:python|pypy)) \S+[ ] )*? (?:-m|--module|\S+\.py)[ ]
    | ^[ ] (?: (?:\w+=\S*|env|exec|nice|time|(?:ba)?sh[ ]-c)[ ] )* (?: \S+\.py[ ]
        # A program that a variable names.
        | \\?\$\S+[ ] (?! {_ISOLATED} ) (?: -[WX][ ]\S+[ ] | -\S+[ ] )*? (?: -m | \S+\.py[ ] ) )
    """,
    re.VERBOSE,
)
# Python imports these by itself wherever it finds them.
_STARTED = {"sitecustomize", "usercustomize"}
_MODULES = (".py", ".pyc", ".pyd", ".so")


def isolation(project: Project) -> Check:
    """Every stage starts Python with -I, and no file has the name of a module of another's."""
    found = stages(project)
    names = sys.stdlib_module_names | _STARTED | locked_modules(project)
    findings = [*_shadows(project, "", names), *_shadows(project, "src", names)]
    message = (
        "stage {}: starts Python without -I, so what lies here and on PYTHONPATH goes before what "
        "is locked; write `python -I -m ...`"
    )
    for stage in (one for one in found if _is_open(project, one)):
        line = project.yaml(PIPELINE).line("stages", stage.name, "cmd")
        findings.append(Finding(PIPELINE, line, message.format(stage.name)))
    looked = f"{count(len(found), 'stage')}, {count(len(names), 'module')}"
    return check("isolation", looked, "none replaced by a file here", findings)


def _is_open(project: Project, stage: Stage) -> bool:
    scripts = [path for path in sources(project, stage) if path.endswith(".sh")]
    lines = re.sub(r"(?m)^\s*#.*", "", "\n".join(project.text(path) or "" for path in scripts))
    commands = re.split(r"[;&|\n]+", f"{stage.command}\n{lines}")
    spaced = (re.sub(r"(?:[\s'\"`()]|\$(?=\())+", " ", f" {one} ") for one in commands)
    return any(_OPEN.search(one) for one in spaced)


def _shadows(project: Project, folder: str, names: frozenset[str]) -> list[Finding]:
    home = project.root / folder
    findings = []
    for entry in filter(_importable, home.iterdir() if home.is_dir() else ()):
        name, path = entry.name.partition(".")[0], entry.relative_to(project.root).as_posix()
        if name in names:
            message = f"Python may take it for the module {name}, which is another's; rename it"
            findings.append(Finding(path, 1, message))
        elif folder and path not in (project.package, ENGINE) and not _is_imported(project, name):
            message = f"any package that looks for {name} gets it; move it into {project.package}"
            findings.append(Finding(path, 1, message))
    return findings


def _is_imported(project: Project, name: str) -> bool:
    """Whether code of the package imports it; a file, or what only others look for, is not."""
    line = re.compile(rf"^\s*(?:import|from) {re.escape(name)}\b", re.MULTILINE)
    homes = (f"{project.package}/", f"{ENGINE}/")
    below = (path for path in project.sources if path.startswith(homes))
    return any(line.search(project.text(path) or "") for path in below)


def _importable(entry: Path) -> bool:
    files = entry.glob("__init__.*") if entry.is_dir() else [entry]
    return any(file.suffix in _MODULES for file in files)
