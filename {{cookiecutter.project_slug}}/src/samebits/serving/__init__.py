"""From weights to answers with the bits that were evaluated: `load("models")("cat.jpg")`.

To import this imports neither NumPy nor torch, so that `load` can choose their kernels.
"""

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from ..console.errors import UserError
from ..core import determinism
from ..core.signature import FILE, Signature
from ..core.yours import PYPROJECT, Yours, package

if TYPE_CHECKING:
    from .model import TrainedModel

__all__ = ["load"]
LATE = (
    "NumPy or torch was imported before `load` could choose their kernels, so the bits of these "
    "answers are not promised; call `load` before you import either, or run 'samebits predict'."
)


def load(folder: str | Path = FILE.parent) -> "TrainedModel":
    """Return the model in the folder models/ of a project.

    What it computes with stays chosen for the whole process: kernels, threads, and that an
    operator without a deterministic form is refused. It warns where it cannot promise that answers
    have the bits that were evaluated.

    Raises:
        UserError: a file is missing, damaged, or not of this model.
    """
    place = Path(folder).resolve()
    signature = Signature.read(place / FILE.name)
    settings = signature.section()
    late = [] if _chosen(settings.level, settings.threads) else [LATE]
    from .model import TrainedModel  # which imports torch

    yours = Yours(("data", "model"), package(place.parent / PYPROJECT))
    model = TrainedModel(signature, place, yours)
    for doubt in (*late, *model.doubts):
        warnings.warn(doubt, RuntimeWarning, stacklevel=2)
    return model


def _chosen(level: str, threads: int) -> bool:
    """Choose the kernels, if it is not too late; return whether they are those of the level."""
    try:
        if {"numpy", "torch"}.isdisjoint(sys.modules):
            determinism.choose(level, threads)
        determinism.check(level, threads)
    except UserError:
        return False
    return True
