"""Measure how often the diagnosis names a planted fault.

    python scripts/bench_diagnosis.py [--seeds 4] [--faults NAME ...] [--project FOLDER]

Builds a project, trains in it with each fault of tests/engine/planted.py and several seeds, and
prints a line for each missed case, then a table by fault. A case is right if the diagnosis names
the state, the link of the chain and the section of params.yaml, and has the remedy among its first
three ideas. Exit status 1 if fewer than 90 % are right. Takes about ten minutes; the same seeds
give the same cases.
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
    parser.add_argument("--faults", nargs="*", default=[], help="of planted.py; by default all")
    parser.add_argument("--project", type=Path, help="a built project; by default a new one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-diagnosis-") as name:
        project = (given.project or built(Path(name))).resolve()
        share = table(cases(project, given.seeds, given.faults))
    return 0 if share >= LEAST else 1


def cases(project: Path, seeds: int, faults: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """Yield each case of bench_diagnosis_worker.py as soon as it is known."""
    command = ["python", str(WORKER), str(seeds), *faults]
    environment = variables(project)
    with subprocess.Popen(
        command, cwd=project, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield from map(json.loads, process.stdout)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")


def table(cases: Iterator[dict[str, Any]]) -> float:
    """Print the misses and the table; return the share of cases that are right."""
    right, tried = Counter[str](), Counter[str]()
    for case in cases:
        tried[case["fault"]] += 1
        right[case["fault"]] += case["right"]
        if not case["right"]:
            print(f"missed: {case['fault']}, seed {case['seed']}: {case['said']}", flush=True)
    for name, count in tried.items():
        print(f"{name:<40} {right[name]:>3} of {count}")
    share = right.total() / max(tried.total(), 1)
    mark = "ok" if share >= LEAST else "MISSED"
    print(f"{'all':<40} {right.total():>3} of {tried.total()}  {share:.3f} >= {LEAST}  {mark}")
    return share


if __name__ == "__main__":
    sys.exit(main())
