"""reports/masks.safetensors: the predicted masks of a few examples, for the report."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ..console.errors import UserError
from ..core.files import write_bytes

FILE = Path("reports/masks.safetensors")


def write_masks(path: Path, rows: Sequence[int], masks: NDArray[np.uint8]) -> None:
    """Write the masks [m, h, w] of the examples in `rows` of a data set."""
    write_bytes(path, save({"rows": np.array(rows, dtype=np.int64), "masks": masks}))


def read_masks(path: Path) -> Mapping[int, NDArray[Any]]:
    """Return the masks [h, w] by row.

    Raises:
        UserError: the file is missing or damaged.
    """
    try:
        tensors = load(path.read_bytes())
        return dict(zip(tensors["rows"].tolist(), tensors["masks"], strict=True))
    except FileNotFoundError:
        problem = "is missing: run `dvc repro evaluate` first"
    except (SafetensorError, ValueError, KeyError):
        problem = "is damaged: run `dvc repro --force evaluate`"
    raise UserError(f"{path.as_posix()} {problem}")
