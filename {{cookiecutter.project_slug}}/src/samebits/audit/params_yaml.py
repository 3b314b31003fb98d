"""The config is orthogonal: each key is in one section and read somewhere; one metric counts."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from ..core.sections import unused
from ..core.yours import YOURS, reads_images
from .dvc_yaml import PARAMS, PIPELINE, stages
from .outcomes import Check, Finding, check, count
from .project import Project
from .rooms import ENGINE
from .section_use import FILE, Section, accesses, sections

# The modules with the metrics of a target; by default only that of `class`.
TABLES = {"classes": ("class_set", "class"), "number": ("number",), "mask": ("mask",)}


def config(project: Project) -> Check:
    """params.yaml has the keys of the declared sections, each in one section and read somewhere."""
    findings = [*project.unusable(PARAMS), *_undeclared(project)]
    findings += [*_disagreement(project), *_twins(project), *_unread(project)]
    keys = sum(len(section.keys) for section in sections(project).values()) - len(_unused(project))
    subject = f"{count(keys, 'key')} in {count(len(sections(project)), 'section')}"
    return check("config", subject, "each in one place and read", findings)


def _undeclared(project: Project) -> list[Finding]:
    """Files that should declare a section and do not."""
    wanted = {f"{project.package}/{file}": name for name, file in YOURS.items()} | {FILE: "data"}
    message = "declares no section {}; restore its dataclass with `git checkout`"
    return [
        Finding(path, 1, message.format(name))
        for path, name in wanted.items()
        if name not in sections(project)
    ]


def _disagreement(project: Project) -> list[Finding]:
    declared, params, idle = sections(project), project.yaml(PARAMS), _unused(project)
    findings = []
    for name in params.mapping():
        line = params.line(name)
        if name not in declared:
            message = f"no file declares the section {name}; declare it in {project.package}, or "
            message += "remove it"
            findings.append(Finding(PARAMS, line, message))
            continue
        for key in params.mapping(name).keys() - declared[name].keys.keys():
            message = f"there is no key {name}.{key}; {_instead(key, declared[name])}"
            findings.append(Finding(PARAMS, params.line(name, key), message))
        for key in params.mapping(name).keys() & idle.keys() if name == "data" else ():
            message = f"nothing reads {name}.{key} here: {idle[key]}; remove the line"
            findings.append(Finding(PARAMS, params.line(name, key), message))
    for name, section in declared.items() if params.mapping() else ():
        for key in section.keys.keys() - params.mapping(name).keys() - section.defaults.keys():
            message = f"{name}.{key} is not in {PARAMS}; add it there or remove it"
            findings.append(Finding(section.path, section.keys[key], message))
    return findings


def _instead(key: str, section: Section) -> str:
    """What to do about a key that the section does not have."""
    if near := get_close_matches(key, section.keys, 1):
        return f"did you mean {section.name}.{near[0]}?"
    return "remove it" if section.path == FILE else f"declare it in {section.path}, or remove it"


def _unused(project: Project) -> Mapping[str, str]:
    """The keys of section `data` that have no effect in this project, and why."""
    path = f"{project.package}/{YOURS['input']}"
    images = not project.tree(path) or reads_images((project.text(path) or "").encode())
    return unused(project.yaml(PARAMS).get("task", "target"), images=images is not False)


def _twins(project: Project) -> list[Finding]:
    params, declared = project.yaml(PARAMS), sections(project)
    places = [
        (PARAMS, params.line(name, key), name, key)
        for name in params.mapping()
        for key in params.mapping(name)
    ]
    places += [
        (section.path, line, name, key)
        for name, section in declared.items()
        for key, line in section.keys.items()
    ]
    first: dict[tuple[bool, str], str] = {}
    findings = []
    for path, line, name, key in places:
        home = first.setdefault((path == PARAMS, key), name)
        if home != name:
            message = f"the key {key} is in {home} and in {name}; keep it in one section"
            findings.append(Finding(path, line, message))
    return findings


def _unread(project: Project) -> list[Finding]:
    unread = {(name, key) for name, section in sections(project).items() for key in section.keys}
    for path in project.sources:
        if unread and path != FILE:
            text = project.text(path) or ""
            # Most files name no key; walk the syntax tree of the others only.
            if any(f".{key}" in text for _, key in unread):
                unread -= accesses(project, path)
    return [
        Finding(section.path, section.keys[key], f"nothing reads {name}.{key}; remove the key")
        for name, key in sorted(unread)
        for section in [sections(project)[name]]
    ]


def metric(project: Project) -> Check:
    """There is one optimizing metric, it exists, and one stage writes the metrics files."""
    known, home = _metrics(project)
    params = project.yaml(PARAMS)
    chosen = params.get("evaluation", "metric")
    line = params.line("evaluation", "metric")
    findings = []
    if not known:
        findings.append(Finding(home, 1, "has no METRICS = {...} with the metrics by name; add it"))
    if not isinstance(chosen, str):
        message = f"evaluation.metric is {chosen!r} but must name one metric; choose one"
        findings.append(Finding(PARAMS, line, message))
    elif known and chosen not in known:
        message = f"{chosen!r} is not a metric of {home}; choose one of {', '.join(known)}"
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
    for path, line, name in files:
        if name != files[0][2]:
            message = f"stage {name}: declares metrics ({path}), as {files[0][2]} does; keep one"
            findings.append(Finding(PIPELINE, line, message))
    file = files[0][0] if files else "no file"
    return check("metric", f"{chosen} in {file}", f"one of {len(known)} known", findings)


def _metrics(project: Project) -> tuple[list[str], str]:
    target = project.yaml(PARAMS).get("task", "target")
    paths = [f"{ENGINE}/metrics/{kind}_metrics.py" for kind in TABLES.get(str(target), ("class",))]
    known = [name for path in paths for name in _names(project.tree(path), target or "class")]
    own = _own(project, f"{project.package}/metrics.py") if known else []
    return known + own, paths[0]


def _names(tree: ast.Module | None, target: object) -> Iterator[str]:
    """The names of the metrics for a target in METRICS of a module."""
    for node in tree.body if tree else []:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            is_metrics = any(getattr(name, "id", "") == "METRICS" for name in targets)
            if is_metrics and isinstance(node.value, ast.Dict):
                for key, value in zip(node.value.keys, node.value.values, strict=True):
                    if isinstance(key, ast.Constant) and target in _targets(value):
                        yield str(key.value)


def _targets(metric: ast.expr) -> Sequence[object]:
    keywords = metric.keywords if isinstance(metric, ast.Call) else []
    values = [keyword.value for keyword in keywords if keyword.arg == "targets"]
    elements = values[0].elts if values and isinstance(values[0], ast.Tuple) else []
    return [element.value for element in elements if isinstance(element, ast.Constant)]


def _own(project: Project, path: str) -> list[str]:
    """The names of the metrics that a file defines with `mean_of` and `number_of`."""
    tree = project.tree(path)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)] if tree else []
    made = [node for node in calls if getattr(node.func, "id", "") in ("mean_of", "number_of")]
    names = [
        node.args[0].value for node in made if node.args and isinstance(node.args[0], ast.Constant)
    ]
    return [str(name) for name in names]
