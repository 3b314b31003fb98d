"""models/evaluated.safetensors: some test examples, and what the model said when it was evaluated.

Whoever serves the model asks it again, and compares.
"""

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ..console.errors import UserError
from ..core.files import write_bytes
from ..data.fields import Arrays
from ..data.shards import Stored

FILE = Path("models/evaluated.safetensors")
MOST, MOST_BYTES = 256, 2**25  # examples, and bytes of their arrays
ANSWER, FIELD = "answer", "field."  # what stands before the name of an array


class Evaluated(NamedTuple):
    """The arrays [m, ...] of test examples by name, and the answers [m, ...] to them."""

    arrays: Arrays
    answers: NDArray[Any]


def chosen(test: Stored) -> NDArray[np.int64]:
    """Return the positions of some test examples, `MOST` and `MOST_BYTES` at most, evenly spread.

    Args:
        test: the arrays [n, ...] of all test examples.
    """
    count = len(next(iter(test.values())))
    size = sum(array.dtype.itemsize * math.prod(array.shape[1:]) for array in test.values())
    few = min(count, MOST, max(1, MOST_BYTES // size))
    return np.arange(few) * count // few


def keep(path: Path, arrays: Arrays, answers: NDArray[Any]) -> None:
    """Write the arrays [m, ...] of examples, and the answers [m, ...] to them."""
    tensors = {FIELD + name: array for name, array in arrays.items()}
    write_bytes(path, save({**tensors, ANSWER: np.ascontiguousarray(answers)}))


def kept(path: Path) -> Evaluated:
    """Return what `keep` wrote.

    Raises:
        UserError: the file is missing or damaged.
    """
    try:
        tensors = load(path.read_bytes())
        answers = tensors.pop(ANSWER)
        return Evaluated(
            {name.removeprefix(FIELD): part for name, part in tensors.items()}, answers
        )
    except FileNotFoundError:
        problem = "is missing: run `dvc repro evaluate` first"
    except (SafetensorError, ValueError, KeyError):
        problem = "is damaged: run `dvc repro --force evaluate`"
    raise UserError(f"{path.as_posix()} {problem}.")
