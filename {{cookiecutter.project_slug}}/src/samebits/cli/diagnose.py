"""Say where the error is between target, train, dev and test, and what to try next.

Run: samebits diagnose [--real FOLDER] [--json]
"""

import json
import sys
from argparse import Namespace
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from ..console.aligned import aligned
from ..console.errors import UserError
from ..core import kernels
from ..core.config import read
from ..core.sections import Data, Reproducibility, Task
from ..core.stage_outputs import read_record
from ..core.yours import Yours
from ..data.decoder import Decoder
from ..data.folder import Labelled, read_labelled
from ..data.loader import Split
from ..data.prepared import Example
from ..data.readers import Lines, reader_of
from ..diagnosis.diagnosis import DiagnosisInputs
from ..diagnosis.diagnosis import diagnose as diagnosis
from ..diagnosis.gaps import REAL
from ..diagnosis.words import WORDS, Words
from ..experiments.fractions import remembered
from ..metrics.prediction_table import scoring_of
from ..metrics.proportions import measured
from ..programs import dvc
from ..remote.tracked import look_around
from ..stages.diagnose import inputs as left
from ..stages.diagnose import settings
from ..training.network import built
from ..training.predict import load, predict
from ..training.target_base import target_of

DIAGNOSIS = Path("reports/diagnosis.json")
TEST, WEIGHTS = Path("data/prepared/test"), Path("models/model.safetensors")


def main(given: Namespace, yours: Yours) -> None:
    """Bring the diagnosis up to date, and print it."""
    with redirect_stdout(sys.stderr):  # messages of DVC and the stages
        _repro()
    content = _with(given.real, yours) if given.real else None
    content = content or read_record(DIAGNOSIS, "diagnose", ("chain", "gaps", "sentence", "ideas"))
    if given.json:
        sys.stdout.write(f"{json.dumps(content, indent=2)}\n")
    else:
        sys.stdout.write(told(content, WORDS[read(Task).target], remembered()))


def told(content: Mapping[str, Any], words: Words, learned: Mapping[str, Any] | None = None) -> str:
    """Return a diagnosis as text for a terminal.

    Args:
        content: what reports/diagnosis.json says.
        words: those of the target.
        learned: the result of `samebits exp curve`, if there is one.
    """
    lines = [*_drawing(content, words), "", content["sentence"]]
    if learned:
        lines += [learned["sentence"]]
    if content["ideas"]:
        lines += [
            "",
            "What to try next, ideas backed by the evidence first:",
        ]
    for number, idea in enumerate(content["ideas"], 1):
        lines += [
            f"{number:>2}. {idea['idea']} ({idea['cost']}): {idea['why']}",
            f"      {idea['command']}",
        ]
    return "\n".join(lines) + "\n"


def _drawing(content: Mapping[str, Any], words: Words) -> list[str]:
    steps, gaps = content["chain"], content["gaps"]
    rows = [_place(steps[0], words)]
    for step, gap in zip(steps[1:], gaps, strict=True):
        value, between = (
            words.bare(gap["value"], signed=True),
            words.ends(*gap["interval"], signed=True),
        )
        mark = "<- the largest real gap" if gap["name"] == content["link"] else ""
        mark = mark or ("really there" if gap["real"] else "")
        seen = "" if gap["to"] == step["name"] else f", on {_name(gap['to'])}"
        rows.append(["  |", value, between, gap["title"] + seen, mark])
        rows.append(_place(step, words))
    return aligned(rows, left=(0, 3, 4)).splitlines()


def _place(step: Mapping[str, Any], words: Words) -> list[str]:
    name, error = _name(step["name"]), words.amount(step["error"])
    if step["interval"] is None:
        return [name, error, "", "", ""]
    low, high = step["interval"]
    between = f"{words.bare(low)} to {words.amount(high)}"
    return [name, error, between, f"of {step['examples']:,} examples", ""]


def _name(of: str) -> str:
    return of.replace("_", "-")


def _repro() -> None:
    look_around()
    done = dvc("repro", "--quiet", "diagnose", shown=True)
    if done.returncode:
        raise UserError("'dvc repro diagnose' failed; see its message above.")


def _with(folder: Path, yours: Yours) -> dict[str, Any]:
    """Return the diagnosis with the real world at the end of the chain."""
    data, reproducibility = read(Data), read(Reproducibility)
    kernels.configure(reproducibility.level, reproducibility.threads, reproducibility.device)
    test = Split.open(TEST)
    decoder, reader = Decoder.of(yours.data, data), reader_of(read(Task), data)
    before = left()
    rows = isinstance(reader, Lines)
    examples = unseen(read_labelled(folder, decoder, test.answers, reader), before, folder, rows)
    network = built(yours.model, test, 0.0, reproducibility)
    load(network, WEIGHTS)
    network.to(reproducibility.device)
    inputs, target = yours.model.inputs, target_of(test)
    known = examples.arrays, target, reproducibility.chunk
    predictions = predict(network, inputs, *known, labels=examples.labels)
    scoring = scoring_of(test.answers, test.scale)
    scored = scoring.scored(REAL, examples.examples, examples.labels, predictions).sample
    of, share, each = scored.groups, scored.share, scored.each
    real = measured(REAL, scored.errors, of, share=share, each=each)
    return diagnosis(before, settings(before.answers), real)


def unseen(labelled: Labelled, before: DiagnosisInputs, folder: Path, rows: bool) -> Labelled:
    """Return the examples that the project does not have, by content; say how many it has.

    What a model learnt from, or was chosen on, says nothing about its use. Rows may equal others
    and yet be separate observations, so that of `rows` the answers count, too.

    Raises:
        UserError: the project has all of them.
    """

    def content(example: Example) -> tuple[str, str]:
        return example.md5, example.label if rows else ""

    splits = before.predictions.values()
    known = {content(example) for split in splits for example in split.examples}
    new = [row for row, example in enumerate(labelled.examples) if content(example) not in known]
    count = len(labelled.examples)
    if not new:
        raise UserError(
            f"all {count:,} examples of {folder} are in data/raw already, so they say nothing new "
            "about the real world; name a folder of examples that the project does not have."
        )
    if len(new) < count:
        sys.stderr.write(
            f"note: {count - len(new):,} of the {count:,} examples of {folder} are in data/raw "
            "already, and were left out.\n"
        )
    return labelled.only(new)
