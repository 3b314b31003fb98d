"""Prepared examples on disk: memory-mapped shards, few even for very many examples.

Each field has shards of its name, all cut at the same examples: image-00000.npy and so on, uint8
[n, c, h, w]. Beside them, examples.csv has an `Example` per row, labels.npy its answer,
checksums.npy the CRC-32 of its arrays, index.json an `Index`. Examples are in the order of their
paths, and the content of an example alone decides whether a shard ends after it. So new examples
change only the shards whose range of paths they fall into, and DVC sends only those.
"""

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from .fields import Arrays, Fields, record
from .prepared import damaged


class LazyArray(ABC):
    """An array [n, ...] whose rows, one for each example, are read on demand."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.shape, self.dtype = shape, dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, chosen: int | slice | NDArray[np.int64]) -> NDArray[Any]:
        """Return a single row [...], or the rows of a slice or of positions, [b, ...]."""
        if isinstance(chosen, np.ndarray):
            return self._rows(chosen)
        if isinstance(chosen, slice):
            return self._rows(np.arange(*chosen.indices(len(self))))
        chosen = range(len(self))[chosen]
        return np.asarray(self[chosen : chosen + 1][0])

    @abstractmethod
    def _rows(self, chosen: NDArray[np.int64]) -> NDArray[Any]:
        """Return the rows [b, ...] at positions [b]."""


Stored = Mapping[str, NDArray[Any] | LazyArray]  # arrays [n, ...] by the names of their fields


def rows(arrays: Stored, chosen: slice | NDArray[np.int64]) -> Arrays:
    """Return the chosen rows of all arrays, [b, ...] each, in writable memory."""
    return {name: np.require(array[chosen], requirements="W") for name, array in arrays.items()}


class Shards(LazyArray):
    """An array in several mapped files, none of which is empty, read row by row."""

    def __init__(self, parts: list[NDArray[Any]]) -> None:
        self._parts = parts
        self._bytes = [part.reshape(-1).view(np.uint8).data for part in parts]
        self._ends = np.cumsum([len(part) for part in parts])
        self._starts = self._ends - [len(part) for part in parts]
        super().__init__((int(self._ends[-1]), *parts[0].shape[1:]), parts[0].dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        return Shards, (self._parts,)

    def _rows(self, chosen: NDArray[np.int64]) -> NDArray[Any]:
        if len(self._parts) == 1:
            return self._parts[0].take(chosen, axis=0)
        numbers = np.searchsorted(self._ends, chosen, side="right")
        size = self.dtype.itemsize * math.prod(self.shape[1:])
        begins = size * (chosen - self._starts[numbers])
        # No Python step per row; `take` would need one per shard.
        shards = map(self._bytes.__getitem__, numbers.tolist())
        places = map(slice, begins.tolist(), (begins + size).tolist())
        content = bytearray().join(map(memoryview.__getitem__, shards, places))
        return np.frombuffer(content, self.dtype).reshape(len(chosen), *self.shape[1:])


def shard(field: str, number: int) -> str:
    """Return the name of a shard of a field."""
    return f"{field}-{number:05d}.npy"


def is_shard(name: str, field: str = r"\w+") -> bool:
    """Return whether `name` is that of a shard, of `field` or of any."""
    return bool(re.fullmatch(rf"{field}-\d{{5,}}\.npy", name))


def open_shards(folder: Path, fields: Fields, count: int) -> dict[str, LazyArray]:
    """Map the arrays [count, ...] that a `Writer` wrote to `folder`, by the names of the fields.

    Raises:
        UserError: a shard is missing or damaged, or the number of examples differs.
    """
    return {name: _opened(folder, name, record(fields)[name], count) for name in fields}


def _opened(folder: Path, name: str, kind: np.dtype[Any], count: int) -> LazyArray:
    paths = sorted(path for path in folder.glob("*.npy") if is_shard(path.name, name))
    if not paths:
        path = folder / shard(name, 0)
        raise UserError(f"{path.as_posix()} is missing; run 'dvc repro prepare'.")
    parts = [_mapped(path, kind) for path in paths]
    held = sum(map(len, parts))
    if held != count:
        raise UserError(
            f"{folder.as_posix()} holds {held} examples of {name}, not {count}; "
            "run 'dvc repro --force prepare'."
        )
    return Shards(parts)


def _mapped(path: Path, kind: np.dtype[Any]) -> NDArray[Any]:
    try:
        part = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError):
        raise damaged(path) from None
    usual = part.ndim and (part.dtype, part.shape[1:]) == (kind.base, kind.shape)
    if not usual or not len(part) or not part.flags.c_contiguous:
        raise damaged(path)
    return np.asarray(part)
