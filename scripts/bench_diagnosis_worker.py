"""What bench_diagnosis.py asks for in a project.

    python bench_diagnosis_worker.py SEEDS [FAULT ...]

Trains with each of these faults of planted.py, one of the engine's tests, or with all of them, and
prints a line of JSON for each case.
"""

import importlib
import json
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests" / "engine"


def main() -> None:
    """Print what the diagnosis says of each case."""
    seeds, *faults = int(sys.argv[1]), *sys.argv[2:]
    determinism = importlib.import_module("samebits.core.determinism")
    determinism.choose("portable", 1)
    sys.path.insert(0, str(TESTS))
    planted = importlib.import_module("planted")
    importlib.import_module("samebits.core.kernels").configure("portable", 1, "cpu")
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
