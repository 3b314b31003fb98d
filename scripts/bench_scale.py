"""Measure how the project scales with the number of images.

    python scripts/bench_scale.py [--sizes 10000 100000 1000000] [--layouts files tar]

Builds a project, generates that many images in it, and prints a line for each step: its time, its
processor time, and the peak memory of its largest process. Growth is judged by processor time,
which other programs disturb less. An epoch is so short that the sizes take turns at it at the end.
Then ratios: the speed of decoding images to that of the bare decoder, the cost of 1 % more images,
and the speed of reading shuffled batches to that of a plain read of the same bytes; the same for
examples of the other tasks, compared with hand-written code; and the memory that `evaluate`
takes for each example.
Needs about 25 KB of disk for each image, most of it overhead of the file system for small files.
`--short` takes one turn with a hundredth of the images for ratios; its figures mean nothing.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import expected
from bench_costs import Figure

ROOT = Path(__file__).resolve().parent.parent
WORKER, TASKS = map(Path(__file__).with_name, ("bench_scale_worker.py", "bench_tasks_worker.py"))
SAMEBITS = ("python", "-I", "-m", "samebits")
SIZES = (10_000, 100_000, 1_000_000)
LAYOUTS = ("files", "tar")
SLUG = "many-images"
CORES = os.cpu_count() or 1
FLAT = 1.2  # bound on the growth of time per image and of peak memory
ROUNDS = 5  # of an epoch at each size, in turns
CHANGES = {
    "  size: 8 ": "  size: 32 ",
    "  channels: 1 ": "  channels: 3 ",
    "  workers: 0 ": f"  workers: {CORES} ",
}
# Changes to params.yaml: by task for measuring inputs, by kind of example for evaluating.
INPUTS: Mapping[str, Mapping[str, str]] = {
    "text-class": {"  unit: character ": "  unit: word ", "  length: 24 ": "  length: 128 "},
    "table-number": {},
    "series-class": {},
    "image-mask": {"  size: 24 ": "  size: 64 ", "  channels: 1 ": "  channels: 3 "},
}
EVALUATED = {
    "images": ("image-class", {}),
    "masks": ("image-mask", {"  size: 24 ": "  size: 96 ", "  width: 8 ": "  width: 2 "}),
}
# Test examples, compared with a quarter of them. For masks, an answer of the network takes 108 KiB.
TESTED = {"images": 20_000, "masks": 1600}
# KiB of memory for one more example, at most; for masks the peak is too uneven.
HELD = {"images": 1.5}


class Cost(NamedTuple):
    """The cost of a step: seconds, processor seconds, and peak memory of a process in MiB."""

    seconds: float
    work: float
    memory: float


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="numbers of images")
    parser.add_argument("--layouts", nargs="*", choices=LAYOUTS, default=LAYOUTS)
    parser.add_argument("--folder", type=Path, help="where to work, on a disk with enough room")
    parser.add_argument("--project", type=Path, help="a built project; by default a new one")
    parser.add_argument("--short", action="store_true", help="only check that the bench works")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-scale-", dir=given.folder) as name:
        project = given.project.resolve() if given.project else built(Path(name) / "built")
        figures = table(project, Path(name), given.sizes, given.layouts, given.short)
    return 0 if given.short or all(figure.good for figure in figures) else 1


def table(
    project: Path, folder: Path, sizes: list[int], layouts: list[str], short: bool
) -> list[Figure]:
    """Measure and print everything; return the figures that have a bound."""
    figures: list[Figure] = []
    hurry = ["short"] if short else []
    for layout in layouts:
        folders = {size: folder / f"{layout}-{size}" for size in sizes}
        costs = {size: measured(project, folders[size], size, layout) for size in sizes}
        rounds = epochs(project, list(folders.values()), hurry)
        for size, epoch in zip(sizes, rounds, strict=True):
            costs[size]["epoch"] = epoch
            show(layout, size, "epoch", epoch)
        figures += growth(layout, costs)
    ratios = asked(project, project, "ratios", str(folder / "ratios"), *hurry)
    figures += [Figure(**ratio) for ratio in ratios]
    figures += inputs(project, folder / "inputs", hurry)
    figures += evaluations(project, folder / "evaluated", short)
    for figure in figures:
        print(figure.line(), flush=True)
    return figures


def built(folder: Path) -> Path:
    """Render a project and install it."""
    command = [sys.executable, "-m", "cookiecutter", str(ROOT), "--no-input", "--accept-hooks"]
    command += ["no", "--output-dir", str(folder), f"project_slug={SLUG}"]
    expected.call(command, ROOT, None)
    project = folder / SLUG
    expected.call([sys.executable, "scripts/setup.py"], project, None)
    return project


def measured(built: Path, folder: Path, size: int, layout: str) -> dict[str, Cost]:
    """Run every step on `size` images in a project of their own, and print its cost.

    Only the files that an epoch reads are left in `folder`.
    """
    project = folder / built.name
    omitted = (".venv", "__pycache__", ".git", "cache", "raw", "decoded", "prepared")
    shutil.copytree(built, project, ignore=shutil.ignore_patterns(*omitted))
    (project / "data" / "raw.dvc").unlink(missing_ok=True)
    change(project, {**CHANGES, "  layout: files ": f"  layout: {layout} "})
    environment = variables(built)
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    asked(built, project, "images", str(size))
    costs: dict[str, Cost] = {}
    for name, command in steps(layout).items():
        costs[name] = cost(command, project, environment)
        show(layout, size, name, costs[name])
    (folder / "data").mkdir()
    (project / "data" / "prepared").rename(folder / "data" / "prepared")
    for path in sorted(folder.iterdir()):
        if path.name != "data":
            shutil.rmtree(path)
    return costs


def change(project: Path, changes: Mapping[str, str]) -> None:
    """Change values in params.yaml."""
    params = project / "params.yaml"
    text = params.read_text(encoding="utf-8")
    for old, new in changes.items():
        if old not in text:
            raise SystemExit(f"params.yaml has no line with '{old.strip()}' to change")
        text = text.replace(old, new)
    params.write_text(text, encoding="utf-8")


def inputs(built: Path, folder: Path, hurry: list[str]) -> Iterator[Figure]:
    """Compare decoding and reading examples of the other tasks with hand-written code."""
    for task, changes in INPUTS.items():
        project = rendered(folder, task, changes)
        request = "inputs", task, str(folder / task / "measured"), *hurry
        for figure in asked(built, project, *request, worker=TASKS):
            yield Figure(**figure)


def evaluations(built: Path, folder: Path, short: bool) -> Iterator[Figure]:
    """Compare the memory of `evaluate` with that of a quarter of the test examples."""
    for name, (task, changes) in EVALUATED.items():
        project, many = rendered(folder, task, changes), 400 if short else TESTED[name]
        few = many // 4
        small, large = (tested(built, project, name, count) for count in (few, many))
        label = f"evaluate, {many:,} {name} / {few:,}"
        yield Figure(f"{label}, peak memory", large / small, FLAT)
        if name in HELD:
            added = (large - small) * 1024 / (many - few)
            yield Figure(f"{label}, memory of one more", added, HELD[name], "KiB")


def tested(built: Path, project: Path, name: str, count: int) -> float:
    """Return the MiB of memory that `evaluate` takes with that many test examples."""
    asked(built, project, "tested", str(count), worker=TASKS)
    command, environment = [*SAMEBITS, "run", "evaluate"], variables(built)
    # Other programs change the peak by a twentieth.
    costs = (cost(command, project, environment) for _ in range(2))
    least = min(costs, key=lambda item: item.memory)
    show(name, count, "evaluate", least)
    return least.memory


def rendered(folder: Path, task: str, changes: Mapping[str, str]) -> Path:
    """Render a project of a task, and change its params.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    project = expected.render(folder, task, "cuda")
    change(project, changes)
    return project


