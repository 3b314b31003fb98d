"""Diagnose planted faults; bench_diagnosis.py runs this in a project.

    python bench_diagnosis_worker.py SEEDS [FAULT ...]

Trains with each named fault of tests/engine/planted.py, or with all of them, and prints a line of
JSON for each case.
"""

import importlib
import json
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests" / "engine"


def main() -> None:
    """Print the diagnosis of each case."""
    seeds, *faults = int(sys.argv[1]), *sys.argv[2:]
    determinism = importlib.import_module("samebits.core.determinism")
    determinism.choose("portable", 1)
    sys.path.insert(0, str(TESTS))
    planted = importlib.import_module("planted")
    importlib.import_module("samebits.core.kernels").configure("portable", 1, "cpu")
    for seed in range(seeds):
        for name in faults or planted.FAULTS:
            fault, diagnosis = planted.planted(name, seed)
            said = {key: diagnosis[key] for key in ("state", "link", "section", "cause")}
            said["errors"] = [link["error"] for link in diagnosis["chain"]]
            said["ideas"] = [idea["idea"] for idea in diagnosis["ideas"][:3]]
            right = planted.right(fault, diagnosis)
            case = {"fault": name, "seed": seed, "right": right, "said": said}
            print(json.dumps(case), flush=True)


if __name__ == "__main__":
    main()
