"""The pipeline is complete: stages declare all dependencies, each output has one owner."""

import ast
from collections.abc import Iterator

from ..core.seals import path_of
from ..core.yours import READ_BY
from .dvc_yaml import (
    PARAMS,
    PIPELINE,
    RUNTIME_LOCK,
    Stage,
    inside,
    missing_sources,
    owners,
    sources,
    stages,
)
from .imports import reach
from .outcomes import Check, Finding, check, count
from .parsing import parents, statements
from .project import Project
from .rooms import ENGINE, is_transparent, room_of
from .section_use import accesses, reads, sections

# Affects only loading speed: a stage that depends on it would rerun for nothing.
FREE = "runtime"
YOURS = f"{ENGINE}/core/yours.py"


def code_of(project: Project, stage: Stage) -> set[str]:
    """Every file of the project that a stage runs: its own and all that they import."""
    reached = {file for own in sources(project, stage) for file in reach(project, own)}
    return {file for file in reached if not is_transparent(file)}


def pipeline(project: Project) -> Check:
    """Every stage depends on its source, its imports and the lock, and on no other code."""
    findings = project.unusable(PIPELINE, "stages")
    for stage in stages(project):
        findings += missing_sources(project, stage)
        findings += [*_undeclared(project, stage), *_unneeded(project, stage)]
        findings += [*_too_wide(project, stage), *_handed(project, stage)]
        findings += [*_absent(project, stage), *_unsealed(project, stage)]
    deps = sum(len(stage.deps) for stage in stages(project))
    dependencies = count(deps, "dependency", "dependencies")
    subject = f"{count(len(stages(project)), 'stage')}, {dependencies}"
    return check("pipeline", subject, "none missing, none unused", findings)


def _undeclared(project: Project, stage: Stage) -> list[Finding]:
    own = sources(project, stage)
    needed = {path: f"its own source ({words})" for path, words in own.items()}
    for path in sorted(code_of(project, stage) - set(own)):
        needed[path] = "which it imports"
    if any(path.endswith(".py") for path in own):
        needed[RUNTIME_LOCK] = "the environment it runs in"
    missing = {
        path: reason
        for path, reason in needed.items()
        if not any(inside(path, dep) for dep in stage.deps)
    }
    message = "stage {}: does not depend on {}, {}; add it to deps"
    return [
        Finding(PIPELINE, stage.line, message.format(stage.name, path, reason))
        for path, reason in missing.items()
    ]


def _unneeded(project: Project, stage: Stage) -> list[Finding]:
    """Declared code that the stage never runs: an edit of it would rerun the stage for nothing."""
    if not sources(project, stage):
        return []
    code = code_of(project, stage)
    declared = [
        (dep, line)
        for dep, line in stage.deps.items()
        if dep.endswith(".py") or (inside(dep, "src") and (project.root / dep).is_dir())
    ]
    return [
        Finding(
            PIPELINE, line, f"stage {stage.name}: imports nothing from {dep}; remove it from deps"
        )
        for dep, line in declared
        if project.exists(dep) and not any(inside(path, dep) for path in code)
    ]


def _too_wide(project: Project, stage: Stage) -> Iterator[Finding]:
    """Folders with code that cannot change the stage's outputs, or with the user's files."""
    code = code_of(project, stage)
    for dep, line in stage.deps.items():
        held = [path for path in project.sources if path != dep and inside(path, dep)]
        for path in held:
            yours = inside(path, project.package) and path not in code
            if yours or (is_transparent(path) and room_of(path) != "__init__.py"):
                message = f"stage {stage.name}: {dep} has {path}, which cannot change its outputs"
                yield Finding(PIPELINE, line, f"{message}; name only what it imports")
                break


def _handed(project: Project, stage: Stage) -> Iterator[Finding]:
    """`READ_BY` hands to a stage of the engine exactly the user's files that it reads."""
    for path in sources(project, stage):
        name = path.removeprefix(f"{ENGINE}/stages/").removesuffix(".py")
        if room_of(path) != "stages" or not project.tree(path):
            continue
        read = _read_of_yours(project, path)
        for file, line in read.items():
            if file not in READ_BY.get(name, ()):
                message = f"stage {stage.name}: reads your {file}.py, which READ_BY of {YOURS} "
                yield Finding(path, line, f"{message}does not hand to it; add it there and to deps")
        for file in READ_BY.get(name, ()):
            if file not in read:
                message = f"hands {file}.py to the stage {name}, which does not read it; remove it"
                yield Finding(YOURS, project.line_of(YOURS, "READ_BY"), message)


def _read_of_yours(project: Project, path: str) -> dict[str, int]:
    """The attributes used of the first argument of `main`, each with one line."""
    body = statements((project.tree(path) or ast.Module([], [])).body)
    functions = [statement for statement in body if isinstance(statement, ast.FunctionDef)]
    mains = [function for function in functions if function.name == "main"]
    handed = {main.args.args[0].arg for main in mains if main.args.args}
    return {
        node.attr: node.lineno
        for node in parents(project.text(path) or "")
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in handed
    }


