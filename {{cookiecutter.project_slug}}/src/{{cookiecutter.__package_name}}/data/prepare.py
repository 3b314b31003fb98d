"""From picture files to arrays of one shape, split by content into train, train-dev, dev, test."""

import zlib
from collections import Counter, OrderedDict
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..config import Data
from ..errors import UserError
from ..reproducibility.artifacts import write_json
from .catalogue import Catalogue, Prepared
from .splits import SPLITS, group_of, split_of
from .storage import SHARD_BYTES, Example, Writer

OPEN_BLOCKS = 64


def prepare(
    catalogue: Catalogue,
    raw: Path,
    prepared: Path,
    data: Data,
    version: str,
    workers: int = 0,
    shard_bytes: int = SHARD_BYTES,
) -> int:
    """Write prepared/<split>/{images-00000.npy …, labels.npy, examples.csv, index.json}.

    images-*.npy: uint8 [n, channels, image_size, image_size] in shards; labels.npy: int64 [n],
    positions in the index's "classes"; examples.csv: an `Example` a row; index.json: the data's
    version, its classes, and a hash of all pixels.

    Args:
        catalogue: the pictures; it is filled first, which costs little where `validate` did it.
        raw: one folder for each class.
        prepared: where the splits go.
        data: the shape of the pictures, and the fractions of the splits.
        version: DVC's hash of the raw data.
        workers: processes that decode; moves no byte.
        shard_bytes: pixels of one shard, at most.

    Returns:
        How many pictures had to be decoded.

    Raises:
        UserError: a split would be empty, or a class would have no example to learn from.
    """
    decoded = catalogue.fill(raw, data, workers)
    try:
        _assemble(catalogue, prepared, data, version, shard_bytes)
    except DamagedBlock as damaged:
        catalogue.forget([str(damaged)])
        return decoded + prepare(catalogue, raw, prepared, data, version, workers, shard_bytes)
    return decoded


def _assemble(
    catalogue: Catalogue, prepared: Path, data: Data, version: str, shard_bytes: int
) -> None:
    counts = Counter((split_of(one.path, one.md5, data), one.label) for one in catalogue.pictures())
    classes = sorted({label for _, label in counts})
    _check(counts, classes, data)
    places = {name: place for place, name in enumerate(classes)}
    blocks = _Blocks(catalogue)
    shape = (data.channels, data.image_size, data.image_size)
    with ExitStack() as stack:
        writers = {
            split: stack.enter_context(Writer(prepared / split, shape, shard_bytes))
            for split in SPLITS
        }
        total = sum(counts.values())
        rows = tqdm(catalogue.pictures(), "prepare", total, unit=" pictures", disable=None)
        for one in rows:
            writer = writers[split_of(one.path, one.md5, data)]
            writer.add(_example(one, data), places[one.label], blocks.pixels(one))
        for split, writer in writers.items():
            index = {"version": version, "pixels": writer.close(), "classes": classes}
            write_json(prepared / split / "index.json", index)


class DamagedBlock(Exception):
    """The block of this name does not hold what was written to it."""


class _Blocks:
    """Reads pixels from blocks, of which the latest are kept mapped."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._open = OrderedDict[str, NDArray[np.uint8]]()

    def pixels(self, one: Prepared) -> bytes:
        block = self._open.get(one.block)
        if block is None:
            block = self._mapped(one.block)
        pixels: bytes = block[one.place].tobytes()
        if zlib.crc32(pixels) != one.checksum:
            raise DamagedBlock(one.block)
        return pixels

    def _mapped(self, name: str) -> NDArray[np.uint8]:
        if len(self._open) >= OPEN_BLOCKS:
            self._open.popitem(last=False)
        try:
            mapped = np.load(self._catalogue.block(name), mmap_mode="r", allow_pickle=False)
        except (ValueError, EOFError, OSError):
            raise DamagedBlock(name) from None
        self._open[name] = mapped.view(np.ndarray)
        return self._open[name]


def _example(one: Prepared, data: Data) -> Example:
    group = group_of(one.path, data)
    return Example(one.path, one.label, one.md5, group, one.width, one.height, one.brightness)


def _check(counts: Counter[tuple[str, str]], classes: list[str], data: Data) -> None:
    for split in SPLITS:
        if not any(counts[split, name] for name in classes):
            hint = f", or widen data.target '{data.target}'" if data.target else ""
            raise UserError(
                f"no example falls into {split}; add pictures, raise data.{split}_fraction{hint}."
                if split != "train"
                else "no example is left to train on; lower data.dev_fraction or test_fraction."
            )
    if missing := [name for name in classes if not counts["train", name]]:
        raise UserError(f"no example to learn from in class {', '.join(missing)}; add pictures.")
