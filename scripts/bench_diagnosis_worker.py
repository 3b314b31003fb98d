"""What bench_diagnosis.py asks for in a project.

    python bench_diagnosis_worker.py PACKAGE SEEDS [FAULT ...]

Trains with each of these faults of tests/planted.py, or all of them, and prints a line of JSON for
each case.
"""

import importlib
import json
import sys


def main() -> None:
    """Print what the diagnosis says of each case."""
    package, seeds, *faults = sys.argv[1], int(sys.argv[2]), *sys.argv[3:]
    importlib.import_module(f"{package}.reproducibility.determinism").apply("portable", 1, "cpu")
    sys.path.insert(0, "tests")
    planted = importlib.import_module("planted")
    for seed in range(seeds):
        for name in faults or planted.FAULTS:
            fault, found = planted.planted(name, seed)
            said = {key: found[key] for key in ("state", "link", "section", "cause")}
            said["errors"] = [one["error"] for one in found["chain"]]
            said["ideas"] = [one["idea"] for one in found["ideas"][:3]]
            case = {"fault": name, "seed": seed, "right": planted.right(fault, found), "said": said}
            print(json.dumps(case), flush=True)


if __name__ == "__main__":
    main()
