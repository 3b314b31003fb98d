"""dvc.lock is current and of one run: the inputs it records made the outputs it records."""

import hashlib
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from ..console.errors import UserError
from ..core.identity import depended
from ..core.seals import Quoted, content, declared, exact, hash_of, path_of, texts, values
from .dvc_yaml import LOCK, PARAMS, PIPELINE, Stage, inside, joined, stages, tracked_data
from .outcomes import Check, Finding, check, count
from .parsing import Broken, Document, json_value
from .project import Project
from .section_use import sections
from .separate_commits import is_data

_REPRO = "run `dvc repro`"
_ABSENT = object()


def lock(project: Project) -> Check:
    """Every stage has run as it is now: same command, dependencies, values and outputs."""
    document = project.yaml(LOCK)
    known = {stage.name: stage for stage in stages(project)}
    findings = [
        Finding(LOCK, 1, f"is missing; {_REPRO}") if not project.exists(LOCK) else finding
        for finding in project.unusable(LOCK, "stages")
    ]
    compared = 0
    for name in document.mapping("stages"):
        stage = known.get(name) or known.get(name.partition("@")[0])
        if stage is None:
            message = f"has the stage {name}, which dvc.yaml does not declare; {_REPRO}"
            findings.append(Finding(LOCK, document.line("stages", name), message))
    for stage in known.values() if not findings else ():
        runs = [name for name in document.mapping("stages") if name.partition("@")[0] == stage.name]
        if not runs:
            findings.append(Finding(LOCK, 1, f"stage {stage.name} has not run yet; {_REPRO}"))
        # The runs of a `foreach` or `matrix` stage have values in the place of `${item}`.
        if runs == [stage.name]:
            problems = [*_problems(project, document, stage)]
            findings += [Finding(LOCK, line, f"{text}; {_REPRO}") for line, text in problems]
            if not problems:
                findings += [*_unsealed(project, document, stage)]
                findings += [*_misrecorded(project, document, stage)]
            compared += len(stage.deps) + len(stage.outs) + len(stage.params)
    subject = f"{count(len(known), 'stage')}, {count(compared, 'entry', 'entries')} compared"
    return check(LOCK, subject, "all current", findings)


def _problems(project: Project, document: Document, stage: Stage) -> Iterator[tuple[int, str]]:
    line = document.line("stages", stage.name)
    if joined(document.get("stages", stage.name, "cmd")) != stage.command:
        where = document.line("stages", stage.name, "cmd")
        yield where, f"stage {stage.name}: its cmd has changed"
    for kind, wanted in (("deps", set(stage.deps)), ("outs", set(stage.outs))):
        recorded = _entries(document, stage.name, kind)
        for path in sorted(wanted - set(recorded)):
            yield line, f"stage {stage.name}: {path} of its {kind} is not recorded"
        for path in sorted(set(recorded) - wanted):
            yield recorded[path][1], f"stage {stage.name}: {path} is no longer in its {kind}"
    made = _made(project, document)
    for path, (entry, where) in _entries(document, stage.name, "deps").items():
        later = project.data_alone and is_data(path)
        if path in stage.deps and not later and (problem := _stale(project, path, entry, made)):
            yield where, f"stage {stage.name}: {problem}"
    yield from _values(project, document, stage)


def _entries(document: Document, stage: str, kind: str) -> dict[str, tuple[dict[str, Any], int]]:
    items = document.get("stages", stage, kind)
    return {
        str(item["path"]): (item, document.line("stages", stage, kind, n))
        for n, item in enumerate(items if isinstance(items, list) else [])
        if isinstance(item, dict) and "path" in item
    }


def _made(project: Project, document: Document) -> dict[str, tuple[str, str]]:
    """The hash of every output, and where it is recorded: in dvc.lock or a .dvc file."""
    outputs = {
        path: (str(entry.get("md5")), f"{stage}'s output")
        for stage in document.mapping("stages")
        for path, (entry, _) in _entries(document, stage, "outs").items()
    }
    data = tracked_data(project)
    return outputs | {path: (item.md5, item.owner.path) for path, item in data.items()}


def _stale(
    project: Project, path: str, entry: dict[str, Any], made: dict[str, tuple[str, str]]
) -> str:
    """How a dependency differs from the recorded one; empty if it does not."""
    recorded = str(entry.get("md5"))
    if path in made:
        now, where = made[path]
        return f"{path} is not the version of {where}" if now != recorded else ""
    file = project.root / path
    if file.is_dir() and path.startswith("src/"):
        return "" if _folder(project, path) == recorded else f"{path} has changed since it ran"
    if not file.is_file():
        return ""  # a folder of other outputs, or missing, which the pipeline check reports
    content = file.read_bytes()
    same = hashlib.md5(content, usedforsecurity=False).hexdigest() == recorded
    same = same and entry.get("size", len(content)) == len(content)
    return "" if same else f"{path} has changed since it ran"


@lru_cache(maxsize=256)
def _folder(project: Project, path: str) -> str:
    """The hash of a folder; cached, since several stages depend on it."""
    return hash_of(project.root / path)


