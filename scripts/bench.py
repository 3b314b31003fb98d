"""Measure what the template costs, as ratios of two things timed in turns in one run.

    python scripts/bench.py          (make bench; about ten minutes)

On a shared or slow machine a ratio of medians taken in turns hardly changes. Exit status 1 if a
figure misses its bound. `--short` measures everything once, to check that the bench works; its
figures mean nothing.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import expected
from bench_costs import Figure

ROOT = Path(__file__).resolve().parent.parent
TORCH_STAGES = ("train", "evaluate")
OTHER_STAGES = ("validate", "prepare", "diagnose", "report")
# The bounds that the README promises; tests compare the two. Those of training are in
# bench_costs.py.
GENERATION, NOTHING_TO_DO = 2.4, 1.5
START, TORCH_START = 0.5, 1.2  # seconds; ratio to `import torch`
DEMO = 90  # seconds
ROWS = 0.8  # of a bare loop's speed with rows of a table, where a step takes a millisecond


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="measure everything but the demo once")
    parser.add_argument("--project", type=Path, help="a built project; by default a new one")
    given = parser.parse_args()
    rows: list[Figure] = []
    times = 1 if given.short else 5
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        show(rows, generation(folder / "generation", 1 if given.short else 9))
        project = given.project.resolve() if given.project else built_project(folder / "project")
        show(rows, nothing_to_do(project, folder / "one-stage", 1 if given.short else 9))
        for stage in OTHER_STAGES:
            show(rows, stage_start(project, folder / "empty", stage, times))
        for stage in TORCH_STAGES:
            show(rows, torch_stage_start(project, folder / "empty", stage, times))
        for row in training_costs(project, given.short):
            show(rows, row)
        for task in expected.TASKS[1:]:
            other = prepared_project(folder, task, project / ".venv")
            for row in training_costs(other, given.short, "loop"):
                bound = ROWS if task.startswith("table") else row.bound
                show(rows, replace(row, name=f"{row.name}, {task}", bound=bound))
    if not given.short:
        show(rows, demo())
    return 0 if given.short or all(row.good for row in rows) else 1


def show(rows: list[Figure], row: Figure) -> None:
    """Print a row as soon as it is known."""
    rows.append(row)
    print(row.line(), flush=True)


def generation(folder: Path, times: int) -> Figure:
    """Compare generating, with the audit, with generating a template of one file, in user time."""
    tiny = folder / "tiny"
    (tiny / "{{cookiecutter.name}}").mkdir(parents=True)
    (tiny / "cookiecutter.json").write_text('{"name": "one-file"}', encoding="utf-8")
    (tiny / "{{cookiecutter.name}}" / "README.md").write_text("# One file\n", encoding="utf-8")
    # As users get it: without the caches and environments of this checkout.
    ours = folder / "ours"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(ours)], check=True)

    def generate(template: Path) -> Callable[[], None]:
        def once() -> None:
            out = folder / "out"
            command = [sys.executable, "-m", "cookiecutter", str(template), "--no-input"]
            quiet([*command, "--output-dir", str(out)], folder)
            shutil.rmtree(out)

        return once

    ours_time, tiny_time = in_turns(generate(ours), generate(tiny), times, clock=user_seconds)
    name = "generate with audit / a template of one file, user time"
    return Figure(name, ours_time / tiny_time, GENERATION, aim=2)


def built_project(folder: Path) -> Path:
    """Generate a project, install it and run its pipeline."""
    command = [sys.executable, "-m", "cookiecutter", str(ROOT), "--no-input", "--accept-hooks"]
    quiet([*command, "no", "--output-dir", str(folder), "project_slug=bench-project"], ROOT)
    project = folder / "bench-project"
    expected.call([sys.executable, "scripts/setup.py"], project, None)
    expected.run_pipeline(project, project / ".venv")
    return project


def prepared_project(folder: Path, task: str, environment: Path) -> Path:
    """Generate a project with another task, and prepare its data."""
    project = expected.render(folder, task, "cuda")
    (project / ".venv").symlink_to(environment)
    expected.run_pipeline(project, environment, "prepare")
    return project


def nothing_to_do(project: Path, folder: Path, times: int) -> Figure:
    """Compare `dvc repro` with nothing to do with the same on a pipeline of one stage."""
    folder.mkdir()
    stage = "stages:\n  one:\n    cmd: echo one > out.txt\n    outs: [out.txt]\n"
    (folder / "dvc.yaml").write_text(stage, encoding="utf-8")
    tools = variables(project)
    for command in (["git", "init", "-q"], ["dvc", "init", "-q"], ["dvc", "repro", "-q"]):
        quiet(command, folder, tools)
    ours, single = in_turns(
        lambda: quiet(["dvc", "repro"], project, tools),
        lambda: quiet(["dvc", "repro"], folder, tools),
        times,
    )
    name = "dvc repro, nothing to do / the same with one stage"
    return Figure(name, ours / single, NOTHING_TO_DO)


def stage_start(project: Path, empty: Path, stage: str, times: int) -> Figure:
    """Time a stage until it asks for its first input."""
    run = starter(project, empty, stage)
    value = statistics.median(timed(run) for _ in range(times))
    return Figure(f"start of stage {stage}", value, START, "s")


def torch_stage_start(project: Path, empty: Path, stage: str, times: int) -> Figure:
    """Compare a stage until it asks for its first input with `import torch`."""
    torch = ["python", "-c", "import torch"]
    start, bare = in_turns(
        starter(project, empty, stage), lambda: quiet(torch, empty, variables(project)), times
    )
    return Figure(f"start of stage {stage} / import torch", start / bare, TORCH_START)


def starter(project: Path, empty: Path, stage: str) -> Callable[[], None]:
    """Return a call that starts a stage without its inputs and checks that it says so."""
    empty.mkdir(exist_ok=True)
    without_inputs(project, empty)
    command = ["python", "-I", "-m", "samebits", "run", stage]

    def once() -> None:
        done = subprocess.run(
            command, cwd=empty, env=variables(project), capture_output=True, text=True, check=False
        )
        if done.returncode != 2 or not done.stderr.startswith("error: "):
            raise SystemExit(f"stage {stage} did not ask for its inputs: {done.stderr}")

    return once


def without_inputs(project: Path, folder: Path) -> None:
    """Set up a folder with the code and settings of a project, but no data, to run stages in."""
    for name in ("params.yaml", "dvc.yaml", "pyproject.toml"):
        shutil.copy(project / name, folder)
    if not (folder / "src").exists():
        (folder / "src").symlink_to(project / "src")


def training_costs(project: Path, short: bool, *groups: str) -> Iterator[Figure]:
    """Measure what reproducibility costs in training, in the project: see bench_costs.py."""
    command = ["python", str(ROOT / "scripts" / "bench_costs.py"), *groups]
    command += ["--short"] if short else []
    with subprocess.Popen(
        command, cwd=project, env=variables(project), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield Figure(**json.loads(line))
    if process.returncode != 0:
        raise SystemExit("bench_costs.py failed: see its output above.")


def demo() -> Figure:
    """Time `make demo`, with caches warm from earlier runs."""
    folder = Path(tempfile.mkdtemp(prefix="bench-demo-"))
    try:
        clone = folder / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        command = [sys.executable, "scripts/demo.py"]
        seconds = timed(lambda: quiet(command, clone))
        return Figure("the whole demo, caches warm", seconds, DEMO, "s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def in_turns(
    first: Callable[[], None],
    second: Callable[[], None],
    times: int,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, float]:
    """Return the median seconds of two calls made in turns, after a warm-up call of each."""
    for call in (first, second):
        call()
    pairs = [(timed(first, clock), timed(second, clock)) for _ in range(times)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def timed(call: Callable[[], None], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the seconds that a call takes."""
    start = clock()
    call()
    return clock() - start


def user_seconds() -> float:
    """Return the user seconds of all finished child processes."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def variables(project: Path) -> dict[str, str]:
    """Return an environment with the project's tools first."""
    venv = project / ".venv"
    tools = [str(venv / "bin"), str(venv / "Scripts"), os.environ["PATH"]]
    return os.environ | {"PATH": os.pathsep.join(tools)}


def quiet(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> None:
    """Run a command; show its output only if it fails."""
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
