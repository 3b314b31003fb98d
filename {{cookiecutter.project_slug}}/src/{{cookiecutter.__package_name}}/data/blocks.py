"""Reads picture files in any number of processes, and keeps the decoded pixels in blocks.

A block is a file with the pixels of some hundred pictures, written whole or not at all by the
process that decoded them.
"""

import hashlib
import multiprocessing
import os
import threading
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..config import Data
from ..errors import UserError
from ..reproducibility.artifacts import write_bytes
from .decode import TooLarge, Unreadable, decode
from .raw import MISPLACED, Source
from .shrink import gists
from .storage import npy

BLOCK_PICTURES, BLOCK_BYTES = 512, 2**23
FILE_BYTES = 8  # of a pixel in a file, at most: four channels of 16 bits that are not compressed


class Facts(NamedTuple):
    """What is known of a picture file after it was read; of one with a `problem`, little.

    `brightness` is the mean of the pixels, 0 to 1, and `gist` that of parts, as `gists` makes it;
    the pixels stand in the block's file at `place` and have the CRC-32 `checksum`. `large` says
    that `data.megapixels` refuses it; `lost`, `more` and `used` are a `Picture`'s.
    """

    md5: str
    problem: str = ""
    large: bool = False
    format: str = ""
    width: int = 0
    height: int = 0
    mode: str = ""
    brightness: float = 0.0
    gist: bytes = b""
    block: str = ""
    place: int = 0
    checksum: int = 0
    lost: str = ""
    more: bool = False
    used: int = 0


# A picture to read, and the MD5 that its file had when it was last decoded, or "".
Task = tuple[Source, str]


class Reader:
    """Reads pictures below `raw`, decodes them for `data`, and writes their pixels to `folder`."""

    def __init__(self, raw: Path, folder: Path, data: Data) -> None:
        self.raw, self.folder, self.data = raw, folder, data
        each = data.channels * data.image_size**2
        self.most = max(1, min(BLOCK_PICTURES, BLOCK_BYTES // each))

    def __call__(self, tasks: list[Task]) -> list[Facts | None]:
        """Return what is known of each picture; None where the content is still what it was."""
        found: list[Facts | None] = []
        pixels: list[NDArray[np.uint8]] = []
        for source, before in tasks:
            facts, decoded = self._read(source, before)
            if facts is not None and decoded is not None:
                facts = facts._replace(place=len(pixels))
                pixels.append(decoded)
            found.append(facts)
        if not pixels:
            return found
        name = hashlib.md5("".join(one.md5 for one in found if one).encode()).hexdigest()
        block = np.stack(pixels)
        write_bytes(self.folder / f"{name}.npy", npy(block))
        seen = [gist.tobytes() for gist in gists(block)]
        return [
            one._replace(block=name, gist=seen[one.place]) if one and not one.problem else one
            for one in found
        ]

    def _read(self, source: Source, before: str) -> tuple[Facts | None, NDArray[np.uint8] | None]:
        if not source.label:
            return Facts("", MISPLACED), None
        most = self.data.megapixels
        if source.size > FILE_BYTES * most * 1e6 + 2**20:
            words = f"{source.size} bytes, more than data.megapixels, {most:g}, allows"
            return Facts("", words, large=True), None
        content = source.content(self.raw)
        md5 = hashlib.md5(content).hexdigest()
        if md5 == before:
            return None, None
        try:
            picture = decode(content, self.data)
        except MemoryError:
            raise UserError(
                f"{source.path}: there is too little memory here to decode it; close other "
                "programs, or lower runtime.workers or data.megapixels, and run it again."
            ) from None
        except TooLarge as error:
            return Facts(md5, str(error), large=True), None
        except Unreadable as error:
            return Facts(md5, f"not a readable picture ({error}); replace or remove it"), None
        pixels = np.ascontiguousarray(picture.pixels)
        facts = Facts(
            md5,
            format=picture.format,
            width=picture.width,
            height=picture.height,
            mode=picture.mode,
            brightness=int(pixels.sum(dtype=np.int64)) / (255 * pixels.size),
            checksum=zlib.crc32(pixels.tobytes()),
            lost=picture.lost,
            more=picture.more,
            used=picture.used,
        )
        return facts, pixels


def read_all(
    reader: Reader, blocks: Iterable[list[Task]], workers: int
) -> Iterator[tuple[list[Task], list[Facts | None]]]:
    """Yield each block of tasks with what was found, in their order, whatever the workers.

    Raises:
        UserError: a process has ended before its work was done.
    """
    if workers == 0:
        for block in blocks:
            yield block, reader(block)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _start_worker, (reader,))
    try:
        with pool:
            yield from _ahead(pool, blocks, 2 * workers)
    except BrokenProcessPool:
        raise UserError(
            "a process that decodes pictures has ended, perhaps for want of memory; lower "
            "runtime.workers and run 'dvc repro' again: it goes on where it stopped."
        ) from None


def _ahead(
    pool: ProcessPoolExecutor, blocks: Iterable[list[Task]], most: int
) -> Iterator[tuple[list[Task], list[Facts | None]]]:
    # `pool.map` would take in all blocks at once, and memory would grow with them.
    waiting = deque[tuple[list[Task], Future[list[Facts | None]]]]()
    for block in blocks:
        waiting.append((block, pool.submit(_read_in_worker, block)))
        if len(waiting) > most:
            first, future = waiting.popleft()
            yield first, future.result()
    while waiting:
        first, future = waiting.popleft()
        yield first, future.result()


# What each block needs again, kept by a worker from its start.
_here: list[Reader] = []


def _start_worker(reader: Reader) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _here.append(reader)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _read_in_worker(tasks: list[Task]) -> list[Facts | None]:
    return _here[0](tasks)
