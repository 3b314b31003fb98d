"""Pictures on disk: NumPy files of a fixed size in mapped memory, few however many pictures.

Examples stand in the shards one after the other, so example i is in shard i // (pictures of one).
"""

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..reproducibility.artifacts import write_bytes, write_csv

SHARD_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Example:
    """What is known of one prepared picture, beside its pixels.

    `path` is below data/raw; `group` names those that share its split, "" for none; `width` and
    `height` are those of the picture file, `brightness` the mean of the prepared pixels, 0 to 1.
    """

    path: str
    label: str
    md5: str
    group: str
    width: int
    height: int
    brightness: float

    @classmethod
    def of(cls, cells: Sequence[str]) -> Self:
        """Return the example that `cells` describes; what is no number is a `ValueError`."""
        path, label, md5, group, width, height, brightness = cells
        return cls(path, label, md5, group, int(width), int(height), float(brightness))

    def cells(self) -> list[str]:
        """Return the example as the cells of a table, under `COLUMNS`."""
        size = (str(self.width), str(self.height))
        return [self.path, self.label, self.md5, self.group, *size, f"{self.brightness:.6f}"]


COLUMNS = tuple(one.name for one in fields(Example))


class Shards:
    """Pictures uint8 [n, c, h, w] in several mapped files, indexed as one array along n."""

    def __init__(self, parts: list[NDArray[np.uint8]]) -> None:
        self._parts = parts
        self._each = len(parts[0])
        self.shape: tuple[int, ...] = (sum(map(len, parts)), *parts[0].shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, chosen: int | slice | NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return one picture [c, h, w], or those of a slice or of positions, as [b, c, h, w]."""
        if isinstance(chosen, (int, np.integer)):
            shard, row = divmod(range(len(self))[chosen], self._each)
            return np.asarray(self._parts[shard][row])
        if isinstance(chosen, slice):
            chosen = np.arange(*chosen.indices(len(self)))
        if len(self._parts) == 1:
            return np.asarray(self._parts[0][chosen])
        shards, rows = np.divmod(chosen, self._each)
        found = np.empty((len(chosen), *self.shape[1:]), dtype=np.uint8)
        for shard in np.unique(shards):
            here = shards == shard
            found[here] = self._parts[shard][rows[here]]
        return found


def write_shards(
    folder: Path,
    pictures: Callable[[int, int], NDArray[np.uint8]],
    count: int,
    each: int,
) -> str:
    """Write folder/images-00000.npy and so on; return the SHA-256 of all pixels in their order.

    Args:
        folder: where to; shards of an earlier run beyond the last one are removed.
        pictures: gives the pictures from a position up to another, uint8 [b, c, h, w].
        count: how many pictures there are.
        each: pictures in a shard; the last one may have fewer.
    """
    pixels = hashlib.sha256()
    paths = []
    for start in range(0, count, each):
        part = pictures(start, min(start + each, count))
        pixels.update(part.tobytes())
        paths.append(folder / f"images-{start // each:05d}.npy")
        write_bytes(paths[-1], npy(part))
    for path in sorted(folder.glob("images-*.npy")):
        if path not in paths:
            path.unlink()
    return pixels.hexdigest()


def open_shards(folder: Path, count: int) -> Shards:
    """Map the `count` pictures that `write_shards` left in `folder`.

    Raises:
        UserError: a shard is missing or damaged, or there are more or fewer pictures.
    """
    parts = [_mapped(path) for path in sorted(folder.glob("images-*.npy"))]
    if not parts:
        path = folder / "images-00000.npy"
        raise UserError(f"{path.as_posix()} is not there; run 'dvc repro prepare'.")
    found = sum(map(len, parts))
    if found != count or any(len(one) != len(parts[0]) for one in parts[:-1]):
        raise UserError(
            f"{folder.as_posix()} holds {found} pictures, not {count}; "
            "run 'dvc repro --force prepare'."
        )
    return Shards(parts)


def write_examples(folder: Path, examples: list[Example]) -> None:
    """Write folder/examples.csv, one row for each picture of the shards, in their order."""
    write_csv(folder / "examples.csv", COLUMNS, (one.cells() for one in examples))


def read_examples(folder: Path) -> list[Example]:
    """Return the rows of folder/examples.csv.

    Raises:
        UserError: the file is missing or damaged.
    """
    path = folder / "examples.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        if tuple(header) != COLUMNS:
            raise ValueError
        return [Example.of(row) for row in rows]
    except FileNotFoundError:
        raise UserError(f"{path.as_posix()} is not there; run 'dvc repro prepare'.") from None
    except ValueError:
        raise UserError(
            f"{path.as_posix()} is truncated or damaged; run 'dvc repro --force prepare'."
        ) from None


def npy(array: NDArray[np.uint8] | NDArray[np.int64] | NDArray[np.void]) -> bytes:
    """Return the array as the content of a .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _mapped(path: Path) -> NDArray[np.uint8]:
    try:
        part = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError):
        part = np.empty(0)
    if part.dtype != np.uint8 or part.ndim != 4:
        raise UserError(
            f"{path.as_posix()} is truncated or damaged; run 'dvc repro --force prepare'."
        )
    return np.asarray(part)
