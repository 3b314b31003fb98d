"""Prepared examples read from DVC's remote, for training sets larger than the machines' disks.

The files that list a split are small and are fetched whole. The arrays stay where `dvc push` put
them: every process reads the bytes of the examples that it needs, many at once, and checks each
example against its checksum. So it gets the content of data/prepared, or an error.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from ..core.files import md5, write_bytes
from ..remote.dir_lists import listed_files
from ..remote.filesystem import Objects, Run, location
from ..remote.revisions import LOCK, entries, parsed
from .fields import Fields, record
from .prepared import CHECKSUMS
from .shard_writer import header, rows_after
from .shards import LazyArray, is_shard

FOLDER = Path("data/streamed")


class Streamed:
    """Examples in shards on DVC's remote, with random access.

    All arrays of an example are read together, because they share a checksum.

    Args:
        folder: the folder of the shards, for errors.
        fields: the arrays of an example.
        shards: for each field, (name in the folder, object) of each shard, in order.
        checksums: CRC-32 of each example [n].

    Raises:
        UserError: a shard cannot be read, or the number of examples differs.
        ValueError: a shard is damaged.
    """

    def __init__(
        self,
        folder: Path,
        fields: Fields,
        shards: Mapping[str, Sequence[tuple[str, str]]],
        checksums: NDArray[np.uint32],
    ) -> None:
        self._folder, self._objects, self._checksums = folder, Objects(), checksums
        self._shards, self._record = shards, record(fields)
        self._heads = {
            name: len(header(kind.base.str, (0, *kind.shape))) for name, kind in self._kinds()
        }
        self._starts = np.cumsum([0, *self._counts()])
        if len(checksums) != self._starts[-1]:
            raise UserError(
                f"the shards on DVC's remote hold {self._starts[-1]} examples, not "
                f"{len(checksums)}; run 'dvc repro prepare' and 'make push' where the data is."
            )
        self._latest: tuple[NDArray[np.int64], dict[str, NDArray[Any]]] | None = None

    def arrays(self) -> dict[str, LazyArray]:
        """Return the arrays [n, ...] by the names of their fields."""
        return {
            name: _Column(self, name, (len(self._checksums), *kind.shape), kind.base)
            for name, kind in self._kinds()
        }

    def rows(self, chosen: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """Return all arrays [b, ...] of the examples at positions [b]."""
        # A batch asks for the same rows of each array in turn.
        if self._latest is None or not np.array_equal(self._latest[0], chosen):
            self._latest = chosen.copy(), self._read(chosen)
        return self._latest[1]

    def _kinds(self) -> list[tuple[str, np.dtype[Any]]]:
        return [(name, self._record[name]) for name in self._record.names or ()]

    def _counts(self) -> list[int]:
        """Return the number of examples in each shard; it must be the same for every field."""
        by_field = []
        for name, kind in self._kinds():
            runs = [
                Run(content_hash, 0, self._heads[name]) for _, content_hash in self._shards[name]
            ]
            by_field.append([rows_after(head, kind) for head in self._objects.read(runs)])
        if any(counts != by_field[0] for counts in by_field):
            raise ValueError("fields that are cut at different examples")
        return by_field[0]

    def _read(self, chosen: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        names = [name for name, _ in self._kinds()]
        runs = {name: list(self._runs(chosen, name)) for name in names}
        parts = iter(self._objects.read([run for name in names for run in runs[name]]))
        contents = {name: b"".join(next(parts) for _ in runs[name]) for name in names}
        rows = {}
        for name, kind in self._kinds():
            size = len(chosen) * kind.itemsize
            whole = contents[name].ljust(size, b"\0")  # in case a shard is truncated
            rows[name] = np.frombuffer(whole, kind.base).reshape(len(chosen), *kind.shape)
        self._check(chosen, rows)
        return rows

    def _check(self, chosen: NDArray[np.int64], rows: Mapping[str, NDArray[Any]]) -> None:
        for at, place in enumerate(chosen.tolist()):
            checksum = 0
            for array in rows.values():
                checksum = zlib.crc32(array[at : at + 1].data, checksum)
            if checksum != self._checksums[place]:
                raise self._damaged(place)

    def _damaged(self, place: int) -> UserError:
        number = int(np.searchsorted(self._starts, place, side="right")) - 1
        shards = [self._shards[name][number] for name, _ in self._kinds()]
        paths = " or ".join((self._folder / name).as_posix() for name, _ in shards)
        places = " and ".join(location(content_hash) for _, content_hash in shards)
        return UserError(
            f"an example of {paths} on DVC's remote is not what was prepared; delete {places} "
            "there and run 'make push' where the data was prepared."
        )

    def _runs(self, chosen: NDArray[np.int64], name: str) -> Iterator[Run]:
        """Cut `chosen` into runs of consecutive examples of the same shard."""
        if not len(chosen):
            return
        size = self._record[name].itemsize
        shards = np.searchsorted(self._starts, chosen, side="right") - 1
        breaks = np.flatnonzero((np.diff(chosen) != 1) | (np.diff(shards) != 0)) + 1
        for first, last in pairwise([0, *breaks.tolist(), len(chosen)]):
            shard = int(shards[first])
            start = self._heads[name] + int(chosen[first] - self._starts[shard]) * size
            yield Run(self._shards[name][shard][1], start, start + (last - first) * size)


class _Column(LazyArray):
    """One of the arrays of streamed examples."""

    def __init__(
        self, examples: Streamed, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> None:
        super().__init__(shape, dtype)
        self._examples, self._name = examples, name

    def _rows(self, chosen: NDArray[np.int64]) -> NDArray[Any]:
        return self._examples.rows(chosen)[self._name]


def fetch_lists(folder: Path) -> Path:
    """Fetch the files that list data/prepared/<split>; return the folder that holds them.

    Raises:
        UserError: dvc.lock does not name the folder, or the remote lacks its content.
    """
    here = FOLDER / folder.name
    for path, name in _listed(Path.cwd(), folder).items():
        copy = here / path
        if not is_shard(path) and not (copy.is_file() and md5(copy.read_bytes()) == name):
            write_bytes(copy, Objects().whole(name))
    return here


def open_streamed(folder: Path, fields: Fields) -> dict[str, LazyArray]:
    """Open the arrays of data/prepared/<split> on the remote, after `fetch_lists`.

    Raises:
        UserError: as `fetch_lists`, or the shards are damaged.
    """
    listed = sorted(_listed(Path.cwd(), folder).items())
    checksums = np.load(FOLDER / folder.name / CHECKSUMS, mmap_mode="r", allow_pickle=False)
    try:
        shards = {name: [entry for entry in listed if is_shard(entry[0], name)] for name in fields}
        return Streamed(folder, fields, shards, checksums).arrays()
    except ValueError:
        raise UserError(
            f"the shards of {folder.name} on DVC's remote are damaged; delete them there and run "
            "'make push' where the data was prepared."
        ) from None


@cache
def _listed(_project: Path, folder: Path) -> dict[str, str]:
    """Return {path in the folder: hash} of the prepared files in dvc.lock."""
    name = entries(parsed(_lock()), "prepare", "outs").get(folder.as_posix())
    if not name:
        raise UserError(
            f"{LOCK} does not name {folder.as_posix()}; run 'dvc repro prepare' and 'make push' "
            f"where the data is, and commit {LOCK}."
        )
    return listed_files(Objects().whole(name), folder.as_posix())


def _lock() -> str:
    try:
        return Path(LOCK).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{LOCK} is missing; restore it from Git.") from None
