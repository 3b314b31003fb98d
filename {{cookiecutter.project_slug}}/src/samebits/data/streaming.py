"""Prepared pictures read from DVC's remote, for training sets that fit on no machine that trains.

The files that list a split are small and are fetched whole. The pixels stay where `dvc push` put
them: every process reads the bytes of the pictures that it needs, many at once, and compares each
picture with its checksum. So it gets what it would have read from data/prepared, or an error.
"""

import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from ..core.files import md5, write_bytes
from ..remote.dir_lists import listed_files
from ..remote.filesystem import Objects, Run, location
from ..remote.revisions import LOCK, entries, parsed
from .shards import CHECKSUMS, HEADER, Pictures, header

FOLDER = Path("data/streamed")
SHARDS = "images-"


class Streamed(Pictures):
    """Pictures uint8 [n, c, h, w] in shards on DVC's remote, indexed as one array along n.

    Args:
        folder: what they make up, to name in errors.
        shards: (name in the folder, object) of each, in order.
        checksums: CRC-32 of each picture [n].

    Raises:
        UserError: a shard cannot be read, or they hold more or fewer pictures.
    """

    def __init__(
        self, folder: Path, shards: Sequence[tuple[str, str]], checksums: NDArray[np.uint32]
    ) -> None:
        self._folder, self._objects, self._checksums = folder, Objects(), checksums
        self._shards = list(shards)
        heads = self._objects.read([Run(one, 0, HEADER) for _, one in shards])
        shapes = [header(one) for one in heads]
        starts = np.cumsum([0, *(shape[0] for shape in shapes)])
        super().__init__((int(starts[-1]), *shapes[0][1:]))
        self._starts = starts
        self._bytes = int(np.prod(self.shape[1:]))
        if len(checksums) != len(self):
            raise UserError(
                f"the shards on DVC's remote hold {len(self)} pictures, not {len(checksums)}; run "
                "'dvc repro prepare' and 'make push' where the data is."
            )

    def _rows(self, chosen: NDArray[np.int64]) -> NDArray[np.uint8]:
        content = b"".join(self._objects.read(list(self._runs(chosen))))
        content = content.ljust(len(chosen) * self._bytes, b"\0")  # of a truncated shard
        rows = np.frombuffer(content, dtype=np.uint8).reshape(len(chosen), *self.shape[1:])
        for place, row in zip(chosen.tolist(), rows, strict=True):
            if zlib.crc32(row) != self._checksums[place]:
                raise self._damaged(place)
        return rows

    def _damaged(self, place: int) -> UserError:
        name, shard = self._shards[int(np.searchsorted(self._starts, place, side="right")) - 1]
        return UserError(
            f"a picture of {(self._folder / name).as_posix()} on DVC's remote is not what was "
            f"prepared; delete {location(shard)} there and run 'make push' where the data was "
            "prepared."
        )

    def _runs(self, chosen: NDArray[np.int64]) -> Iterator[Run]:
        """Cut `chosen` wherever the next picture is not the next one of the same shard."""
        if not len(chosen):
            return
        shards = np.searchsorted(self._starts, chosen, side="right") - 1
        breaks = np.flatnonzero((np.diff(chosen) != 1) | (np.diff(shards) != 0)) + 1
        for first, last in pairwise([0, *breaks.tolist(), len(chosen)]):
            shard = int(shards[first])
            start = HEADER + int(chosen[first] - self._starts[shard]) * self._bytes
            stop = start + (last - first) * self._bytes
            yield Run(self._shards[shard][1], start, stop)


def fetch_lists(folder: Path) -> Path:
    """Fetch what lists the examples of data/prepared/<split>; return the folder that has it now.

    Raises:
        UserError: dvc.lock knows no such folder, or the remote has not what it names.
    """
    here = FOLDER / folder.name
    for path, name in _listed(Path.cwd(), folder).items():
        copy = here / path
        if not path.startswith(SHARDS) and not (copy.is_file() and md5(copy.read_bytes()) == name):
            write_bytes(copy, Objects().whole(name))
    return here


def open_streamed(folder: Path) -> Streamed:
    """Open the pixels of data/prepared/<split> on the remote; `fetch_lists` comes before.

    Raises:
        UserError: as `fetch_lists`, or the shards are damaged.
    """
    listed = sorted(_listed(Path.cwd(), folder).items())
    checksums = np.load(FOLDER / folder.name / CHECKSUMS, mmap_mode="r", allow_pickle=False)
    try:
        shards = [one for one in listed if one[0].startswith(SHARDS)]
        return Streamed(folder, shards, checksums)
    except ValueError:
        raise UserError(
            f"the shards of {folder.name} on DVC's remote are damaged; delete them there and run "
            "'make push' where the data was prepared."
        ) from None


@cache
def _listed(_project: Path, folder: Path) -> dict[str, str]:
    """Return {path in the folder: hash} of what the run in dvc.lock prepared."""
    name = entries(parsed(_lock()), "prepare", "outs").get(folder.as_posix())
    if not name:
        raise UserError(
            f"{LOCK} does not know {folder.as_posix()}; run 'dvc repro prepare' and 'make push' "
            f"where the data is, and commit {LOCK}."
        )
    return listed_files(Objects().whole(name), folder.as_posix())


def _lock() -> str:
    try:
        return Path(LOCK).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{LOCK} is not there; restore it from Git.") from None
