"""Prepared pictures on disk: shards in mapped memory, few however many pictures.

The shards are images-00000.npy and so on, uint8 [n, c, h, w]; beside them, examples.csv has an
`Example` a row, labels.npy its class, checksums.npy the CRC-32 of its pixels. Examples stand in the
order of their paths, and the content of an example alone says whether a shard ends behind it. So
new pictures change only the shards into whose range of paths they fall, and DVC sends only those.
"""

import csv
import hashlib
import io
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from ..core.files import cell, named, replacing

SHARD_BYTES = 64 * 2**20  # pixels of a shard, at most; at least a quarter, but for the last one
SHARD_PICTURES = 2**16  # pictures of a shard, at most
CHECKSUMS = "checksums.npy"
HEADER = 128  # bytes before the first row of a .npy file that a `Writer` made
BLOCK = 2 * 2**20  # bytes that are written at once


@dataclass(frozen=True, slots=True)
class Example:
    """What is known of one prepared picture, beside its pixels.

    `path` is below data/raw; `group` names those that share its split, "" for none; `facts` are the
    numbers that `decode` knows of it, such as "width", "height" and "brightness".
    """

    path: str
    label: str
    md5: str
    group: str
    facts: Mapping[str, float]

    @classmethod
    def of(cls, cells: Sequence[str], names: Sequence[str]) -> Self:
        """Return the example that `cells` describes, with facts of these names.

        What is no number is a `ValueError`.
        """
        path, label, md5, group, *facts = map(named, cells)
        return cls(path, label, md5, group, dict(zip(names, map(_number, facts), strict=True)))

    def cells(self) -> list[str]:
        """Return the cells of its row in a table: those of `COLUMNS`, then its facts."""
        facts = (
            f"{one:d}" if isinstance(one, int) else f"{one:.6f}" for one in self.facts.values()
        )
        return [*map(cell, (self.path, self.label, self.md5, self.group)), *facts]


def _number(text: str) -> float:
    return int(text) if text.isdecimal() else float(text)


COLUMNS = ("path", "label", "md5", "group")


