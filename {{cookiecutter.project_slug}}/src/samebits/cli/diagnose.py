"""Say where the error sits between target, train, dev and test, and what to try next.

Run: python -m samebits diagnose [--real FOLDER]
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..console.errors import UserError
from ..console.text import aligned
from ..core import kernels
from ..core.config import read
from ..core.records import read_record
from ..core.sections import Data, Reproducibility, Task
from ..core.yours import Yours
from ..data.decoder import Decoder
from ..data.folder import read_labelled
from ..data.loader import Split
from ..data.readers import reader_of
from ..diagnosis.diagnosis import diagnose as diagnosis
from ..diagnosis.gaps import REAL
from ..experiments.fractions import remembered
from ..metrics.probabilities import predicted
from ..metrics.proportions import measured
from ..metrics.sums import numbered
from ..programs import dvc
from ..remote.tracked import look_around
from ..stages.diagnose import inputs as left
from ..stages.diagnose import settings
from ..training.network import built
from ..training.predict import load, predict
from ..training.target import target_of

DIAGNOSIS = Path("reports/diagnosis.json")
TEST, WEIGHTS = Path("data/prepared/test"), Path("models/model.safetensors")


def main(yours: Yours) -> None:
    """Bring the diagnosis up to date, and print it."""
    parser = argparse.ArgumentParser(description="Say where the error is and what to try next.")
    parser.add_argument("--real", type=Path, help="labelled examples from use, as in data/raw")
    given = parser.parse_args()
    _repro()
    content = _with(given.real, yours) if given.real else None
    content = content or read_record(DIAGNOSIS, "diagnose", ("chain", "gaps", "sentence", "ideas"))

    sys.stdout.write(told(content, remembered()))


def told(content: Mapping[str, Any], learned: Mapping[str, Any] | None = None) -> str:
    """Return a diagnosis as text for a terminal.

    Args:
        content: what reports/diagnosis.json says.
        learned: what `make learning-curve` has found, if it has.
    """
    lines = [*_drawing(content), "", content["sentence"]]
    if learned:
        lines += [learned["sentence"]]
    if content["ideas"]:
        lines += [
            "",
            "What to try next, what the evidence speaks for before the rest:",
        ]
    for number, one in enumerate(content["ideas"], 1):
        lines += [
            f"{number:>2}. {one['idea']} ({one['cost']}): {one['why']}",
            f"      {one['command']}",
        ]
    return "\n".join(lines) + "\n"


def _drawing(content: Mapping[str, Any]) -> list[str]:
    steps, gaps = content["chain"], content["gaps"]
    rows = [_place(steps[0])]
    for step, gap in zip(steps[1:], gaps, strict=True):
        low, high = (100 * one for one in gap["interval"])
        between = f"{low:+.1f} to {high:+.1f}"
        mark = "<- the largest that is really there" if gap["name"] == content["link"] else ""
        mark = mark or ("really there" if gap["real"] else "")
        seen = "" if gap["to"] == step["name"] else f", on {_name(gap['to'])}"
        rows.append(["  |", f"{100 * gap['value']:+.1f}", between, gap["title"] + seen, mark])
        rows.append(_place(step))
    return aligned(rows, left=(0, 3, 4)).splitlines()


def _place(step: Mapping[str, Any]) -> list[str]:
    name, error = _name(step["name"]), f"{100 * step['error']:.1f} %"
    if step["interval"] is None:
        return [name, error, "", "", ""]
    low, high = (100 * one for one in step["interval"])
    return [name, error, f"{low:.1f} to {high:.1f} %", f"of {step['examples']:,} pictures", ""]


def _name(of: str) -> str:
    return of.replace("_", "-")


def _repro() -> None:
    look_around()
    done = dvc("repro", "--quiet", "diagnose", shown=True)
    if done.returncode:
        raise UserError("'dvc repro diagnose' failed; what it said stands above.")


def _with(folder: Path, yours: Yours) -> dict[str, Any]:
    """Return the diagnosis with the real world at the end of the chain."""
    data, reproducibility = read(Data), read(Reproducibility)
    kernels.configure(reproducibility.level, reproducibility.threads, reproducibility.device)
    test = Split.open(TEST)
    decoder, reader = Decoder.of(yours.data, data), reader_of(read(Task), data)
    examples = read_labelled(folder, decoder, test.classes, reader)
    network = built(yours.model, test, 0.0, reproducibility)
    load(network, WEIGHTS)
    network.to(reproducibility.device)
    inputs, target = yours.model.inputs, target_of(test)
    found = predict(network, inputs, examples.arrays, target, reproducibility.chunk)
    wrong = (predicted(found) != examples.labels).astype(float)
    return diagnosis(left(), settings(), measured(REAL, wrong, numbered(examples.groups)))
