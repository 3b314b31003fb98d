"""The example data: 1797 handwritten digits, 8×8 grey pictures in a folder per class.

They ship inside scikit-learn (`sklearn.datasets.load_digits`; Alpaydin and Kaynak, UCI Machine
Learning Repository, 1998), so no network is needed. The files have the same bytes on every
platform, so data/raw.dvc can hold their hash before anybody has made them.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from ..core.png import png

VERSION = "72e131e0cd93ceeb743a1f9fa75849e9.dir"
SOURCE = "scikit-learn's handwritten digits (sklearn.datasets.load_digits)"


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


def is_example(folder: Path) -> bool:
    """Whether these are the example pictures, all of them and nothing else."""
    present = {
        one.relative_to(folder).as_posix(): one.read_bytes()
        for one in sorted(folder.rglob("*"))
        if one.is_file()
    }
    return version(present) == VERSION


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write `files` below `folder`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
