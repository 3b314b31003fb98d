"""Answer for files, folders, rows or standard input with the model in models/.

Run: samebits predict FILE... [--json] [--masks FOLDER]
"""

import json
import sys
from argparse import Namespace
from pathlib import PurePosixPath

from ..console.errors import UserError
from ..core.files import write_bytes
from ..core.png import png
from ..core.signature import FILE, Signature
from ..core.yours import Yours
from ..serving.model import TrainedModel


def main(given: Namespace, yours: Yours) -> None:
    """Print an answer for each example; say of others why they have none."""
    model = TrainedModel(Signature.read(), FILE.parent, yours)
    if given.masks and model.signature.target != "mask":
        raise UserError(f"--masks is for masks, and an answer here is a {model.signature.target}.")
    for doubt in model.doubts:
        sys.stderr.write(f"warning: {doubt}\n")
    examples = (sys.stdin.buffer.read() if name == "-" else name for name in given.given)
    counts = [0, 0]
    for answer in model.answers(examples):
        counts[bool(answer.problem)] += 1
        if answer.problem and not given.json:
            sys.stderr.write(f"error: {answer.problem}\n")
        else:
            said = f"{answer.input}: {answer}"
            record = json.dumps(answer.record(), ensure_ascii=False)
            sys.stdout.write(f"{record if given.json else said}\n")
        if given.masks and answer.mask is not None:
            write_bytes(given.masks / _below(answer.input), png(answer.mask[None]))
    if counts[1]:
        raise UserError(f"{counts[1]} of {sum(counts)} examples could not be read; fix them.")


def _below(name: str) -> PurePosixPath:
    """Return where the mask of an input goes: under its path, as images may share their names."""
    parts = [part for part in PurePosixPath(name).parts if part not in ("/", "..")]
    return PurePosixPath(*parts).with_suffix(".png")
