"""Plain functions that the tests of the template share; the fixtures are in conftest.py."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import jinja2
import yaml

ROOT = Path(__file__).resolve().parent.parent
PROJECT = "{{cookiecutter.project_slug}}"
CONTEXT: dict[str, Any] = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
# Of the real home, because tests have an empty one: one download is enough.
CACHE = os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))
Bake = Callable[..., Path]
Plant = Callable[[str, str, str], Path]
Run = Callable[..., str]
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"  # the Python of the tests
PACKAGE = "handwritten_digits"  # of the project that default answers make
JINJA = jinja2.Environment(keep_trailing_newline=True)


TASKS: list[str] = CONTEXT["task"]
DEFAULT = TASKS[0]


def filled(text: str, task: str = DEFAULT) -> str:
    """A text or a path of the template, rendered for a task with default answers."""
    answers = {
        name: value[0] if isinstance(value, list) else value for name, value in CONTEXT.items()
    }
    answers |= {"task": task, "__package_name": PACKAGE}
    return JINJA.from_string(text).render(cookiecutter=answers)


def sources(root: Path = ROOT, task: str = DEFAULT) -> dict[str, Path]:
    """The files of the template that a project with this task has, by their paths there."""
    project = root / PROJECT
    paths_by_name = {}
    for path in sorted(file for file in project.rglob("*") if file.is_file()):
        name = filled(path.relative_to(project).as_posix(), task)
        if all(name.split("/")) and "__pycache__" not in path.parts:
            paths_by_name[name] = path
    return paths_by_name


def literal(text: str) -> str:
    """An answer as cookiecutter needs it without a terminal, because it renders answers."""
    return f"{{% raw %}}{text}{{% endraw %}}" if "{" in text else text


def load_hook(name: str) -> ModuleType:
    """A hook as a module, unrendered: all but its last lines is plain Python."""
    spec = spec_from_file_location(name, ROOT / "hooks" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def command(*arguments: str | Path, cwd: Path, **kwargs: Any) -> "subprocess.CompletedProcess[str]":
    """Run a program, with `python` as this one; captures its output, lets it fail."""
    program = [sys.executable if part == "python" else str(part) for part in arguments]
    return subprocess.run(
        program, cwd=cwd, capture_output=True, encoding="utf-8", check=False, **kwargs
    )


def git(folder: Path, *arguments: str) -> str:
    """What Git prints in the folder; it must succeed."""
    done = command("git", *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(folder: Path, message: str) -> None:
    """Commit what is tracked, with an identity, since the machine may have none."""
    for name, text in (("name", "Tester"), ("email", "tester@example.org")):
        git(folder, "config", f"user.{name}", text)
    git(folder, "commit", "--all", "--quiet", "--no-verify", "-m", message)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below the folder, outside `.git`, by its path, with its bytes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(files)
        if ".git" not in path.relative_to(folder).parts
    }


def environment(built: Path) -> dict[str, str]:
    """The variables for commands in a copy: the original's environment, but its own code."""
    path = os.pathsep.join([str(built / ".venv" / "bin"), os.environ["PATH"]])
    return os.environ | {"PATH": path, "DVC_NO_ANALYTICS": "1"}


def outputs(project: Path) -> dict[str, str]:
    """The hash of each output of the last run."""
    stages = yaml.safe_load((project / "dvc.lock").read_text("utf-8"))["stages"].values()
    return {out["path"]: out["md5"] for stage in stages for out in stage["outs"]}


def set_param(project: Path, line: str, new: str) -> None:
    """Change one line of params.yaml."""
    file = project / "params.yaml"
    text = file.read_text("utf-8")
    assert line in text
    file.write_text(text.replace(line, new), "utf-8")


def wheel_folders() -> list[str]:
    """The folders of wheels that the environment names."""
    named = os.environ.get("UV_FIND_LINKS", os.environ.get("PIP_FIND_LINKS", ""))
    return named.replace(",", " ").split()


def cpu_wheel(version: str) -> bool:
    """Whether one of them has torch's CPU wheel for this Python."""
    tag = f"torch-*cp{version.replace('.', '')}*"
    return any(list(Path(folder).glob(tag)) for folder in wheel_folders())
