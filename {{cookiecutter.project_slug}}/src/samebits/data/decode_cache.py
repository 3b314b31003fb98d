"""The prepared pixels of pictures that the catalogue knows."""

import zlib
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .index import Catalogue, Place

OPEN_BLOCKS = 64


class DamagedBlock(Exception):
    """The block of this name does not hold what was written to it."""


class Pixels:
    """Reads pixels from blocks, of which the latest are kept mapped."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._open = OrderedDict[str, NDArray[np.uint8]]()

    def __call__(self, places: Sequence[Place]) -> NDArray[np.uint8]:
        """Return the pictures at some places, at least one, as uint8 [n, c, h, w].

        Raises:
            DamagedBlock: a block was changed since it was written.
        """
        return np.stack([self._one(place) for place in places])

    def _one(self, wanted: Place) -> NDArray[np.uint8]:
        block = self._open.get(wanted.block)
        if block is None:
            block = self._mapped(wanted.block)
        pixels: NDArray[np.uint8] = block[wanted.place]
        if zlib.crc32(pixels.tobytes()) != wanted.checksum:
            raise DamagedBlock(wanted.block)
        return pixels

    def _mapped(self, name: str) -> NDArray[np.uint8]:
        if len(self._open) >= OPEN_BLOCKS:
            self._open.popitem(last=False)
        try:
            mapped = np.load(self._catalogue.block(name), mmap_mode="r", allow_pickle=False)
        except (FileNotFoundError, ValueError, EOFError):
            raise DamagedBlock(name) from None
        self._open[name] = mapped.view(np.ndarray)
        return self._open[name]
