"""What the report is made from, read and checked."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data.shards import Pictures
from ..console.errors import UserError
from ..metrics.predictions import Predictions
from ..core.files import read_json

Curves = dict[str, list[float | None]]


@dataclass(frozen=True)
class Inputs:
    """Everything that the page shows.

    `metrics`, `diagnosis`, `data` and `identity` are the JSON files of that name; `curves` the
    columns of the learning curves; `predictions` those for each data set; `pictures` the dev
    pictures, uint8 `[n, c, h, w]`, in the order of `predictions["dev"]`; `odd` those of findings in
    the data, uint8 `[c, h, w]` by path; `tags` what people say caused mistakes, by the content
    (MD5) of a picture.
    """

    metrics: dict[str, Any]
    diagnosis: dict[str, Any]
    data: dict[str, Any]
    identity: dict[str, Any]
    curves: Curves
    classes: list[str]
    predictions: dict[str, Predictions]
    pictures: npt.NDArray[np.uint8] | Pictures
    odd: Mapping[str, npt.NDArray[np.uint8]]
    tags: Mapping[str, Sequence[str]]


def read_record(path: Path, stage: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """Read a JSON object that the stage writes and that has at least these keys."""
    _demand(path, stage)
    try:
        value = read_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path.as_posix()} is not JSON ({error}); {_anew(stage)}") from None
    missing = [key for key in keys if not isinstance(value, dict) or key not in value]
    if missing:
        raise UserError(f"{path.as_posix()} lacks `{missing[0]}`; {_anew(stage)}")
    return dict(value)


def read_curves(path: Path, stage: str) -> Curves:
    """Read a table with a column `epoch` and columns of numbers; what is not finite is None."""
    _demand(path, stage)
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    if "epoch" not in header or any(len(row) != len(header) for row in rows):
        raise UserError(f"{path.as_posix()} is not a table by `epoch`; {_anew(stage)}")
    return {name: [_number(row[i]) for row in rows] for i, name in enumerate(header)}


def _demand(path: Path, stage: str) -> None:
    if not path.is_file():
        raise UserError(f"{path.as_posix()} is missing: run `dvc repro {stage}` first")


def _anew(stage: str) -> str:
    return f"make it anew with `dvc repro --force {stage}`"


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
