"""A tiny example, its version and its files, for tests that bring data in."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import yaml

from samebits.core.seals import hash_of
from samebits.data.raw_pointer import record_origin
from samebits.ingest.example_data import version

FILES = {f"{letter}/{two}.png": bytes([letter, two]) for letter in (97, 98) for two in (1, 2)}
RAW = Path("data/raw")
POINTER = Path("data/raw.dvc")
Call = Callable[..., str]


def give_version(folder: Path, name: str = "raw") -> None:
    place = folder / name
    md5 = version(content(place)) if place.is_dir() else hash_of(place)
    point(md5, place.with_name(f"{name}.dvc"))


def point(md5: str, pointer: Path = POINTER, kind: str = "") -> None:
    text = yaml.safe_dump({"outs": [{"md5": md5, "path": pointer.stem}]})
    pointer.write_text(text, encoding="utf-8")
    if kind:
        record_origin(pointer, {"kind": kind, "source": "tiny", "files": 4})


def content(raw: Path) -> dict[str, bytes]:
    files = sorted(path for path in raw.rglob("*") if path.is_file())
    return {file.relative_to(raw).as_posix(): file.read_bytes() for file in files}


def archive(folder: Path, name: str = "pictures.zip") -> Path:
    """Pack a folder, the folder itself included."""
    with zipfile.ZipFile(folder.parent / name, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            packed.write(path, path.relative_to(folder.parent))
    return folder.parent / name
