"""From picture files to arrays of one shape, split by content into train, dev and test."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from tqdm import tqdm

from ..config import Data
from ..errors import UserError
from ..reproducibility.artifacts import write_bytes, write_json

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class Example:
    """One picture: where it stands below the raw folder, its class, its content's MD5."""

    path: str
    label: str
    md5: str


def split_of(md5: str, data: Data) -> str:
    """Return the split of the example with this content.

    It follows from the content alone, so an example stays in its split when others come or go, and
    copies of a picture are never on both sides. Test is cut first: another dev_fraction leaves it.
    """
    place = int(md5[:13], 16) / 16**13
    if place < data.test_fraction:
        return "test"
    return "dev" if place < data.test_fraction + data.dev_fraction else "train"


def decode(content: bytes, data: Data) -> NDArray[np.uint8]:
    """Return the picture as [channels, image_size, image_size]: upright, on white, made square."""
    with Image.open(io.BytesIO(content)) as opened:
        image = ImageOps.exif_transpose(opened)
        if image.mode.startswith("I;16"):
            # Pillow clips 16-bit grey to white where we want its upper 8 bits.
            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        if image.has_transparency_data:
            # What lies under transparent pixels is often black, whatever the picture shows.
            paper = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(paper, image.convert("RGBA"))
        image = image.convert("L" if data.channels == 1 else "RGB")
        side = (data.image_size, data.image_size)
        if image.size != side:
            image = image.resize(side, Image.Resampling.BILINEAR)
        pixels = np.asarray(image, dtype=np.uint8)
    return pixels[None] if data.channels == 1 else pixels.transpose(2, 0, 1)


def prepare(files: Sequence[Path], raw: Path, prepared: Path, data: Data, version: str) -> None:
    """Write prepared/<split>/{images.npy, labels.npy, index.json} for every split.

    images.npy: uint8 [n, channels, image_size, image_size]; labels.npy: int64 [n], positions in the
    index's "classes"; index.json: the classes, and each example's path and content hash.

    Raises:
        UserError: a split would be empty, or a class would have no example to learn from.
    """
    examples: dict[str, list[Example]] = {split: [] for split in SPLITS}
    images: dict[str, list[NDArray[np.uint8]]] = {split: [] for split in SPLITS}
    for path in tqdm(files, desc="prepare", unit=" pictures", disable=None, leave=False):
        content = path.read_bytes()
        md5 = hashlib.md5(content).hexdigest()
        split = split_of(md5, data)
        examples[split].append(Example(path.relative_to(raw).as_posix(), path.parent.name, md5))
        images[split].append(decode(content, data))
    classes = sorted({path.parent.name for path in files})
    _check(examples, classes)
    for split in SPLITS:
        _write(prepared / split, np.stack(images[split]), examples[split], classes, version)


def _check(examples: dict[str, list[Example]], classes: list[str]) -> None:
    for split, members in examples.items():
        if not members:
            raise UserError(
                f"no example falls into {split}; add pictures, or raise data.{split}_fraction."
                if split != "train"
                else "no example is left to train on; lower data.dev_fraction or test_fraction."
            )
    missing = sorted(set(classes) - {one.label for one in examples["train"]})
    if missing:
        raise UserError(f"no example to learn from in class {', '.join(missing)}; add pictures.")


def _write(
    folder: Path,
    images: NDArray[np.uint8],
    examples: list[Example],
    classes: list[str],
    version: str,
) -> None:
    labels = np.array([classes.index(one.label) for one in examples], dtype=np.int64)
    write_bytes(folder / "images.npy", _npy(images))
    write_bytes(folder / "labels.npy", _npy(labels))
    write_json(
        folder / "index.json",
        {
            "version": version,
            "pixels": hashlib.sha256(images.tobytes()).hexdigest(),
            "classes": classes,
            "paths": [one.path for one in examples],
            "md5": [one.md5 for one in examples],
        },
    )


def _npy(array: NDArray[np.uint8] | NDArray[np.int64]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
