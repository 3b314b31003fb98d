"""The decoded arrays of the examples in the catalogue."""

import zlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fields import Arrays, record
from .index import Catalogue, Place

OPEN_BLOCKS = 64


class DamagedBlock(Exception):
    """The block of this name has changed since it was written."""


class DecodeCache:
    """Reads examples from blocks; the latest stay mapped."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._record = record(catalogue.decoder.fields)
        self._open = OrderedDict[str, NDArray[Any]]()

    def __call__(self, places: Sequence[Place]) -> Arrays:
        """Return the arrays [n, ...] of the examples at `places`.

        Raises:
            DamagedBlock: a block was changed since it was written.
        """
        rows = np.frombuffer(b"".join(map(self.row, places)), self._record)
        return {name: rows[name] for name in self._catalogue.decoder.fields}

    def row(self, place: Place) -> bytes:
        """Return an example as a row of type `fields.record`; raises as `__call__`."""
        block = self._open.get(place.block)
        if block is None:
            block = self._mapped(place.block)
        row: bytes = block[place.place].tobytes()
        if zlib.crc32(row) != place.checksum:
            raise DamagedBlock(place.block)
        return row

    def _mapped(self, name: str) -> NDArray[Any]:
        if len(self._open) >= OPEN_BLOCKS:
            self._open.popitem(last=False)
        try:
            mapped = np.load(self._catalogue.block(name), mmap_mode="r", allow_pickle=False)
        except (FileNotFoundError, ValueError, EOFError):
            raise DamagedBlock(name) from None
        self._open[name] = mapped.view(np.ndarray)
        return self._open[name]
