"""The config is orthogonal: every key in one section, read by something, and one metric."""

import ast

from .dvcfiles import PARAMS, PIPELINE, stages
from .findings import Check, Finding, check, count
from .project import Project
from .sections import accesses, config_file, sections


def config(project: Project) -> Check:
    """params.yaml and config.py have the same keys, each in one section and read somewhere."""
    file = config_file(project)
    findings = [*project.unusable(PARAMS)]
    if not sections(project):
        message = "declares no section; restore its dataclasses with `git checkout`"
        findings.append(Finding(file, 1, message))
    else:
        findings += [*_disagreement(project), *_twins(project), *_unread(project)]
    keys = sum(len(section.keys) for section in sections(project).values())
    found = f"{count(keys, 'key')} in {count(len(sections(project)), 'section')}"
    return check("config", found, "each in one place and read", findings)


def _disagreement(project: Project) -> list[Finding]:
    file, declared, params = config_file(project), sections(project), project.yaml(PARAMS)
    findings = []
    for name in params.mapping():
        line = params.line(name)
        if name not in declared:
            message = f"the section {name} is not in {file}; declare it there or drop it"
            findings.append(Finding(PARAMS, line, message))
            continue
        for key in params.mapping(name).keys() - declared[name].keys.keys():
            message = f"{name}.{key} is not in {file}; declare it there or drop it"
            findings.append(Finding(PARAMS, params.line(name, key), message))
    for name, section in declared.items() if params.mapping() else ():
        for key in section.keys.keys() - params.mapping(name).keys():
            message = f"{name}.{key} is not in {PARAMS}; add it there or drop it"
            findings.append(Finding(file, section.keys[key], message))
    return findings


def _twins(project: Project) -> list[Finding]:
    params, declared = project.yaml(PARAMS), sections(project)
    places = [
        (PARAMS, params.line(name, key), name, key)
        for name in params.mapping()
        for key in params.mapping(name)
    ]
    places += [
        (config_file(project), line, name, key)
        for name, section in declared.items()
        for key, line in section.keys.items()
    ]
    first: dict[tuple[str, str], str] = {}
    findings = []
    for path, line, name, key in places:
        home = first.setdefault((path, key), name)
        if home != name:
            message = f"the key {key} is in {home} and in {name}; keep it in one section"
            findings.append(Finding(path, line, message))
    return findings


def _unread(project: Project) -> list[Finding]:
    file = config_file(project)
    wanted = {(name, key) for name, section in sections(project).items() for key in section.keys}
    for path in project.sources:
        if wanted and path != file:
            text = project.text(path) or ""
            # Most files name few keys; only those are worth a walk.
            if any(f"{name}.{key}" in text for name, key in wanted):
                wanted -= accesses(project, path)
    return [
        Finding(
            file, sections(project)[name].keys[key], f"nothing reads {name}.{key}; drop the key"
        )
        for name, key in wanted
    ]


def metric(project: Project) -> Check:
    """One optimizing metric, which exists, in a metrics file of one stage."""
    known, where = _metrics(project)
    params = project.yaml(PARAMS)
    chosen = params.get("evaluation", "metric")
    line = params.line("evaluation", "metric")
    findings = []
    if not known:
        findings.append(
            Finding(where, 1, "has no METRICS = {...} with the metrics by name; add it")
        )
    if not isinstance(chosen, str):
        message = f"evaluation.metric must name one metric, and is {chosen!r}; choose one"
        findings.append(Finding(PARAMS, line, message))
    elif known and chosen not in known:
        message = f"{chosen!r} is no metric of {where}; choose one of {', '.join(known)}"
        findings.append(Finding(PARAMS, line, message))
    files = [
        (path, out.line, stage.name)
        for stage in stages(project)
        for path, out in stage.outs.items()
        if out.kind == "metrics"
    ]
    if not files:
        message = "no stage declares a metrics file; add `metrics:` to the stage that scores"
        findings.append(Finding(PIPELINE, project.yaml(PIPELINE).line("stages"), message))
    for path, place, name in files:
        if name != files[0][2]:
            message = f"stage {name}: declares metrics ({path}), as {files[0][2]} does; keep one"
            findings.append(Finding(PIPELINE, place, message))
    file = files[0][0] if files else "no file"
    return check("metric", f"{chosen} in {file}", f"one of {len(known)} known", findings)


def _metrics(project: Project) -> tuple[list[str], str]:
    path = f"{project.package}/metrics/scores.py"
    tree = project.tree(path)
    for node in tree.body if tree else []:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named = any(isinstance(name, ast.Name) and name.id == "METRICS" for name in targets)
            if named and isinstance(node.value, ast.Dict):
                keys = [key.value for key in node.value.keys if isinstance(key, ast.Constant)]
                own = _decorated(project, f"{project.package}/metrics/own.py")
                return [key for key in keys if isinstance(key, str)] + own, path
    return [], path


def _decorated(project: Project, path: str) -> list[str]:
    """The functions of a file that enter themselves with `@metric(...)`."""
    tree = project.tree(path)
    return [
        node.name
        for node in (tree.body if tree else [])
        if isinstance(node, ast.FunctionDef)
        for one in node.decorator_list
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "metric"
    ]
