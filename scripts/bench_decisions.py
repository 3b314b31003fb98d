"""Measure how reliable the project's statements about models are, and what they cost.

    python scripts/bench_decisions.py [intervals] [pairs] [seeds] [speed]     (make bench-decisions)

intervals   1,000 simulations: how often a 95 % interval contains the true value
pairs       500 simulations: how often a planted difference of 3 points is found with 1,000 test
            examples, and how often chance is taken for one
seeds       networks that differ only in their seeds: how often two are called different
speed       evaluation, diagnosis and report of 100,000 predictions: seconds and memory

Without a name all of them, in about half an hour. Each table ends with its bounds; exit status 1 if
one is missed. docs/decisions.md has the results, and explains those that fall short of the aim.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import bench_scale
import expected
from bench import without_inputs
from bench_costs import Figure

WORKER, SPEED = (
    Path(__file__).with_name(f"bench_decisions_{name}.py") for name in ("worker", "speed")
)
AIM = (93.0, 97.0)  # % of 95 % intervals; the standard error of a share of 1,000 is 0.7
FULL, SHORT = 40, 5  # epochs: those of params.yaml, and too few to train a network fully
CLASSES = (10, 100)
AFTERWARDS = ("evaluate", "diagnose", "report")  # the stages from the predictions on
SECONDS, MEMORY = 30.0, 2.0
Row = tuple[str, dict[str, float]]


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", help="by default all")
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=21, help="networks: 21 make 210 pairs")
    parser.add_argument("--epochs", type=int, nargs="*", default=[FULL, SHORT])
    parser.add_argument("--examples", type=int, default=100_000)
    parser.add_argument("--project", type=Path, help="a built project; by default a new one")
    given = parser.parse_args()
    asked: dict[str, Callable[[Path], list[Figure]]] = {
        "intervals": lambda project: intervals(project, given.simulations),
        "pairs": lambda project: pairs(project, given.simulations // 2),
        "seeds": lambda project: seeds(project, given.seeds, given.epochs),
        "speed": lambda project: speed(project, given.examples),
    }
    if unknown := set(given.parts) - set(asked):
        parser.error(f"unknown part {', '.join(sorted(unknown))}; the parts are {', '.join(asked)}")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bench-decisions-") as name:
        project = given.project.resolve() if given.project else built(Path(name))
        for part in given.parts or asked:
            measured = asked[part](project)
            print(*(figure.line() for figure in measured), "", sep="\n", flush=True)
            figures += measured
    return 0 if all(figure.good for figure in figures) else 1


def built(folder: Path) -> Path:
    """Build a project and prepare its example data."""
    project = bench_scale.built(folder)
    for path in ("dvc.lock", "data/raw.dvc"):
        (project / path).unlink()
    environment = project / ".venv"
    for command in (
        ["git", "init", "--quiet"],
        ["python", "-m", "samebits", "data", "add"],
        ["dvc", "repro", "--quiet", "prepare"],
    ):
        expected.call(command, project, environment)
    return project


def intervals(project: Path, simulations: int) -> list[Figure]:
    """Print how often intervals contain the true value; the bounds are on all of them together."""
    print(f"of {simulations:,} intervals of 95 %, % with the true value (! outside 93 to 97)")
    rows = list(table(project, ["intervals", str(simulations)], mark=AIM))
    shares = [100 * share for _, figures in rows for share in figures.values()]
    within = sum(AIM[0] <= share <= AIM[1] for share in shares)
    return [
        Figure("the mean of all", sum(shares) / len(shares), 94.0, "%", least=True),
        Figure("of all, from 93 to 97 %", 100 * within / len(shares), 75.0, "%", least=True),
        Figure("the lowest", min(shares), 85.0, "%", least=True),
    ]


def pairs(project: Path, simulations: int) -> list[Figure]:
    """Print how often 3 points are found, and how often chance is taken for a difference."""
    print(f"of {simulations:,} pairs of models with 1,000 test examples, %")
    figures = []
    for name, row in table(project, ["pairs", str(simulations)]):
        planted = row["points"] > 1
        for metric in ("accuracy", "macro_f1"):
            better, worse = (100 * row[f"{metric}: {gain}"] for gain in ("better", "worse"))
            label = f"{metric}, {name}"
            # Any two networks of a kind have more in common than this.
            if planted and row["correlation"] > 0.3:
                figures.append(Figure(f"3 points found by {label}", better, 80, "%", least=True))
            elif not planted:
                # The standard error of a share of 5 % of 500 is 1 %.
                figures.append(Figure(f"false alarms by {label}", better + worse, 7, "%"))
    return figures


def seeds(project: Path, count: int, epochs: list[int]) -> list[Figure]:
    """Print how often two networks that differ only in their seeds are called different."""
    print(f"of the pairs of {count} networks that differ only in their seeds, % called different")
    rows = table(project, ["seeds", str(count), *map(str, epochs)])
    return [
        Figure(f"{name}, the seeds known", 100 * row["6 seeds known"], 5, "%") for name, row in rows
    ]


def speed(project: Path, examples: int, classes: tuple[int, ...] = CLASSES) -> list[Figure]:
    """Measure the stages from the predictions on, for few and for many classes."""
    figures = []
    for count in classes:
        with tempfile.TemporaryDirectory(prefix="bench-speed-") as name:
            folder = Path(name)
            without_inputs(project, folder)
            list(run(project, folder, SPEED, ["make", str(examples), str(count)]))
            costs = {stage: spent(project, folder, stage) for stage in AFTERWARDS}
        for stage, (seconds, processor, memory) in costs.items():
            print(
                f"{examples:>9,} predictions of {count:>3} classes, {stage:<9}"
                f"{seconds:8.1f} s {processor:8.1f} s of the processor {memory:8.0f} MiB",
                flush=True,
            )
        title = f"{examples:,} predictions of {count} classes"
        total = sum(processor for _, processor, _ in costs.values())
        peak = max(memory for _, _, memory in costs.values()) / 1024
        figures.append(Figure(f"{title}, of the processor", total, SECONDS, "s"))
        figures.append(Figure(f"{title}, memory in GiB", peak, MEMORY, ""))
    return figures


def spent(project: Path, folder: Path, stage: str) -> tuple[float, float, float]:
    """Return a stage's seconds, processor seconds, and peak memory in MiB."""
    (line,) = run(project, folder, SPEED, [stage])
    seconds, processor, memory = json.loads(line)
    return seconds, processor, memory


