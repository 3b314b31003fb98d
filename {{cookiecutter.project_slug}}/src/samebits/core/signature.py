"""models/signature.json: what a model needs beside its weights to answer, and what it was made of.

With it, models/ and the code of its commit are enough: params.yaml and data/ are not read.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from .files import write_json
from .identity import LOCK, digest
from .seals import files
from .sections import Reproducibility
from .stage_outputs import read_record

FILE = Path("models/signature.json")
# The rooms of the engine that decide what a model answers.
ROOMS = tuple(Path("src/samebits", room) for room in ("core", "data", "training"))


@dataclass(frozen=True)
class Signature:
    """What `train` knows of a model.

    `target` and `classes` are those of the answers; `scale` is the mean and standard deviation of
    the training answers, if they are numbers. `input` is that of the index of the prepared
    examples, `fitted` the file that `prepare` wrote of what `fit` learnt, in base64 ("" if there
    is none), `shapes` what `build` was given. `model` and `reproducibility` are sections of
    params.yaml; `reproducibility["chunk"]` is how many examples the network is given at a time.
    `weights` is the SHA-256 of models/model.safetensors, `made_by` what `made_by` returned.
    """

    target: str
    classes: list[str]
    scale: list[float]
    input: Mapping[str, Any]
    fitted: str
    shapes: Mapping[str, list[int]]
    model: Mapping[str, Any]
    reproducibility: Mapping[str, Any]
    weights: str
    made_by: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path = FILE) -> Self:
        """Read the file.

        Raises:
            UserError: it is missing or damaged.
        """
        names = tuple(field.name for field in fields(cls))
        record = read_record(path, "train", names)
        return cls(**{name: record[name] for name in names})

    def write(self, path: Path = FILE) -> None:
        """Write the file."""
        write_json(path, asdict(self))

    def section(self) -> Reproducibility:
        """Return the section `reproducibility`."""
        return Reproducibility(**self.reproducibility)

    def changed(self, root: Path, package: str) -> Iterator[str]:
        """Yield what of lock and code is not as it was when the model was trained.

        Args:
            root: the project.
            package: the name of the user's package there.
        """
        code = self.made_by["code"]
        now = made_by(root, package, code)
        names = {"lock": LOCK, "engine": "src/samebits"}
        yield from (names[part] for part in names if now[part] != self.made_by[part])
        yield from (f"{name} of src/{package}" for name in code if now["code"][name] != code[name])


def made_by(root: Path, package: str, names: Collection[str]) -> dict[str, Any]:
    """Return the SHA-256 of the runtime lock, of the engine and of files of the user.

    Args:
        root: the project.
        package: the name of the user's package.
        names: the files in it.

    Returns:
        {"lock", "engine": SHA-256, "code": {name: SHA-256}}; "" for a file that is missing.
    """
    engine = [file.relative_to(root) for room in ROOMS for file in files(root / room)]
    return {
        "lock": sha256(root / LOCK),
        "engine": digest(engine, below=2, root=root),
        "code": {name: sha256(root / "src" / package / name) for name in names},
    }


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file; "" if it is missing."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
