"""What a result is made of: code, data, lock and parameters, in a comparable form."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..console.errors import UserError
from .seals import declared, files, read_yaml

LOCK = "requirements/runtime.lock"


def digest(paths: Iterable[Path], below: int = 0, root: Path = Path()) -> str:
    """Return the SHA-256 over the names and contents of files.

    Args:
        paths: the files, in any order.
        below: how many leading folders to leave out of each name.
        root: the project.
    """
    lines = [f"{'/'.join(path.parts[below:])} {_sha256(root / path)}\n" for path in paths]
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def identity(
    stage: str, data_version: str, indexes: Sequence[Path], *sections: Any
) -> dict[str, Any]:
    """Return what the outputs of `stage` are made of.

    Args:
        stage: a stage of dvc.yaml; the files that it depends on below src/ are its code.
        data_version: DVC's hash of the raw data.
        indexes: the files that list the prepared examples; their names count as <split>/<name>.
        sections: the config sections that the stage reads.

    Returns:
        {"code", "lock", "inputs", "examples": SHA-256 each, "data": version, "params": {section:
        {key: ...}}}; "inputs" are all other files on which the stage depends

    Raises:
        UserError: dvc.yaml has no such stage, or one of the files is missing.
    """
    listed = {Path("data/prepared", path.parent.name) for path in indexes}
    return depended(declared(read_yaml(Path("dvc.yaml")), stage).deps, listed) | {
        "data": data_version,
        "examples": digest(indexes, below=2),
        "params": {type(section).__name__.lower(): asdict(section) for section in sections},
    }


def depended(deps: Sequence[str], but: Collection[Path], root: Path = Path()) -> dict[str, Any]:
    """Return the "code", "lock" and "inputs" of an identity.

    Args:
        deps: what the stage depends on.
        but: the folders of prepared examples, which other parts of the identity cover.
        root: the project.

    Raises:
        UserError: one of the files is missing.
    """
    paths = [Path(dep) for dep in deps]
    own = [path for path in paths if path.parts[0] == "src"]
    others = [path for path in paths if path not in {*own, *but, Path(LOCK)}]
    code = [file.relative_to(root) for path in own for file in files(root / path)]
    inside = [file.relative_to(root) for path in others for file in files(root / path)]
    # Names start below src/<package>/, so that the same code in a renamed package is the same code.
    return {
        "code": digest(code, below=2, root=root),
        "inputs": digest(inside, root=root),
        "lock": digest([Path(LOCK)], root=root),
    }


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise UserError(
            f"{path.as_posix()} is missing; restore it from Git, or, if DVC tracks it, with "
            "'samebits data missing'."
        ) from None
