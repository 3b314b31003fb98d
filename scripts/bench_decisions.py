"""Measure how far what the project says of models can be relied on, and what saying it costs.

    python scripts/bench_decisions.py [intervals] [pairs] [seeds] [speed]     (make bench-decisions)

intervals   1,000 simulations: how often a 95 % interval holds the truth
pairs       500 simulations: how often a planted difference of 3 points is found with 1,000 test
            examples, and how often chance is taken for one
seeds       networks that differ in their seeds alone: how often two are called different
speed       evaluation, diagnosis and report of 100,000 predictions: seconds and memory

Without a name all of them, in half an hour or so. Each table ends with its bounds; exit status 1 if
one of those is missed. docs/decisions.md holds what was seen, and says why where it is less than
one would wish for.
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
    Path(__file__).with_name(f"bench_decisions_{one}.py") for one in ("worker", "speed")
)
AIM = (93.0, 97.0)  # % of 95 % intervals; chance moves a share of 1,000 by 0.7
FULL, SHORT = 40, 5  # epochs: those of params.yaml, and so few that a network is far from its best
CLASSES = (10, 100)
AFTERWARDS = ("evaluate", "diagnose", "report")  # the stages after the prediction
SECONDS, MEMORY = 30.0, 2.0
Row = tuple[str, dict[str, float]]


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", help="all, unless named")
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=21, help="networks: 21 make 210 pairs")
    parser.add_argument("--epochs", type=int, nargs="*", default=[FULL, SHORT])
    parser.add_argument("--examples", type=int, default=100_000)
    parser.add_argument("--project", type=Path, help="a built project; without it, one is made")
    given = parser.parse_args()
    asked: dict[str, Callable[[Path], list[Figure]]] = {
        "intervals": lambda project: intervals(project, given.simulations),
        "pairs": lambda project: pairs(project, given.simulations // 2),
        "seeds": lambda project: seeds(project, given.seeds, given.epochs),
        "speed": lambda project: speed(project, given.examples),
    }
    if unknown := set(given.parts) - set(asked):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(asked)}")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bench-decisions-") as name:
        project = given.project.resolve() if given.project else built(Path(name))
        for part in given.parts or asked:
            found = asked[part](project)
            print(*(one.line() for one in found), "", sep="\n", flush=True)
            figures += found
    return 0 if all(one.good for one in figures) else 1


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
    """Print how often intervals hold the truth; the bounds are on what all of them say together."""
    print(f"of {simulations:,} intervals of 95 %, % that hold the truth (! outside 93 to 97)")
    found = list(table(project, ["intervals", str(simulations)], mark=AIM))
    shares = [100 * one for _, figures in found for one in figures.values()]
    within = sum(AIM[0] <= one <= AIM[1] for one in shares)
    return [
        Figure("the mean of all", sum(shares) / len(shares), 94.0, "%", least=True),
        Figure("of all, from 93 to 97 %", 100 * within / len(shares), 75.0, "%", least=True),
        Figure("the lowest", min(shares), 85.0, "%", least=True),
    ]


def pairs(project: Path, simulations: int) -> list[Figure]:
    """Print how often 3 points are found, and chance is taken for something."""
    print(f"of {simulations:,} pairs of models with 1,000 test examples, %")
    found = list(table(project, ["pairs", str(simulations)]))
    figures = []
    for name, row in found:
        planted = row["points"] > 1
        for metric in ("accuracy", "macro_f1"):
            seen, against = (100 * row[f"{metric}: {one}"] for one in ("better", "worse"))
            label = f"{metric}, {name}"
            # Any two networks of one kind have more in common than this.
            if planted and row["correlation"] > 0.3:
                figures.append(Figure(f"3 points found by {label}", seen, 80, "%", least=True))
            elif not planted:
                # Chance moves a share of 500 around 5 % by one.
                figures.append(Figure(f"false alarms by {label}", seen + against, 7, "%"))
    return figures


def seeds(project: Path, count: int, epochs: list[int]) -> list[Figure]:
    """Print how often two networks that differ in their seeds alone are called different."""
    print(f"of the pairs of {count} networks that differ in their seeds alone, % called different")
    found = table(project, ["seeds", str(count), *map(str, epochs)])
    return [
        Figure(f"{name}, the seeds known", 100 * row["6 seeds known"], 5, "%")
        for name, row in found
    ]


def speed(project: Path, examples: int, classes: tuple[int, ...] = CLASSES) -> list[Figure]:
    """Measure the stages after the prediction, for few and for many classes."""
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
        used = sum(one[1] for one in costs.values())
        most = max(one[2] for one in costs.values()) / 1024
        figures.append(Figure(f"{title}, of the processor", used, SECONDS, "s"))
        figures.append(Figure(f"{title}, memory in GiB", most, MEMORY, ""))
    return figures


def spent(project: Path, folder: Path, stage: str) -> tuple[float, float, float]:
    """Return the seconds of a stage, those of the processor, and its peak memory in MiB."""
    (line,) = run(project, folder, SPEED, [stage])
    seconds, processor, memory = json.loads(line)
    return seconds, processor, memory


def table(
    project: Path, request: list[str], mark: tuple[float, float] | None = None
) -> Iterator[Row]:
    """Print what the worker finds, a row as soon as it is known, and hand the rows on."""
    for number, line in enumerate(run(project, project, WORKER, request)):
        name, figures = json.loads(line)
        if number == 0:
            print(" " * 32, *(f"{column:>{max(len(column), 8)}}" for column in figures))
        cells = (cell(column, value, mark) for column, value in figures.items())
        print(f"{name:<32}", *cells, flush=True)
        yield name, figures


def cell(column: str, value: float, mark: tuple[float, float] | None) -> str:
    """Return a share as a percentage, and any other figure as it is."""
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
        raise SystemExit(f"{script.name} failed; it says why above.")


if __name__ == "__main__":
    sys.exit(main())
