"""From picture files to arrays of one shape, split by content into train, dev and test."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..config import Data
from ..errors import UserError
from ..reproducibility.artifacts import write_bytes, write_json
from .decoded import Store, decode_new
from .storage import SHARD_BYTES, npy, write_shards

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


def prepare(
    files: Sequence[Path],
    raw: Path,
    prepared: Path,
    data: Data,
    version: str,
    decoded: Path,
    workers: int = 0,
    shard_bytes: int = SHARD_BYTES,
) -> int:
    """Write prepared/<split>/{images-00000.npy and so on, labels.npy, index.json} for every split.

    images-*.npy: uint8 [n, channels, image_size, image_size] in shards; labels.npy: int64 [n],
    positions in the index's "classes"; index.json: the classes, and each example's path and hash.

    Args:
        files: the pictures below `raw`, in the order in which they are to be stored.
        raw: one folder for each class.
        prepared: where the splits go.
        data: the shape of the pictures, and the fractions of the splits.
        version: DVC's hash of the raw data.
        decoded: where decoded pictures are kept from run to run.
        workers: processes that decode; moves no byte.
        shard_bytes: pixels of one shard, at most.

    Returns:
        How many pictures had to be decoded.

    Raises:
        UserError: a split would be empty, or a class would have no example to learn from.
    """
    hashes, fresh = decode_new(files, decoded, data, workers)
    examples: dict[str, list[Example]] = {split: [] for split in SPLITS}
    for path, md5 in zip(files, hashes, strict=True):
        example = Example(path.relative_to(raw).as_posix(), path.parent.name, md5)
        examples[split_of(md5, data)].append(example)
    classes = sorted({path.parent.name for path in files})
    _check(examples, classes)
    store = Store(decoded, data)
    each = max(1, shard_bytes // (data.channels * data.image_size**2))
    for split in SPLITS:
        _write(prepared / split, store, examples[split], classes, version, each)
    store.keep_only(hashes)
    return fresh


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
    store: Store,
    examples: list[Example],
    classes: list[str],
    version: str,
    each: int,
) -> None:
    places = {name: place for place, name in enumerate(classes)}
    labels = np.array([places[one.label] for one in examples], dtype=np.int64)
    md5 = [one.md5 for one in examples]
    pixels = write_shards(
        folder, lambda start, stop: store.pictures(md5[start:stop]), len(examples), each
    )
    write_bytes(folder / "labels.npy", npy(labels))
    write_json(
        folder / "index.json",
        {
            "version": version,
            "pixels": pixels,
            "classes": classes,
            "paths": [one.path for one in examples],
            "md5": md5,
        },
    )
