"""Writes prepared examples in the format of shards.py, one at a time."""

import csv
import hashlib
import io
import json
import zlib
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from ..core.files import replacing
from .fields import Fields, places, record
from .prepared import CHECKSUMS, COLUMNS, LABELS, SAID, Example
from .shards import is_shard, shard

SHARD_BYTES = 64 * 2**20  # of all arrays up to a cut, at most; at least a quarter, except the last
SHARD_EXAMPLES = 2**16  # examples of a shard, at most
BLOCK = 2 * 2**20  # bytes per write


class Writer:
    """Writes folder/{image-*.npy, labels.npy, checksums.npy, examples.csv}, an example at a time.

    Its memory does not grow with the examples. As a context manager it leaves no partial file after
    an error; `close` completes the files.

    Args:
        folder: the folder to write to.
        fields: the arrays of an example.
        shard_bytes: of all arrays up to a cut, at most.
        answer: NumPy's type of labels.npy; "" if answers are arrays of the examples.
        shape: of an answer in labels.npy.
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
        """Append an example, with its arrays as a row of type `fields.record`.

        Its `words`, if `decode` returns them, go into words.jsonl, for people only.
        """
        if len(row) != self._record.itemsize:
            raise ValueError(f"an example has {len(row)} bytes, not {self._record.itemsize}")
        if self._facts is None:
            self._facts = tuple(example.facts)
            self._table.writerow(COLUMNS + self._facts)
            self._words = None if words is None else self._worded()
        if tuple(example.facts) != self._facts or (words is None) != (self._words is None):
            raise UserError(
                f"data.py: `decode` returned the facts {', '.join(example.facts)} for "
                f"{example.path}, but {', '.join(self._facts)} for others; it must return the same "
                "facts for every example."
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
        # The content alone decides where a shard ends, so other examples cannot move the end.
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
        """Complete the last shards, and remove other shards of an earlier run.

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

    It is written in blocks with the size and the alignment of a processor's large pages. Linux can
    then cache it in such pages, which makes a batch of small rows faster to read.
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
    """Return the header of a .npy file; its length is the same for any number of rows."""
    # NumPy leaves room in a header for a longer first axis.
    file = io.BytesIO()
    described = {"descr": kind, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, described)
    return file.getvalue()


def rows_after(head: bytes, kind: np.dtype[Any]) -> int:
    """Return the number of rows in the `header` of a shard.

    Args:
        head: the first bytes of the shard.
        kind: the type of a row, as in `fields.record`.

    Raises:
        ValueError: it is not a shard of such rows.
    """
    file = io.BytesIO(head)
    np.lib.format.read_magic(file)
    (count, *_), _, _ = np.lib.format.read_array_header_1_0(file)
    if head != header(kind.base.str, (count, *kind.shape)):
        raise ValueError("another kind of array")
    return int(count)


def npy(array: NDArray[Any]) -> bytes:
    """Return the array as the content of a .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
