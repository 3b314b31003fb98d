"""Before a model is served: it answers as it did when it was evaluated, bit for bit."""

from pathlib import Path

from ..console.errors import UserError
from ..training.evaluated import FILE, kept
from .model import TrainedModel


def check(model: TrainedModel, folder: Path) -> int:
    """Ask the model some test examples again; return how many.

    Raises:
        UserError: an answer has other bits, or code or lock have changed since.
    """
    if model.doubts:
        raise UserError(f"not serving: {model.doubts[0]}")
    known = kept(folder / FILE.name)
    raw = model.raw(known.arrays)
    pairs = zip(raw, known.answers, strict=True)
    other = sum(said.tobytes() != before.tobytes() for said, before in pairs)
    if other:
        raise UserError(
            f"not serving: {other} of {len(raw)} test examples get answers with other bits than "
            "when the model was evaluated; run 'make setup' and 'dvc repro' on this machine."
        )
    return len(raw)
