"""Say where the error sits between target, train, dev and test, and what to try next.

Run: python -m <package>.commands.diagnose [--real FOLDER]
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import Data, Model, Reproducibility, read
from ..data.tracked import look_around
from ..errors import UserError, run
from ..reproducibility import determinism
from ..reproducibility.revisions import dvc, outside_git
from .columns import aligned

if TYPE_CHECKING:
    from ..metrics.chain import Measured

DIAGNOSIS = Path("reports/diagnosis.json")
TEST, WEIGHTS = Path("data/prepared/test"), Path("models/model.safetensors")


def main() -> None:
    """Bring the diagnosis up to date, and print it."""
    parser = argparse.ArgumentParser(description="Say where the error is and what to try next.")
    parser.add_argument("--real", type=Path, help="labelled pictures from use, a folder per class")
    given = parser.parse_args()
    _repro()
    content = _with(given.real) if given.real else None
    # Here, for they load numpy, which must come after the kernels were chosen.
    from ..experiments.fractions import remembered
    from ..reporting.inputs import read_record

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
    done = subprocess.run(dvc("repro", "--quiet", "diagnose"), env=outside_git(), check=False)
    if done.returncode:
        raise UserError("'dvc repro diagnose' failed; what it said stands above.")


def _with(folder: Path) -> dict[str, Any]:
    """Return the diagnosis with the real world at the end of the chain."""
    data, model, reproducibility = read(Data), read(Model), read(Reproducibility)
    determinism.apply(reproducibility.level, reproducibility.threads, reproducibility.device)
    from ..metrics.diagnosis import diagnose
    from ..stages.diagnose import inputs, settings

    real = _real(folder, data, model, reproducibility)
    return diagnose(inputs(), settings(), real)


def _real(folder: Path, data: Data, model: Model, reproducibility: Reproducibility) -> "Measured":
    from ..data.batches import Split
    from ..data.labelled import read_labelled
    from ..metrics.chain import REAL, measured
    from ..metrics.probabilities import predicted
    from ..metrics.sums import numbered
    from ..model import build
    from ..training.prediction import load, predict

    classes = Split.open(TEST).classes
    pictures = read_labelled(folder, data, classes)
    network = build(model, data.channels, len(classes), dropout=0.0)
    load(network, WEIGHTS)
    network.to(reproducibility.device)
    answers = predicted(predict(network, pictures.images, len(classes), reproducibility.chunk))
    wrong = (answers != pictures.labels).astype(float)
    return measured(REAL, wrong, numbered(pictures.groups))


if __name__ == "__main__":
    run(main)
