"""What dvc.yaml and the .dvc files declare: stages, their inputs, and the owner of each output."""

import posixpath
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from ..core.yours import OPTIONAL, READ_BY
from .outcomes import Finding
from .project import Project
from .rooms import ENGINE

PIPELINE = "dvc.yaml"
LOCK = "dvc.lock"
PARAMS = "params.yaml"
RUNTIME_LOCK = "requirements/runtime.lock"


class Output(NamedTuple):
    """An output: the line that declares it, `outs`, `metrics` or `plots`, and whether it is cached.

    DVC's cache keeps a cached output; Git keeps any other.
    """

    line: int
    kind: str
    cached: bool


class Stage(NamedTuple):
    """A stage. `deps` and `outs` are keyed by path, `params` by file and then key; with lines.

    A stage with `foreach` or `matrix` appears once, with `${item}` in it.
    """

    name: str
    line: int
    command: str
    deps: dict[str, int]
    params: dict[str, dict[str, int]]
    outs: dict[str, Output]

    def sections(self) -> dict[str, int]:
        """The sections of params.yaml that the stage declares, wholly or in part."""
        keys = self.params.get(PARAMS, {})
        return {key.partition(".")[0]: line for key, line in reversed(keys.items())}


class Owner(NamedTuple):
    """The file and line that declare an output, and a name to show."""

    path: str
    line: int
    name: str


@lru_cache(maxsize=8)
def stages(project: Project) -> tuple[Stage, ...]:
    """The stages of dvc.yaml in its order; empty if the file cannot be read."""
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
    params: dict[str, dict[str, int]] = {}
    for name, keys, line in entries:
        if isinstance(keys, list):
            params.setdefault(place(name), {}).update({str(key): line for key in keys})
        elif re.search(r"\.(ya?ml|json|toml|py):?$", name):
            params.setdefault(place(name), {})[""] = line
        else:
            params.setdefault(place(PARAMS), {})[name] = line
    return params


def _filled(project: Project, text: str) -> str:
    """`${section.key}` replaced from params.yaml, as DVC does; unknown names stay."""
    params = project.yaml(PARAMS)

    def value(name: re.Match[str]) -> str:
        content = params.get(*name[1].split("."))
        return name[0] if content is None or isinstance(content, dict) else str(content)

    return re.sub(r"\$\{([\w.]+)\}", value, str(text))


def sources(project: Project, stage: Stage) -> dict[str, str]:
    """The project's files that a stage's command runs, each with the words that name it."""
    files: dict[str, str] = {}
    for name in _run_by_name(stage):
        parts = [f"{ENGINE}/stages/{name}.py"]
        for part in READ_BY.get(name, ()):
            path = f"{project.package}/{part}.py"
            parts += [path] if part not in OPTIONAL or project.exists(path) else []
        files |= dict.fromkeys(parts, f"samebits run {name}")
    for name in re.findall(r"-m\s+(?!samebits\b)([\w.]+)", stage.command):
        for module in (f"{name}.__main__", name):
            if module in project.modules:
                files.setdefault(project.modules[module], f"-m {name}")
    for word in re.findall(r"[\w./\\-]+\.(?:py|sh)\b", stage.command):
        path = posixpath.normpath(word.replace("\\", "/"))
        if (project.root / path).is_file():
            files[path] = word
    return files


def _run_by_name(stage: Stage) -> list[str]:
    """The names after `samebits run` in a stage's command."""
    return re.findall(r"-m\s+samebits\s+run\s+(\w+)", stage.command)


def missing_sources(project: Project, stage: Stage) -> list[Finding]:
    """A finding for each module or script of the command that does not exist."""
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
    message = f"stage {stage.name}: runs {{}}, which does not exist; fix its cmd"
    return [Finding(PIPELINE, line, message.format(name)) for name in [*modules, *scripts]]


class Tracked(NamedTuple):
    """An output that a .dvc file tracks: where that is declared, its hash and its size.

    The size is in bytes; -1 if the file does not give it.
    """

    owner: Owner
    md5: str
    size: int


def tracked_data(project: Project) -> dict[str, Tracked]:
    """The outputs of all .dvc files by path."""
    tracked: dict[str, Tracked] = {}
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
                    tracked[path] = Tracked(owner, str(out.get("md5", "")), known)
    return tracked


def owners(project: Project) -> dict[str, list[Owner]]:
    """Every output of the project by path, with all its owners."""
    claims: dict[str, list[Owner]] = {}
    for stage in stages(project):
        for path, out in stage.outs.items():
            owner = Owner(PIPELINE, out.line, f"stage {stage.name}")
            claims.setdefault(path, []).append(owner)
    for path, data in tracked_data(project).items():
        claims.setdefault(path, []).append(data.owner)
    return claims


def inside(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or below it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