def _unsealed(project: Project, document: Document, stage: Stage) -> Iterator[Finding]:
    """An entry of dvc.lock that is right line by line, yet not from one run."""
    deps, outs = (_hashes(document, stage.name, kind) for kind in ("deps", "outs"))
    recorded = outs.pop(path_of(stage.name), None)
    if recorded is None:
        return  # the pipeline check reports it
    made = {path for name in document.mapping("stages") for path in _hashes(document, name, "outs")}
    made |= tracked_data(project).keys()
    # A folder that Git tracks is hashed as it is now; dvc.lock may be older.
    plain = [path for path in deps if path not in made and (project.root / path).is_dir()]
    deps |= {path: _folder(project, path) for path in plain}
    stated = declared(project.yaml(PIPELINE).value, stage.name)
    package = project.package.removeprefix("src/")
    expected = content(stated, values(stated, project.root), deps, outs, package)
    if hashlib.md5(expected, usedforsecurity=False).hexdigest() != recorded:
        message = (
            f"stage {stage.name}: these inputs did not make these outputs: lines of two runs were "
            f"merged, or an input was edited during the run; run `dvc repro --force {stage.name}`"
        )
        yield Finding(LOCK, document.line("stages", stage.name), message)


def _misrecorded(project: Project, document: Document, stage: Stage) -> Iterator[Finding]:
    """The record or identity of a run that is not the run of dvc.lock."""
    outs, record = _hashes(document, stage.name, "outs"), f"provenance/{stage.name}.json"
    # The hook has put aside what is not committed, except outputs: those belong to the next commit.
    made_here = () if project.data_alone else outs
    for path in (record, *(path for path in made_here if path.endswith("/identity.json"))):
        if not (content := _json(project, path)):
            continue
        made = _dict(content.get("outputs"))
        identity = _dict(content.get("identity")) if path == record else content
        other = [out for out, md5 in made.items() if outs.get(out) != md5]
        if other := [*other, *_other_parts(project, stage, identity)]:
            cure = "restore it from Git" if path == record else "run `dvc checkout`"
            message = f"is from another run than dvc.lock ({', '.join(other)}); {cure}"
            yield Finding(path, 1, f"{message}, or `dvc repro --force {stage.name}`")


def _other_parts(project: Project, stage: Stage, identity: dict[str, Any]) -> list[str]:
    """The parts of an identity that differ from the working tree."""
    code = [dep for dep in stage.deps if inside(dep, "src")]
    try:
        now = depended(code, (), project.root)
    except UserError:
        return []  # a file is missing, which another check reports
    del now["inputs"]  # they may be large; dvc.lock has their versions
    if (raw := tracked_data(project).get("data/raw")) and not project.data_alone:
        now["data"] = raw.md5
    params, known = project.yaml(PARAMS), sections(project)
    now["params"] = {
        name: {**(known[name].defaults if name in known else {}), **params.mapping(name)}
        for name in _dict(identity.get("params"))
    }
    return [name for name in identity if name in now and not _same(identity[name], now[name])]


def _hashes(document: Document, stage: str, kind: str) -> dict[str, str]:
    items = document.get("stages", stage, kind)
    listed = [item for item in items or () if isinstance(item, dict) and "path" in item]
    return {str(item["path"]): str(item.get("md5")) for item in listed}


def _json(project: Project, path: str) -> dict[str, Any]:
    try:
        return _dict(json_value(project.text(path) or "{}"))
    except Broken:
        return {}  # the syntax check reports it


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _values(project: Project, document: Document, stage: Stage) -> Iterator[tuple[int, str]]:
    for file, keys in stage.params.items():
        if not file.endswith((".yaml", ".yml")):
            continue
        # As texts, since PyYAML and DVC do not agree on what is a number.
        lock, now = (_texts(project, path) for path in (LOCK, file))
        recorded = lock.mapping("stages", stage.name, "params", file)
        line = document.line("stages", stage.name, "params", file)
        wanted = set(keys) if "" not in keys else {str(key) for key in now.mapping()}
        for key in sorted(wanted | set(recorded)):
            where = document.line("stages", stage.name, "params", file, key)
            value = now.get(*key.split("."))
            if key not in wanted:
                yield where, f"stage {stage.name}: it no longer declares {key}"
            elif key not in recorded:
                yield line, f"stage {stage.name}: {key} of {file} is not recorded"
            elif not _same(recorded[key], value):
                yield where, f"stage {stage.name}: {_difference(key, recorded[key], value)}"


def _texts(project: Project, path: str) -> Document:
    """A YAML file with its values as texts; empty if the syntax check reports it."""
    if project.yaml(path).value is None:
        return Document(None, None)
    return Document(_cached_texts(project.text(path) or ""), None)


_cached_texts = cache(texts)


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    # `1e-3` is text to PyYAML and a number to DVC.
    return bool(exact(old) == exact(new)) and isinstance(old, bool) == isinstance(new, bool)


def _difference(key: str, old: Any, new: Any) -> str:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return f"{key} was {_shown(old)} and is {_shown(new)}"
    changed = [
        f"{key}.{name} was {_shown(old.get(name))} and is {_shown(new.get(name))}"
        for name in sorted({*old, *new}, key=str)
        if not _same(old.get(name, _ABSENT), new.get(name, _ABSENT))
    ]
    return ", ".join(changed)


def _shown(value: Any) -> str:
    """A value as it is written in a file; None means that it is unset."""
    plain = isinstance(value, str) and not isinstance(value, Quoted)
    return "unset" if value is None else value if plain else repr(value)