def epochs(built: Path, folders: list[Path], hurry: list[str]) -> list[Cost]:
    """Read an epoch in each folder, in turns; return the median cost for each."""
    turns = range(1 if hurry else ROUNDS)
    rounds = [[asked(built, folder, "epoch", *hurry)[0] for folder in folders] for _ in turns]
    by_folder = zip(*rounds, strict=True)
    return [Cost(*map(statistics.median, zip(*costs, strict=True))) for costs in by_folder]


def show(layout: str, size: int, name: str, cost: Cost) -> None:
    """Print the cost of a step."""
    values = f"{cost.seconds:9.3f} s {cost.work:9.3f} s of processors {cost.memory:8.0f} MiB"
    print(f"{layout:<6} {size:>9,} {name:<12} {values}", flush=True)


def steps(layout: str) -> dict[str, list[str]]:
    """Return the commands of the steps, in order."""
    pack = {"pack": [*SAMEBITS, "data", "pack"]} if layout == "tar" else {}
    return pack | {
        "dvc add": ["dvc", "add", "--quiet", "data/raw"],
        "dvc status": ["dvc", "status", "--quiet", "data/raw.dvc"],
        "dvc push": ["dvc", "push", "--quiet", "data/raw.dvc"],
        "validate": [*SAMEBITS, "run", "validate"],
        "prepare": [*SAMEBITS, "run", "prepare"],
    }


def cost(command: list[str], folder: Path, environment: Mapping[str, str]) -> Cost:
    """Run a command and measure it."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def growth(layout: str, costs: Mapping[int, Mapping[str, Cost]]) -> list[Figure]:
    """Return how time and memory of each step grow between the last two sizes."""
    if len(costs) < 2:
        return []
    (small, few), (large, many) = list(costs.items())[-2:]
    figures = []
    for name in few:
        time_ratio = many[name].work / few[name].work / (large / small)
        memory_ratio = many[name].memory / few[name].memory
        label = f"{layout}: {name}, {large:,} images / {small:,}"
        figures.append(Figure(f"{label}, time an image", time_ratio, FLAT))
        figures.append(Figure(f"{label}, peak memory", memory_ratio, FLAT))
    return figures


def asked(built: Path, folder: Path, *request: str, worker: Path = WORKER) -> list[Any]:
    """Return the lines of JSON that a worker prints in a folder."""
    command = ["python", str(worker), *request]
    done = subprocess.run(
        command, cwd=folder, env=variables(built), stdout=subprocess.PIPE, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def variables(built: Path) -> dict[str, str]:
    """Return an environment with the built project's tools first."""
    tools = [str(built / ".venv" / "bin"), os.environ["PATH"]]
    return os.environ | {"PATH": os.pathsep.join(tools)}


if __name__ == "__main__":
    sys.exit(main())