class Pictures(ABC):
    """Pictures uint8 [n, c, h, w] that are read when they are asked for, as one array along n."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, chosen: int | slice | NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return one picture [c, h, w], or those of a slice or of positions, as [b, c, h, w]."""
        if isinstance(chosen, np.ndarray):
            return self._rows(chosen)
        if isinstance(chosen, slice):
            return self._rows(np.arange(*chosen.indices(len(self))))
        chosen = range(len(self))[chosen]
        return np.asarray(self[chosen : chosen + 1][0])

    @abstractmethod
    def _rows(self, chosen: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the pictures [b, c, h, w] at positions [b]."""


class Shards(Pictures):
    """Pictures in several mapped files, none of them empty, read file by file."""

    def __init__(self, parts: list[NDArray[np.uint8]]) -> None:
        self._parts = parts
        self._ends = np.cumsum([len(part) for part in parts])
        super().__init__((int(self._ends[-1]), *parts[0].shape[1:]))

    def _rows(self, chosen: NDArray[np.int64]) -> NDArray[np.uint8]:
        rows = np.empty((len(chosen), *self.shape[1:]), np.uint8)
        numbers = np.searchsorted(self._ends, chosen, side="right")
        for number in np.unique(numbers):
            here = np.flatnonzero(numbers == number)
            part = self._parts[number]
            rows[here] = part.take(chosen[here] - (self._ends[number] - len(part)), axis=0)
        return rows


class Writer:
    """Writes folder/{images-*.npy, labels.npy, checksums.npy, examples.csv}, an example at a time.

    Its memory does not grow with the examples. A context in which an error leaves no file half
    written; `close` ends the work.

    Args:
        folder: where to.
        shape: of a picture, [c, h, w].
        shard_bytes: pixels of a shard, at most.
    """

    def __init__(self, folder: Path, shape: tuple[int, ...], shard_bytes: int) -> None:
        self.folder, self.shape = folder, shape
        self.most = max(1, min(shard_bytes // int(np.prod(shape)), SHARD_PICTURES))
        self._least = -(-self.most // 4)
        self._files, self._shard = ExitStack(), ExitStack()
        self._labels = _Rows(self._files.enter_context(replacing(folder / "labels.npy")), "<i8")
        checksums = self._files.enter_context(replacing(folder / CHECKSUMS))
        self._checksums = _Rows(checksums, "<u4")
        file = self._files.enter_context(replacing(folder / "examples.csv"))
        self._text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        self._table = csv.writer(self._text, lineterminator="\n")
        self._facts: tuple[str, ...] | None = None
        self._pixels = hashlib.sha256()
        self._held = self._shards = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        for files in (self._shard, self._files):
            files.__exit__(*error)

    def add(self, example: Example, label: int, pixels: bytes) -> None:
        """Write one example behind those before it."""
        if self._facts is None:
            self._facts = tuple(example.facts)
            self._table.writerow(COLUMNS + self._facts)
        if tuple(example.facts) != self._facts:
            raise UserError(
                f"data.py: `decode` knows {', '.join(example.facts)} of {example.path}, and "
                f"{', '.join(self._facts)} of others; let it give every example the same facts."
            )
        if self._held == 0:
            self._open()
        self._images.add(pixels)
        self._table.writerow(example.cells())
        self._labels.add(label.to_bytes(8, "little"))
        self._checksums.add(zlib.crc32(pixels).to_bytes(4, "little"))
        self._pixels.update(pixels)
        self._held += 1
        # So that what comes before or behind moves no end, the content says where one is.
        here = int(example.md5[:8], 16) % self._least == 0
        if self._held == self.most or (self._held >= self._least and here):
            self._close_shard()

    def _open(self) -> None:
        path = self.folder / f"images-{self._shards:05d}.npy"
        self._images = _Rows(self._shard.enter_context(replacing(path)), "|u1", self.shape)

    def _close_shard(self) -> None:
        self._images.finish()
        self._shard.close()
        self._held, self._shards = 0, self._shards + 1

    def close(self) -> str:
        """End the last shard, remove those of an earlier run behind it.

        Returns:
            The SHA-256 of all pixels in their order.
        """
        if self._held:
            self._close_shard()
        if self._facts is None:
            self._table.writerow(COLUMNS)
        self._labels.finish()
        self._checksums.finish()
        self._text.detach()
        self._files.close()
        for path in sorted(self.folder.glob("images-*.npy"))[self._shards :]:
            path.unlink()
        return self._pixels.hexdigest()


class _Rows:
    """A .npy file that grows by rows; its header is written when their number is known.

    It is written in blocks of the size, and at the places, of a processor's large pages. Linux may
    then keep it in such pages, and a batch of small pictures is found sooner.
    """

    def __init__(self, file: BinaryIO, kind: str, shape: tuple[int, ...] = ()) -> None:
        self._file, self._kind, self._shape = file, kind, shape
        self._count = 0
        self._bytes = np.dtype(kind).itemsize * int(np.prod(shape))
        self._held = bytearray(self._head())

    def add(self, row: bytes) -> None:
        if len(row) != self._bytes:
            raise ValueError(f"a row has {len(row)} bytes, not {self._bytes}")
        self._held += row
        self._count += 1
        while len(self._held) >= BLOCK:
            self._file.write(self._held[:BLOCK])
            del self._held[:BLOCK]

    def finish(self) -> None:
        self._file.write(self._held)
        self._file.seek(0)
        self._file.write(self._head())

    def _head(self) -> bytes:
        # NumPy leaves room in a header for a longer first axis, so its length stays.
        shape = (self._count, *self._shape)
        file = io.BytesIO()
        header = {"descr": self._kind, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        return file.getvalue()


def header(start: bytes) -> tuple[int, ...]:
    """Return the shape that the first `HEADER` bytes of a shard tell.

    Raises:
        ValueError: this is no shard.
    """
    file = io.BytesIO(start)
    np.lib.format.read_magic(file)
    shape, _, kind = np.lib.format.read_array_header_1_0(file)
    if file.tell() != HEADER or kind != np.uint8 or len(shape) != 4:
        raise ValueError("another kind of array")
    return tuple(shape)


def open_shards(folder: Path, count: int) -> Shards:
    """Map the `count` pictures that a `Writer` left in `folder`.

    Raises:
        UserError: a shard is missing or damaged, or there are more or fewer pictures.
    """
    paths = sorted(folder.glob("images-*.npy"))
    if not paths:
        path = folder / "images-00000.npy"
        raise UserError(f"{path.as_posix()} is not there; run 'dvc repro prepare'.")
    parts = [_mapped(path) for path in paths]
    found = sum(map(len, parts))
    if found != count or any(one.shape[1:] != parts[0].shape[1:] for one in parts):
        raise UserError(
            f"{folder.as_posix()} holds {found} pictures, not {count}; "
            "run 'dvc repro --force prepare'."
        )
    return Shards(parts)


def examples(folder: Path) -> Iterator[Example]:
    """Yield what is known of each picture of the shards in `folder`, in their order.

    Raises:
        UserError: a file is missing or damaged.
    """
    path = folder / "examples.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            columns = tuple(next(reader, ()))
            if columns[: len(COLUMNS)] != COLUMNS:
                raise ValueError
            yield from (Example.of(cells, columns[len(COLUMNS) :]) for cells in reader)
    except FileNotFoundError:
        raise UserError(f"{path.as_posix()} is not there; run 'dvc repro prepare'.") from None
    except ValueError:
        raise UserError(
            f"{path.as_posix()} is truncated or damaged; run 'dvc repro --force prepare'."
        ) from None


def read_examples(folder: Path) -> list[Example]:
    """Return all `examples` of a folder."""
    return list(examples(folder))


def npy(array: NDArray[np.uint8] | NDArray[np.int64]) -> bytes:
    """Return the array as the content of a .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _mapped(path: Path) -> NDArray[np.uint8]:
    try:
        part = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError):
        part = np.empty(0)
    usual = part.dtype == np.uint8 and part.ndim == 4 and part.flags.c_contiguous
    if not usual or not len(part):
        raise UserError(
            f"{path.as_posix()} is truncated or damaged; run 'dvc repro --force prepare'."
        )
    return np.asarray(part)
