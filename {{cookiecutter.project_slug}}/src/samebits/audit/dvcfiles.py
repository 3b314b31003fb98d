"""What dvc.yaml and the .dvc files say: stages, their inputs, and who owns each output."""

import posixpath
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from ..core.yours import OPTIONAL, READ_BY
from .findings import Finding
from .project import Project
from .rooms import ENGINE

PIPELINE = "dvc.yaml"
LOCK = "dvc.lock"
PARAMS = "params.yaml"
RUNTIME_LOCK = "requirements/runtime.lock"


class Output(NamedTuple):
    """One output: where it is declared, under `outs`, `metrics` or `plots`, and if DVC's cache
    holds it (else it belongs to Git)."""

    line: int
    kind: str
    cached: bool


class Stage(NamedTuple):
    """One stage. `deps` and `outs` are by path, `params` by file and then by key; lines inside.

    A stage with `foreach` or `matrix` is kept once, with `${item}` in it.
    """

    name: str
    line: int
    command: str
    deps: dict[str, int]
    params: dict[str, dict[str, int]]
    outs: dict[str, Output]

    def sections(self) -> dict[str, int]:
        """The sections of params.yaml that the stage declares, whole or some keys of."""
        keys = self.params.get(PARAMS, {})
        return {key.partition(".")[0]: line for key, line in reversed(keys.items())}


class Owner(NamedTuple):
    """Who declares an output: the file and line, and a name to show."""

    path: str
    line: int
    name: str


@lru_cache(maxsize=8)
def stages(project: Project) -> tuple[Stage, ...]:
    """The stages of dvc.yaml in its order; empty where the file cannot be read."""
    document = project.yaml(PIPELINE)
    return tuple(_stage(project, name) for name in document.mapping("stages"))


def _stage(project: Project, name: str) -> Stage:
    document = project.yaml(PIPELINE)
    home = ("stages", name, "do") if document.get("stages", name, "do") else ("stages", name)
    folder = _filled(project, document.get(*home, "wdir") or ".")

    def entries(kind: str) -> list[tuple[str, Any, int]]:
        items = document.get(*home, kind)
        listed = list(enumerate(items)) if isinstance(items, list) else []
        return [(*_entry(item), document.line(*home, kind, n)) for n, item in listed]

    def place(path: str) -> str:
        filled = _filled(project, path)
        return filled if "://" in filled else posixpath.normpath(posixpath.join(folder, filled))

    command = document.get(*home, "cmd")
    return Stage(
        name,
        document.line("stages", name),
        _filled(project, joined(command)),
        {place(path): line for path, _, line in entries("deps")},
        _params(entries("params"), place),
        {
            place(path): Output(line, kind, not isinstance(options, dict) or _cached(options))
            for kind in ("outs", "metrics", "plots")
            for path, options, line in entries(kind)
        },
    )


def joined(command: Any) -> str:
    """A command as one text; DVC also takes a list of commands."""
    return " && ".join(map(str, command)) if isinstance(command, list) else str(command)


def _entry(item: Any) -> tuple[str, Any]:
    """`path` or `path: options`."""
    if isinstance(item, dict) and item:
        path, options = next(iter(item.items()))
        return str(path), options
    return str(item), None


def _cached(options: dict[str, Any]) -> bool:
    return options.get("cache") is not False


def _params(
    entries: list[tuple[str, Any, int]], place: Callable[[str], str]
) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, keys, line in entries:
        if isinstance(keys, list):
            found.setdefault(place(name), {}).update({str(key): line for key in keys})
        elif re.search(r"\.(ya?ml|json|toml|py):?$", name):
            found.setdefault(place(name), {})[""] = line
        else:
            found.setdefault(place(PARAMS), {})[name] = line
    return found


def _filled(project: Project, text: str) -> str:
    """`${section.key}` replaced from params.yaml, as DVC does; unknown names stay."""
    params = project.yaml(PARAMS)

    def value(name: re.Match[str]) -> str:
        found = params.get(*name[1].split("."))
        return name[0] if found is None or isinstance(found, dict) else str(found)

    return re.sub(r"\$\{([\w.]+)\}", value, str(text))


def sources(project: Project, stage: Stage) -> dict[str, str]:
    """The project's files that a stage's command runs, each with the words that name it."""
    found: dict[str, str] = {}
    for name in _run_by_name(stage):
        parts = [f"{ENGINE}/stages/{name}.py"]
        for part in READ_BY.get(name, ()):
            path = f"{project.package}/{part}.py"
            parts += [path] if part not in OPTIONAL or project.exists(path) else []
        found |= dict.fromkeys(parts, f"samebits run {name}")
    for name in re.findall(r"-m\s+(?!samebits\b)([\w.]+)", stage.command):
        for module in (f"{name}.__main__", name):
            if module in project.modules:
                found.setdefault(project.modules[module], f"-m {name}")
    for word in re.findall(r"[\w./\\-]+\.(?:py|sh)\b", stage.command):
        path = posixpath.normpath(word.replace("\\", "/"))
        if (project.root / path).is_file():
            found[path] = word
    return found


def _run_by_name(stage: Stage) -> list[str]:
    """What `samebits run` runs in a stage's command."""
    return re.findall(r"-m\s+samebits\s+run\s+(\w+)", stage.command)


def missing_sources(project: Project, stage: Stage) -> list[Finding]:
    """Modules and scripts of the command that do not exist."""
    packages = {name.partition(".")[0] for name in project.modules}
    modules = [
        name
        for name in re.findall(r"-m\s+([\w.]+)", stage.command)
        if name.partition(".")[0] in packages and name not in project.modules
    ]
    modules += [
        f"samebits run {name}"
        for name in _run_by_name(stage)
        if f"samebits.stages.{name}" not in project.modules
    ]
    scripts = [
        word
        for word in re.findall(r"python\S*\s+(?:-\w+\s+)*([\w./-]+\.py)\b", stage.command)
        if not (project.root / word).is_file()
    ]
    line = project.yaml(PIPELINE).line("stages", stage.name, "cmd")
    message = f"stage {stage.name}: runs {{}}, which does not exist; mend its cmd"
    return [Finding(PIPELINE, line, message.format(name)) for name in [*modules, *scripts]]


class Tracked(NamedTuple):
    """An output that a .dvc file tracks: hash and size of its version, and where that is written.

    The size is in bytes; -1 where the file does not say it.
    """

    owner: Owner
    md5: str
    size: int


def tracked_data(project: Project) -> dict[str, Tracked]:
    """The outputs of all .dvc files by path."""
    found: dict[str, Tracked] = {}
    for file in project.tracked:
        if file.endswith(".dvc") and "/.dvc/" not in f"/{file}":
            document = project.yaml(file)
            outs = document.get("outs")
            for n, out in enumerate(outs if isinstance(outs, list) else []):
                if isinstance(out, dict) and "path" in out:
                    path = posixpath.join(posixpath.dirname(file), str(out["path"]))
                    owner = Owner(file, document.line("outs", n), file)
                    size = out.get("size")
                    known = size if isinstance(size, int) else -1
                    found[path] = Tracked(owner, str(out.get("md5", "")), known)
    return found


def owners(project: Project) -> dict[str, list[Owner]]:
    """Every output of the project, by path, with all who declare it."""
    found: dict[str, list[Owner]] = {}
    for stage in stages(project):
        for path, out in stage.outs.items():
            owner = Owner(PIPELINE, out.line, f"stage {stage.name}")
            found.setdefault(path, []).append(owner)
    for path, data in tracked_data(project).items():
        found.setdefault(path, []).append(data.owner)
    return found


def inside(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or below it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