def table(
    project: Path, request: list[str], mark: tuple[float, float] | None = None
) -> Iterator[Row]:
    """Print each row of the worker as soon as it is known, and yield it."""
    for number, line in enumerate(run(project, project, WORKER, request)):
        name, figures = json.loads(line)
        if number == 0:
            print(" " * 32, *(f"{column:>{max(len(column), 8)}}" for column in figures))
        cells = (cell(column, value, mark) for column, value in figures.items())
        print(f"{name:<32}", *cells, flush=True)
        yield name, figures


def cell(column: str, value: float, mark: tuple[float, float] | None) -> str:
    """Return a share as a percentage, any other figure as it is."""
    plain = column in ("correlation", "points", "pairs", "lowest", "highest")
    text = f"{value:.6g}" if plain else f"{100 * value:.1f}"
    outside = mark is not None and not mark[0] <= round(100 * value, 1) <= mark[1]
    return f"{'!' * outside + text:>{max(len(column), 8)}}"


def run(project: Path, folder: Path, script: Path, request: list[str]) -> Iterator[str]:
    """Yield the lines that a script prints in a folder, with the project's environment."""
    variables = bench_scale.variables(project)
    command = ["python", str(script), *request]
    with subprocess.Popen(
        command, cwd=folder, env=variables, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield from process.stdout
    if process.returncode != 0:
        raise SystemExit(f"{script.name} failed: see its output above.")


if __name__ == "__main__":
    sys.exit(main())
