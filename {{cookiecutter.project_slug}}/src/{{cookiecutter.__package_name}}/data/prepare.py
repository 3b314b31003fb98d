"""From picture files to arrays of one shape, split by content into train, train-dev, dev, test."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..config import Data
from ..errors import UserError
from ..reproducibility.artifacts import write_bytes, write_json
from .decoded import Store, decode_new
from .splits import SPLITS, group_of, split_of
from .storage import SHARD_BYTES, Example, npy, write_examples, write_shards


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
    """Write prepared/<split>/{images-00000.npy …, labels.npy, examples.csv, index.json}.

    images-*.npy: uint8 [n, channels, image_size, image_size] in shards; labels.npy: int64 [n],
    positions in the index's "classes"; examples.csv: an `Example` a row; index.json: the data's
    version, its classes, and a hash of all pixels.

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
    classes = sorted({path.parent.name for path in files})
    found: dict[str, list[tuple[Path, str]]] = {split: [] for split in SPLITS}
    for path, md5 in zip(files, hashes, strict=True):
        found[split_of(path.relative_to(raw).as_posix(), md5, data)].append((path, md5))
    _check(found, classes, data)
    store = Store(decoded, data)
    each = max(1, shard_bytes // (data.channels * data.image_size**2))
    for split in SPLITS:
        examples = _examples(found[split], raw, data, store)
        _write(prepared / split, store, examples, classes, version, each)
    store.keep_only(hashes)
    return fresh


def _examples(found: list[tuple[Path, str]], raw: Path, data: Data, store: Store) -> list[Example]:
    md5 = [one for _, one in found]
    examples = []
    for (path, content), (width, height) in zip(found, store.sizes(md5), strict=True):
        name = path.relative_to(raw).as_posix()
        group = group_of(name, data)
        pixels = store.pictures([content])
        brightness = int(pixels.sum(dtype=np.int64)) / (255 * pixels.size)
        examples.append(
            Example(name, path.parent.name, content, group, int(width), int(height), brightness)
        )
    return examples


def _check(found: dict[str, list[tuple[Path, str]]], classes: list[str], data: Data) -> None:
    for split, members in found.items():
        if not members:
            hint = f", or widen data.target '{data.target}'" if data.target else ""
            raise UserError(
                f"no example falls into {split}; add pictures, raise data.{split}_fraction{hint}."
                if split != "train"
                else "no example is left to train on; lower data.dev_fraction or test_fraction."
            )
    learned = {path.parent.name for path, _ in found["train"]}
    if missing := [name for name in classes if name not in learned]:
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
    write_examples(folder, examples)
    index = {"version": version, "pixels": pixels, "classes": classes}
    write_json(folder / "index.json", index)
