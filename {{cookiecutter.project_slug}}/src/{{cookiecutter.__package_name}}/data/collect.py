"""Bring the example data in: 1797 handwritten digits, 8×8 grey pictures in a folder per class.

They ship inside scikit-learn (`sklearn.datasets.load_digits`; Alpaydin and Kaynak, UCI Machine
Learning Repository, 1998), so no network is needed. The files have the same bytes on every
platform, so data/raw.dvc can hold their hash before anybody has made them.

Run: python -m <package>.data.collect
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from ..errors import UserError, run
from .png import png

RAW = Path("data/raw")


def digits() -> dict[str, bytes]:
    """Return the example pictures: name below data/raw → content of the PNG file."""
    import numpy as np
    from sklearn.datasets import load_digits

    bundle = load_digits()
    # The scans count 0 to 16 dark pixels in each field of 4×4.
    images = (bundle.images * 255 / 16).round().astype(np.uint8)
    return {
        f"{label}/{number:04d}.png": png(image[None])
        for number, (image, label) in enumerate(zip(images, bundle.target, strict=True))
    }


def version(files: Mapping[str, bytes]) -> str:
    """Return the hash that DVC gives a folder with these files."""
    entries = [
        {"md5": hashlib.md5(files[name]).hexdigest(), "relpath": name} for name in sorted(files)
    ]
    return hashlib.md5(json.dumps(entries).encode()).hexdigest() + ".dir"


def recorded_version(pointer: Path) -> str | None:
    """Return the hash in a .dvc file, or None if there is no such file."""
    if not pointer.exists():
        return None
    try:
        content = yaml.safe_load(pointer.read_text(encoding="utf-8"))
        return str(content["outs"][0]["md5"])
    except (yaml.YAMLError, KeyError, IndexError, TypeError):
        raise UserError(f"{pointer} names no md5; restore it from Git.") from None


def write(files: Mapping[str, bytes], raw: Path) -> None:
    """Write `files` below `raw`, which then is complete or, after a kill, not there."""
    partial = raw.with_name(raw.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    for name, content in files.items():
        path = partial / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if raw.exists():
        raw.rmdir()
    partial.rename(raw)


def main() -> None:
    """Write the example data to data/raw, unless other data is there or is expected."""
    files = digits()
    expected = recorded_version(RAW.with_suffix(".dvc"))
    if expected not in (None, version(files)):
        raise UserError(
            f"{RAW}.dvc names other data than the example; get that with 'dvc pull {RAW}.dvc'."
        )
    if RAW.is_dir() and any(RAW.iterdir()):  # audit: only whether there is anything
        present = {
            one.relative_to(RAW).as_posix(): one.read_bytes()
            for one in sorted(RAW.rglob("*"))
            if one.is_file()
        }
        if version(present) == version(files):
            sys.stdout.write(f"{RAW} already holds the example data\n")
            return
        raise UserError(f"{RAW} holds other files; move them away to get the example data.")
    write(files, RAW)
    sys.stdout.write(f"{RAW}: {len(files)} pictures, version {version(files)}\n")


if __name__ == "__main__":
    run(main)
