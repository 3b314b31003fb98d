"""Decoded pictures kept by content, so that each is decoded once: a store beside the outputs.

It holds blocks of some hundred pictures. A process writes a block whole or not at all, so a killed
run goes on behind its last block, and new data costs the decoding of what is new. Nothing in it
decides a result: without it everything is decoded again, to the same pixels.
"""

import hashlib
import multiprocessing
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray
from tqdm import tqdm

from ..config import Data
from ..errors import UserError
from ..reproducibility.artifacts import write_bytes
from . import decode as decoder
from .storage import npy

BLOCK = 512  # pictures


class Store:
    """The decoded pictures in a folder, found by the MD5 of their files.

    Args:
        root: where all stores lie.
        data: what the pixels are made for; with the decoder's code and version it names the store.
    """

    def __init__(self, root: Path, data: Data) -> None:
        code = Path(decoder.__file__).read_bytes()
        made_for = f"{data.image_size} {data.channels} {PIL.__version__} ".encode() + code
        self.root = root
        self.folder = root / hashlib.sha256(made_for).hexdigest()[:16]
        self._paths: list[Path] = []
        self._blocks: list[NDArray[np.void]] = []
        for path in sorted(self.folder.glob("*.npy")):
            block = _opened(path)
            if block is not None:
                self._paths.append(path)
                self._blocks.append(block)
        names = [np.empty(0, dtype="S32"), *(block["md5"] for block in self._blocks)]
        lengths = [len(block) for block in self._blocks]
        # Sorted arrays take a tenth of the memory of a dictionary.
        md5 = np.concatenate(names)
        order = np.argsort(md5, kind="stable")
        self._md5 = md5[order]
        self._block = np.repeat(np.arange(len(lengths)), lengths)[order]
        self._row = np.concatenate([np.empty(0, np.int64), *map(np.arange, lengths)])[order]

    def __contains__(self, md5: str) -> bool:
        place = np.searchsorted(self._md5, md5.encode())
        return bool(place < len(self._md5) and self._md5[place] == md5.encode())

    def pictures(self, md5: Sequence[str]) -> NDArray[np.uint8]:
        """Return the pictures with these hashes, uint8 [n, c, h, w]; all of them must be here."""
        places = np.searchsorted(self._md5, np.array(md5, dtype="S32"))
        found = zip(self._block[places], self._row[places], strict=True)
        return np.stack([self._blocks[block]["pixels"][row] for block, row in found])

    def sizes(self, md5: Sequence[str]) -> NDArray[np.int32]:
        """Return (width, height) of the picture files with these hashes, int32 [n, 2]."""
        places = np.searchsorted(self._md5, np.array(md5, dtype="S32"))
        found = zip(self._block[places], self._row[places], strict=True)
        return np.array([self._blocks[block]["size"][row] for block, row in found])

    def keep_only(self, md5: Sequence[str]) -> None:
        """Remove the blocks that hold none of these, and what was decoded in other ways."""
        wanted = np.array(md5, dtype="S32")
        used = {
            path
            for path, block in zip(self._paths, self._blocks, strict=True)
            if np.isin(block["md5"], wanted).any()
        }
        for path in sorted(self.folder.iterdir()):
            if path not in used:
                path.unlink()
        for path in sorted(self.root.iterdir()):
            if path != self.folder:
                shutil.rmtree(path)


def decode_new(
    files: Sequence[Path], root: Path, data: Data, workers: int
) -> tuple[list[str], int]:
    """Decode into the store at `root` each file whose content it lacks.

    Args:
        files: the pictures.
        root: where stores lie.
        data: the shape to decode to.
        workers: processes that decode; 0 decodes in this one. The pixels are the same.

    Returns:
        The MD5 of each file, and how many pictures were decoded.

    Raises:
        UserError: a process has ended before its work was done.
    """
    blocks = [files[start : start + BLOCK] for start in range(0, len(files), BLOCK)]
    md5: list[str] = []
    decoded = 0
    with tqdm(total=len(files), desc="prepare", unit=" pictures", disable=None, leave=False) as bar:
        for names, new in _results(blocks, root, data, workers):
            md5 += names
            decoded += new
            bar.update(len(names))
    return md5, decoded


def _results(
    blocks: Sequence[Sequence[Path]], root: Path, data: Data, workers: int
) -> Iterator[tuple[list[str], int]]:
    if workers == 0:
        yield from map(partial(_decode_block, Store(root, data), data), blocks)
        return
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), _start_worker, (root, data)
    )
    try:
        with pool:
            yield from pool.map(_decode_in_worker, blocks)
    except BrokenProcessPool:
        raise UserError(
            "a process that decodes pictures has ended, perhaps for want of memory; lower "
            "runtime.workers and run 'dvc repro' again: it goes on where it stopped."
        ) from None


# What each block needs again, kept by a worker from its start.
_here: list[tuple[Store, Data]] = []


def _start_worker(root: Path, data: Data) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _here.append((Store(root, data), data))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _decode_in_worker(files: Sequence[Path]) -> tuple[list[str], int]:
    store, data = _here[0]
    return _decode_block(store, data, files)


def _decode_block(store: Store, data: Data, files: Sequence[Path]) -> tuple[list[str], int]:
    names: list[str] = []
    new: dict[str, tuple[tuple[int, int], NDArray[np.uint8]]] = {}
    for path in files:
        content = path.read_bytes()
        md5 = hashlib.md5(content).hexdigest()
        names.append(md5)
        if md5 not in store and md5 not in new:
            new[md5] = decoder.decode(content, data)
    if new:
        shape = (data.channels, data.image_size, data.image_size)
        fields = [("md5", "S32"), ("size", np.int32, 2), ("pixels", np.uint8, shape)]
        block = np.empty(len(new), dtype=fields)
        block["md5"] = list(new)
        block["size"], block["pixels"] = zip(*new.values(), strict=True)
        name = hashlib.md5("".join(new).encode()).hexdigest()
        write_bytes(store.folder / f"{name}.npy", npy(block))
    return names, len(new)


def _opened(path: Path) -> NDArray[np.void] | None:
    """Map a block; None for one that is damaged, whose pictures are decoded again."""
    try:
        block: NDArray[np.void] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError):
        return None
    return block if block.dtype.names == ("md5", "size", "pixels") else None
