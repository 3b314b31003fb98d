"""Refresh the bits that the template ships: train, and keep the hashes.

    python scripts/expected.py [TASK ...]      (make expected; about two minutes for each task)

Writes dvc.lock, data/raw.dvc and provenance/train.json of the template, for each task. Both
accelerators run in the environment of the default one: only the hash of runtime.lock differs, and
the files that contain it. A test checks that the CPU wheels give the same bits.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "{{cookiecutter.project_slug}}"
SLUG = "expected-bits"
PACKAGE = SLUG.replace("-", "_")
# The entries of a stage of dvc.lock for the user's files, followed by those for the engine's.
ENTRIES = r"(?:    - path: src/{}.*\n(?:      .*\n|{{%.*\n)+)+"
YOURS_AND_ENGINE = re.compile(
    f"({ENTRIES.format('(?!samebits/)')})({ENTRIES.format('samebits/')})", re.MULTILINE
)
SHIPPED = ("dvc.lock", "data/raw.dvc", "provenance/train.json")


TASKS: list[str] = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))["task"]


def main() -> int:
    """Render, train and keep the hashes, for both accelerators."""
    with tempfile.TemporaryDirectory(prefix="expected-") as folder:
        environment: Path | None = None
        for task in sys.argv[1:] or TASKS:
            projects = {name: render(Path(folder), task, name) for name in ("cuda", "cpu")}
            if environment is None:  # the locks are the same whatever the task
                environment = projects["cuda"] / ".venv"
                call([sys.executable, "scripts/setup.py"], projects["cuda"], environment)
            for project in projects.values():
                run_pipeline(project, environment)
            for path in SHIPPED:
                texts = {name: read(project / path) for name, project in projects.items()}
                place = of_task(path, task)
                place.parent.mkdir(exist_ok=True)
                write(place, merged(texts["cuda"], texts["cpu"]))
    print(f"refreshed {', '.join(SHIPPED)}; look at the change with 'git diff'")
    return 0


def of_task(path: str, task: str) -> Path:
    """Return the template's path of a file that only projects of this task have."""
    place = TEMPLATE / path
    return place.with_name(f"{{% if cookiecutter.task == '{task}' %}}{place.name}{{% endif %}}")


def render(folder: Path, task: str, accelerator: str) -> Path:
    """Render the template without its hooks, which would refuse the old bits."""
    place = folder / task / accelerator
    answers = [f"project_slug={SLUG}", f"accelerator={accelerator}", f"task={task}"]
    command = [sys.executable, "-m", "cookiecutter", str(ROOT), "--no-input"]
    command += ["--accept-hooks", "no", "--output-dir", str(place), *answers]
    call(command, folder, None)
    return place / SLUG


def run_pipeline(project: Path, environment: Path, *until: str) -> None:
    """Make the example data and run every stage, or those up to `until`."""
    call(["git", "init", "--quiet"], project, environment)
    # Without the shipped hashes every stage runs, and the data gets its own hash.
    for name in ("dvc.lock", "data/raw.dvc"):
        (project / name).unlink(missing_ok=True)
    call(["python", "-m", "samebits", "data", "add"], project, environment)
    call(["dvc", "repro", "--force", "--no-run-cache", *until], project, environment)


def merged(cuda: str, cpu: str) -> str:
    """Return one file for any package name and either accelerator, as a Jinja template."""
    lines = []
    for line, other in zip(cuda.splitlines(), cpu.splitlines(), strict=True):
        if line != other:
            condition = "{% if cookiecutter.accelerator == 'cpu' %}"
            line = f"{condition}{other}{{% else %}}{line}{{% endif %}}"
        lines.append(line.replace(PACKAGE, "{{ cookiecutter.__package_name }}"))
    return ordered("\n".join(lines) + "\n")


def ordered(lock: str) -> str:
    """Return a dvc.lock with its files in DVC's order, by path, for any package name."""
    before, after = (f"{{% if cookiecutter.__package_name {way} 'samebits' %}}" for way in "<>")
    return YOURS_AND_ENGINE.sub(rf"{before}\1{{% endif %}}\2{after}\1{{% endif %}}", lock)


def call(command: list[str], folder: Path, environment: Path | None) -> None:
    """Run a command in `folder`, with the tools of `environment` first; stop if it fails."""
    variables = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    if environment is not None:
        tools = [str(environment / "bin"), str(environment / "Scripts"), os.environ["PATH"]]
        variables["PATH"] = os.pathsep.join(tools)
    subprocess.run(command, cwd=folder, env=variables, check=True)


def read(path: Path) -> str:
    """Return a text file's content."""
    return path.read_text(encoding="utf-8")


def write(path: Path, text: str) -> None:
    """Write a text file with LF line ends."""
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
