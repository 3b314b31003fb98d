"""Decodes examples in any number of processes, and keeps their arrays in blocks.

A block is a file with the arrays of some hundred examples, each a row of type `fields.record`. The
process that decoded them writes it atomically.
"""

import hashlib
import json
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

from ..console.errors import UserError
from ..core.files import write_bytes
from ..core.resize import gists
from .decoder import Decoder
from .example import TooLarge, Unreadable
from .fields import image_of, record
from .readers import Reader
from .shard_writer import npy
from .source import Source

BLOCK_EXAMPLES, BLOCK_BYTES = 512, 2**23
FILE_BYTES = 8  # of a pixel in a file, at most: four uncompressed channels of 16 bits


class Known(NamedTuple):
    """What is known of an example after it was read; very little if it has a `problem`.

    `rule` names the rule of findings.py that refuses it. `facts` are those of `decode`, as JSON.
    The arrays are row `place` of the file of `block`, with the CRC-32 `checksum`; `gist` is that of
    the image among them, if there is one.
    """

    md5: str
    problem: str = ""
    rule: str = ""
    facts: str = "{}"
    gist: bytes = b""
    block: str = ""
    place: int = 0
    checksum: int = 0


# An example to decode, and the MD5 of its content when it was last decoded, or "".
Job = tuple[Source, str]


class Decoding:
    """Reads examples below `raw`, decodes them, and writes their arrays to `folder`."""

    def __init__(self, raw: Path, folder: Path, decoder: Decoder, reader: Reader) -> None:
        self.raw, self.folder, self.decoder, self.reader = raw, folder, decoder, reader
        self.record = record(decoder.fields)
        self.most = max(1, min(BLOCK_EXAMPLES, BLOCK_BYTES // self.record.itemsize))

    def __call__(self, jobs: list[Job]) -> list[Known | None]:
        """Return what is known of each example; None if its content has not changed."""
        known: list[Known | None] = []
        rows: list[bytes] = []
        for source, before in jobs:
            facts, row = self._read(source, before)
            if facts is not None and row is not None:
                facts = facts._replace(place=len(rows))
                rows.append(row)
            known.append(facts)
        if not rows:
            return known
        name = hashlib.md5("".join(facts.md5 for facts in known if facts).encode()).hexdigest()
        block = np.frombuffer(b"".join(rows), self.record)
        write_bytes(self.folder / f"{name}.npy", npy(block))
        image = image_of(self.decoder.fields)
        seen = [gist.tobytes() for gist in gists(block[image])] if image else [b""] * len(rows)
        return [
            facts
            if not facts or facts.problem
            else facts._replace(block=name, gist=seen[facts.place])
            for facts in known
        ]

    def _read(self, source: Source, before: str) -> tuple[Known | None, bytes | None]:
        if source.rule:
            return Known("", source.problem, source.rule), None
        most, size = self.decoder.data.megapixels, self.reader.size(source)
        if self.decoder.images and size > FILE_BYTES * most * 1e6 + 2**20:
            return _too_large("", f"{size} bytes, more than data.megapixels, {most:g}, allows")
        content = self.reader.content(source, self.raw)
        md5 = self.reader.md5(content)
        if md5 == before:
            return None, None
        try:
            decoded = self.decoder(content)
        except MemoryError:
            most_pixels = " or data.megapixels" if self.decoder.images else ""
            raise UserError(
                f"{source.path}: there is too little memory here to decode it; close other "
                f"programs, or lower runtime.workers{most_pixels}, and run it again."
            ) from None
        except TooLarge as error:
            return _too_large(md5, str(error))
        except Unreadable as error:
            if not content:
                words = "the file has zero bytes; get it again or remove it"
                return Known(md5, words, "empty-file"), None
            words = f"not a readable example ({error}); replace or remove it"
            return Known(md5, words, "unreadable"), None
        row = b"".join(array.tobytes() for array in decoded.arrays.values())
        facts = json.dumps(decoded.facts, default=float)  # also converts NumPy's numbers
        return Known(md5, facts=facts, checksum=zlib.crc32(row)), row


def _too_large(md5: str, why: str) -> tuple[Known, None]:
    words = f"{why}; make it smaller, or raise that limit if the size is intended"
    return Known(md5, words, "too-large"), None


def decode_all(
    decoding: Decoding, blocks: Iterable[list[Job]], workers: int
) -> Iterator[tuple[list[Job], list[Known | None]]]:
    """Yield each block of jobs with what is known of them, in order, for any number of workers.

    Raises:
        UserError: a process ended before its work was done.
    """
    if workers == 0:
        for block in blocks:
            yield block, decoding(block)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _start_worker, (decoding,))
    try:
        with pool:
            yield from _ahead(pool, blocks, 2 * workers)
    except BrokenProcessPool:
        raise UserError(
            "a process that decodes examples has ended, probably out of memory; lower "
            "runtime.workers and run 'dvc repro' again: it resumes where it stopped."
        ) from None


def _ahead(
    pool: ProcessPoolExecutor, blocks: Iterable[list[Job]], most: int
) -> Iterator[tuple[list[Job], list[Known | None]]]:
    # `pool.map` would read all blocks at once, and memory would grow with their number.
    waiting = deque[tuple[list[Job], Future[list[Known | None]]]]()
    for block in blocks:
        waiting.append((block, pool.submit(_decode_in_worker, block)))
        if len(waiting) > most:
            first, future = waiting.popleft()
            yield first, future.result()
    while waiting:
        first, future = waiting.popleft()
        yield first, future.result()


# The `Decoding` of this worker, kept for all of its blocks.
_here: list[Decoding] = []


def _start_worker(decoding: Decoding) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _here.append(decoding)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _decode_in_worker(jobs: list[Job]) -> list[Known | None]:
    return _here[0](jobs)
