"""Measure how often the diagnosis names what is wrong, where that is planted.

    python scripts/bench_diagnosis.py [--seeds 4] [--faults NAME ...] [--project FOLDER]

Builds a project, trains in it with each of the faults of tests/engine/planted.py and several seeds,
and prints a line for each case that was missed, then a table by fault. A case is right if the
diagnosis names the state, the link of the chain and the section of params.yaml, and has the remedy
among its first three ideas. Exit status 1 if fewer than 90 of 100 are right. Takes some ten
minutes; the same seeds give the same cases.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench_scale import built, variables

WORKER = Path(__file__).with_name("bench_diagnosis_worker.py")
SEEDS, LEAST = 4, 0.9


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=SEEDS, help="trainings with each fault")
    parser.add_argument("--faults", nargs="*", default=[], help="of planted.py; else all")
    parser.add_argument("--project", type=Path, help="one that is set up, instead of a new one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-diagnosis-") as name:
        project = (given.project or built(Path(name))).resolve()
        share = table(cases(project, given.seeds, given.faults))
    return 0 if share >= LEAST else 1


def cases(project: Path, seeds: int, faults: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """Yield what bench_diagnosis_worker.py says of each case, as soon as it is known."""
    command = ["python", str(WORKER), str(seeds), *faults]
    environment = variables(project)
    with subprocess.Popen(
        command, cwd=project, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield from map(json.loads, process.stdout)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")


def table(found: Iterator[dict[str, Any]]) -> float:
    """Print the misses and the table; return the share of cases that are right."""
    right, tried = Counter[str](), Counter[str]()
    for one in found:
        tried[one["fault"]] += 1
        right[one["fault"]] += one["right"]
        if not one["right"]:
            print(f"missed: {one['fault']}, seed {one['seed']}: {one['said']}", flush=True)
    for name, count in tried.items():
        print(f"{name:<40} {right[name]:>3} of {count}")
    share = right.total() / max(tried.total(), 1)
    mark = "ok" if share >= LEAST else "MISSED"
    print(f"{'all':<40} {right.total():>3} of {tried.total()}  {share:.3f} >= {LEAST}  {mark}")
    return share


if __name__ == "__main__":
    sys.exit(main())