def _absent(project: Project, stage: Stage) -> list[Finding]:
    """Dependencies that are neither in the project nor an output."""
    outputs = owners(project)
    findings = []
    for dep, line in stage.deps.items():
        made = any(inside(dep, path) or inside(path, dep) for path in outputs)
        if made or "://" in dep or "${" in dep:
            continue
        if not project.exists(dep):
            message = f"stage {stage.name}: depends on {dep}, which is missing; fix or remove it"
            findings.append(Finding(PIPELINE, line, message))
        elif project.ignored(dep):
            message = f"stage {stage.name}: depends on {dep}, which Git ignores and no stage makes"
            findings.append(Finding(PIPELINE, line, f"{message}; run `dvc add {dep}`"))
    return findings


def _unsealed(project: Project, stage: Stage) -> list[Finding]:
    """A stage of src/ without a seal, which binds its outputs to its inputs."""
    seal = path_of(stage.name)
    own = any(inside(path, "src") for path in sources(project, stage))
    if not own or seal in stage.outs:
        return []
    message = f"stage {stage.name}: has no seal; make Seal('{stage.name}') before it reads anything"
    return [Finding(PIPELINE, stage.line, f"{message}, write it last, and add {seal} to its outs")]


def outputs(project: Project) -> Check:
    """Every output belongs to one stage or .dvc file, and none is inside another."""
    owned = owners(project)
    findings = []
    for path, claims in owned.items():
        first, *others = claims
        for claim in others:
            message = f"{claim.name}: the output {path} is also one of {first.name}; keep one"
            findings.append(Finding(claim.path, claim.line, message))
        for folder, (outer, *_) in owned.items():
            if path != folder and inside(path, folder):
                message = f"{first.name}: the output {path} is inside {folder} of {outer.name}"
                findings.append(Finding(first.path, first.line, f"{message}; move it elsewhere"))
    return check("outputs", count(len(owned), "output"), "each with one owner", findings)


def parameters(project: Project) -> Check:
    """Every stage declares exactly the sections that its code reads."""
    findings = [*project.unusable(PARAMS)]
    declared = 0
    for stage in stages(project):
        declared += len(stage.sections())
        findings += [*_unread(project, stage), *_undeclared_reads(project, stage)]
    subject = f"{count(declared, 'section')} declared by {count(len(stages(project)), 'stage')}"
    return check("params", subject, "each read, none undeclared", findings)


def _reads(project: Project, stage: Stage) -> dict[str, tuple[str, int]]:
    """The sections that a stage's code reads, each with one file and line that does."""
    places: dict[str, tuple[str, int]] = {}
    for path in sorted(code_of(project, stage)):
        for section, line in reads(project, path).items():
            places.setdefault(section, (path, line))
    return places


def _undeclared_reads(project: Project, stage: Stage) -> list[Finding]:
    keys = stage.params.get(PARAMS, {})
    findings = []
    for section, (path, line) in _reads(project, stage).items():
        if section == FREE or "" in keys or section in keys:
            continue
        message = f"stage {stage.name} reads {section} but does not declare {{}} in {PIPELINE}"
        used = {f"{section}.{key}" for key in _used(project, stage, section)}
        if section not in stage.sections():
            findings.append(Finding(path, line, f"{message.format('it')}; add it to its params"))
        elif used - set(keys):
            missing = ", ".join(sorted(used - set(keys)))
            findings.append(Finding(path, line, f"{message.format(missing)}; add it to its params"))
    return findings


def _used(project: Project, stage: Stage, section: str) -> set[str]:
    """The keys of a section that a stage's code uses."""
    known = sections(project)[section].keys
    touched = {pair for path in code_of(project, stage) for pair in accesses(project, path)}
    return {key for key in known if (section, key) in touched}


def _unread(project: Project, stage: Stage) -> list[Finding]:
    read = _reads(project, stage)
    python = any(path.endswith(".py") for path in sources(project, stage))
    findings = []
    for section, line in stage.sections().items():
        what = f"the section {section}" if section else f"all of {PARAMS}"
        start = f"stage {stage.name}: declares {what}"
        if section == FREE or not section:
            message = f"{start}, so a change of {FREE} would rerun it; declare only what it reads"
            findings.append(Finding(PIPELINE, line, message))
        elif project.yaml(PARAMS).get(section) is None:
            message = f"{start}, which {PARAMS} does not have; fix its name"
            findings.append(Finding(PIPELINE, line, message))
        elif python and section not in read and section in sections(project):
            message = f"{start}, which its code never reads; remove it from params"
            findings.append(Finding(PIPELINE, line, message))
    return findings
