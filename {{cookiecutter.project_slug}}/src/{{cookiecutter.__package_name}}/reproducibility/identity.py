"""What a result is made of: code, data, lock and parameters, in a form that can be compared."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from ..errors import UserError


def digest(paths: Sequence[Path], below: int = 0) -> str:
    """Return the SHA-256 over the names and contents of files.

    Args:
        paths: the files, in any order.
        below: how many leading folders of each name to leave out.
    """
    lines = [f"{'/'.join(path.parts[below:])} {_sha256(path)}\n" for path in paths]
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def identity(
    stage: str, data_version: str, indexes: Sequence[Path], *sections: Any
) -> dict[str, Any]:
    """Return what the outputs of `stage` are made of.

    Args:
        stage: a stage of dvc.yaml; the files that it depends on below src/ are its code.
        data_version: DVC's hash of the raw data.
        indexes: the files that list the prepared examples; <split>/<name> at the end counts.
        sections: the config sections that the stage reads.

    Returns:
        {"code", "examples", "lock": SHA-256 each, "data": version, "params": {section: {key: ...}}}

    Raises:
        UserError: dvc.yaml has no such stage, or one of the files is missing.
    """
    # Names start below src/<package>/, so that the same code in a renamed package is the same code.
    return {
        "code": digest([one for one in _dependencies(stage) if one.parts[0] == "src"], below=2),
        "data": data_version,
        "examples": digest(indexes, below=2),
        "lock": digest([Path("requirements/runtime.lock")]),
        "params": {type(one).__name__.lower(): asdict(one) for one in sections},
    }


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise UserError(f"{path.as_posix()} is not there; restore it from Git.") from None


def _dependencies(stage: str) -> list[Path]:
    try:
        content = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))
        return [Path(one) for one in content["stages"][stage]["deps"]]
    except (OSError, ValueError, LookupError, TypeError, RecursionError, yaml.YAMLError):
        raise UserError(
            f"there is no dvc.yaml with deps of a stage '{stage}'; restore it from Git."
        ) from None
