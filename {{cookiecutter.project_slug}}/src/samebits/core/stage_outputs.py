"""Outputs of stages in reports/, read and checked."""

import csv
import math
from pathlib import Path
from typing import Any

from ..console.errors import UserError
from .files import read_json

Curves = dict[str, list[float | None]]


def read_record(path: Path, stage: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """Read a JSON object that a stage wrote; it must have at least these keys."""
    _demand(path, stage)
    try:
        value = read_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path.as_posix()} is not JSON ({error}); {_cure(stage)}") from None
    missing = [key for key in keys if not isinstance(value, dict) or key not in value]
    if missing:
        raise UserError(f"{path.as_posix()} lacks `{missing[0]}`; {_cure(stage)}")
    return dict(value)


def read_curves(path: Path, stage: str) -> Curves:
    """Read a table with a column `epoch` and columns of numbers; non-finite ones become None."""
    _demand(path, stage)
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    if "epoch" not in header or any(len(row) != len(header) for row in rows):
        raise UserError(f"{path.as_posix()} is not a table by `epoch`; {_cure(stage)}")
    return {name: [_number(row[i]) for row in rows] for i, name in enumerate(header)}


def _demand(path: Path, stage: str) -> None:
    if not path.is_file():
        raise UserError(f"{path.as_posix()} is missing: run `dvc repro {stage}` first")


def _cure(stage: str) -> str:
    return f"run `dvc repro --force {stage}`"


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
