"""Prepared examples on disk: shards in mapped memory, few however many examples.

Each field has a family of shards of its name, all cut at the same examples: image-00000.npy and so
on, uint8 [n, c, h, w]. Beside them, examples.csv has an `Example` a row, labels.npy its answer,
checksums.npy the CRC-32 of its arrays, index.json an `Index`. Examples stand in the order of their
paths, and the content of an example alone says whether a shard ends behind it. So new examples
change only the shards into whose range of paths they fall, and DVC sends only those.
"""

import csv
import hashlib
import io
import json
import math
import re
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from ..core.files import cell, named, read_json, replacing, write_json
from .fields import Arrays, Field, Fields, Shape, places, record
from .targets import TARGETS

SHARD_BYTES = 64 * 2**20  # of all arrays up to a cut, at most; at least a quarter, but for the last
SHARD_EXAMPLES = 2**16  # examples of a shard, at most
CHECKSUMS, LABELS = "checksums.npy", "labels.npy"
SAID = "words.jsonl"  # what people see of each example, a text in JSON a line, where there is such
BLOCK = 2 * 2**20  # bytes that are written at once
LARGE = 4096  # bytes of a row; such rows are sooner copied one by one than shard by shard


@dataclass(frozen=True, slots=True)
class Example:
    """What is known of one prepared example, beside its arrays.

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
SHARED = ("version", "content", "target", "classes")  # of index.json, beside its fields


@dataclass(frozen=True, slots=True)
class Index:
    """What prepared examples have in common.

    `version` is that of the data, `content` the SHA-256 of all arrays in the order of the examples
    and, of each, of the fields; `target` is that of the section `task`. `classes` are their names,
    none where answers are numbers; `scale` is then the mean of the training answers and their
    standard deviation. `learnt` are the shapes of what `fit` of data.py has made.
    """

    version: str
    content: str
    target: str
    classes: list[str]
    fields: Fields
    scale: tuple[float, ...] = ()
    learnt: Mapping[str, Shape] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read index.json.

        Raises:
            UserError: it is missing or damaged.
        """
        path = folder / "index.json"
        try:
            known = read_json(path.read_text(encoding="utf-8"))
            fields = {name: Field(one[0], tuple(one[1])) for name, one in known["fields"].items()}
            record(fields)
            version, content, target, classes = (known[one] for one in SHARED)
            if target not in TARGETS:
                raise ValueError(target)
            scale = tuple(map(float, known["scale"]))
            learnt = {name: tuple(shape) for name, shape in known["learnt"].items()}
            return cls(version, content, target, classes, fields, scale, learnt)
        except FileNotFoundError:
            raise UserError(f"{path.as_posix()} is not there; run 'dvc repro prepare'.") from None
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            raise _damaged(path) from None

    def write(self, folder: Path) -> None:
        """Write index.json."""
        write_json(folder / "index.json", asdict(self))


class LazyArray(ABC):
    """An array [n, ...] whose rows, one for each example, are read when they are asked for."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.shape, self.dtype = shape, dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, chosen: int | slice | NDArray[np.int64]) -> NDArray[Any]:
        """Return one row [...], or those of a slice or of positions, as [b, ...]."""
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
    """Return some rows of all arrays, [b, ...] each, in memory that may be written."""
    return {name: np.require(one[chosen], requirements="W") for name, one in arrays.items()}


class Shards(LazyArray):
    """An array in several mapped files, none of them empty, read file by file."""

    def __init__(self, parts: list[NDArray[Any]]) -> None:
        self._parts = parts
        self._ends = np.cumsum([len(part) for part in parts])
        self._starts = self._ends - [len(part) for part in parts]
        super().__init__((int(self._ends[-1]), *parts[0].shape[1:]), parts[0].dtype)

    def _rows(self, chosen: NDArray[np.int64]) -> NDArray[Any]:
        if len(self._parts) == 1:
            return self._parts[0].take(chosen, axis=0)
        rows = np.empty((len(chosen), *self.shape[1:]), self.dtype)
        numbers = np.searchsorted(self._ends, chosen, side="right")
        places = chosen - self._starts[numbers]
        if self.dtype.itemsize * math.prod(self.shape[1:]) >= LARGE:
            for row, (number, place) in enumerate(
                zip(numbers.tolist(), places.tolist(), strict=True)
            ):
                rows[row] = self._parts[number][place]
            return rows
        order = np.argsort(numbers, kind="stable")
        counts = np.bincount(numbers, minlength=len(self._parts))
        for number, here in enumerate(np.split(order, np.cumsum(counts)[:-1])):
            if len(here):
                rows[here] = self._parts[number].take(places[here], axis=0)
        return rows


class Writer:
    """Writes folder/{image-*.npy, labels.npy, checksums.npy, examples.csv}, an example at a time.

    Its memory does not grow with the examples. A context in which an error leaves no file half
    written; `close` ends the work.

    Args:
        folder: where to.
        fields: the arrays of an example.
        shard_bytes: of all arrays up to a cut, at most.
        answer: NumPy's type of labels.npy; "" of answers that are arrays of the examples.
        shape: of an answer there.
    """

    def __init__(
        self,
        folder: Path,
        fields: Fields,
        shard_bytes: int,
        answer: str = "<i8",
        shape: tuple[int, ...] = (),
    ) -> None:
        self.folder, self._record = folder, record(fields)
        self.most = max(1, min(shard_bytes // self._record.itemsize, SHARD_EXAMPLES))
        self._least = -(-self.most // 4)
        self._files, self._shard = ExitStack(), ExitStack()
        self._arrays: dict[str, _Rows] = {}
        self._labels = self._answers(answer, shape) if answer else None
        checksums = self._files.enter_context(replacing(folder / CHECKSUMS))
        self._checksums = _Rows(checksums, "<u4")
        file = self._files.enter_context(replacing(folder / "examples.csv"))
        self._text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        self._table = csv.writer(self._text, lineterminator="\n")
        self._facts: tuple[str, ...] | None = None
        self._words: Any = None
        self._content = hashlib.sha256()
        self._places = places(self._record)
        self._held = self._shards = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        for files in (self._shard, self._files):
            files.__exit__(*error)

    def _answers(self, kind: str, shape: tuple[int, ...]) -> "_Rows":
        return _Rows(self._files.enter_context(replacing(self.folder / LABELS)), kind, shape)

    def add(self, example: Example, answer: Any, row: bytes, words: str | None = None) -> None:
        """Write one example, with its arrays as `fields.record` says, behind those before it.

        Its `words`, if `decode` gives them, go into words.csv, for people alone.
        """
        if len(row) != self._record.itemsize:
            raise ValueError(f"an example has {len(row)} bytes, not {self._record.itemsize}")
        if self._facts is None:
            self._facts = tuple(example.facts)
            self._table.writerow(COLUMNS + self._facts)
            self._words = None if words is None else self._worded()
        if tuple(example.facts) != self._facts or (words is None) != (self._words is None):
            raise UserError(
                f"data.py: `decode` knows {', '.join(example.facts)} of {example.path}, and "
                f"{', '.join(self._facts)} of others; let it give every example the same facts."
            )
        if self._held == 0:
            self._open()
        for name, array in self._arrays.items():
            array.add(row[self._places[name]])
        self._table.writerow(example.cells())
        if self._words is not None:
            self._words.write(f"{json.dumps(words)}\n".encode())
        if self._labels is not None:
            self._labels.add(np.array(answer, self._labels.kind).tobytes())
        self._checksums.add(zlib.crc32(row).to_bytes(4, "little"))
        self._content.update(row)
        self._held += 1
        # So that what comes before or behind moves no end, the content says where one is.
        here = int(example.md5[:8], 16) % self._least == 0
        if self._held == self.most or (self._held >= self._least and here):
            self._close_shard()

    def _worded(self) -> BinaryIO:
        return self._files.enter_context(replacing(self.folder / SAID))

    def _open(self) -> None:
        for name in self._places:
            file = self._shard.enter_context(replacing(self.folder / shard(name, self._shards)))
            kind = self._record[name]
            self._arrays[name] = _Rows(file, kind.base.str, kind.shape)

    def _close_shard(self) -> None:
        for array in self._arrays.values():
            array.finish()
        self._shard.close()
        self._held, self._shards = 0, self._shards + 1

    def close(self) -> str:
        """End the last shards, remove those of an earlier run that are none of these.

        Returns:
            The SHA-256 of all arrays in their order.
        """
        if self._held:
            self._close_shard()
        if self._facts is None:
            self._table.writerow(COLUMNS)
        if self._labels is not None:
            self._labels.finish()
        self._checksums.finish()
        self._text.detach()
        self._files.close()
        written = {shard(name, place) for name in self._places for place in range(self._shards)}
        for path in sorted(self.folder.iterdir()):
            if is_shard(path.name) and path.name not in written:
                path.unlink()
        for name, held in ((SAID, self._words), (LABELS, self._labels)):
            if held is None:  # an earlier run may have written it
                (self.folder / name).unlink(missing_ok=True)
        return self._content.hexdigest()


class _Rows:
    """A .npy file that grows by rows; its header is written when their number is known.

    It is written in blocks of the size, and at the places, of a processor's large pages. Linux may
    then keep it in such pages, and a batch of small rows is found sooner.
    """

    def __init__(self, file: BinaryIO, kind: str, shape: tuple[int, ...] = ()) -> None:
        self._file, self.kind, self._shape = file, kind, shape
        self._count = 0
        self._held = bytearray(self._head())

    def add(self, row: bytes) -> None:
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
        return header(self.kind, (self._count, *self._shape))


def header(kind: str, shape: tuple[int, ...]) -> bytes:
    """Return what stands before the first row of a .npy file; its length is that for any `n`."""
    # NumPy leaves room in a header for a longer first axis, so its length stays.
    file = io.BytesIO()
    described = {"descr": kind, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, described)
    return file.getvalue()


def rows_after(head: bytes, kind: np.dtype[Any]) -> int:
    """Return how many rows the `header` of a shard tells.

    Args:
        head: the first bytes of the shard.
        kind: of a row, as `fields.record` has it.

    Raises:
        ValueError: this is no shard of such rows.
    """
    file = io.BytesIO(head)
    np.lib.format.read_magic(file)
    (count, *_), _, _ = np.lib.format.read_array_header_1_0(file)
    if head != header(kind.base.str, (count, *kind.shape)):
        raise ValueError("another kind of array")
    return int(count)


def shard(field: str, number: int) -> str:
    """Return the name of a shard of a field."""
    return f"{field}-{number:05d}.npy"


def is_shard(name: str, field: str = r"\w+") -> bool:
    """Return whether this is the name of a shard, of one field or of any."""
    return bool(re.fullmatch(rf"{field}-\d{{5,}}\.npy", name))


def open_shards(folder: Path, fields: Fields, count: int) -> dict[str, LazyArray]:
    """Map the arrays [count, ...] that a `Writer` left in `folder`, by the names of the fields.

    Raises:
        UserError: a shard is missing or damaged, or there are more or fewer examples.
    """
    return {name: _opened(folder, name, record(fields)[name], count) for name in fields}


def _opened(folder: Path, name: str, kind: np.dtype[Any], count: int) -> LazyArray:
    paths = sorted(path for path in folder.glob("*.npy") if is_shard(path.name, name))
    if not paths:
        path = folder / shard(name, 0)
        raise UserError(f"{path.as_posix()} is not there; run 'dvc repro prepare'.")
    parts = [_mapped(path, kind) for path in paths]
    found = sum(map(len, parts))
    if found != count:
        raise UserError(
            f"{folder.as_posix()} holds {found} examples of {name}, not {count}; "
            "run 'dvc repro --force prepare'."
        )
    return Shards(parts)


def examples(folder: Path) -> Iterator[Example]:
    """Yield what is known of each example of the shards in `folder`, in their order.

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
        raise _damaged(path) from None


def read_examples(folder: Path) -> list[Example]:
    """Return all `examples` of a folder."""
    return list(examples(folder))


def read_words(folder: Path, count: int) -> list[str]:
    """Return what people see of each of `count` examples in `folder`; [] where nothing is said.

    Raises:
        UserError: the file is damaged.
    """
    path = folder / SAID
    if not path.exists():
        return []
    try:
        words = [str(read_json(line)) for line in path.read_bytes().splitlines()]
    except ValueError:
        raise _damaged(path) from None
    if len(words) != count:
        raise _damaged(path)
    return words


def npy(array: NDArray[Any]) -> bytes:
    """Return the array as the content of a .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _mapped(path: Path, kind: np.dtype[Any]) -> NDArray[Any]:
    try:
        part = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError):
        raise _damaged(path) from None
    usual = part.ndim and (part.dtype, part.shape[1:]) == (kind.base, kind.shape)
    if not usual or not len(part) or not part.flags.c_contiguous:
        raise _damaged(path)
    return np.asarray(part)


def _damaged(path: Path) -> UserError:
    return UserError(f"{path.as_posix()} is truncated or damaged; run 'dvc repro --force prepare'.")
