"""A series of three channels, and which of its moments were measured."""

from dataclasses import dataclass

import numpy as np

from samebits.data import Decoded, Field, Unreadable
from samebits.params import number


@dataclass(frozen=True, kw_only=True)
class Input:
    """Section `input` of params.yaml."""

    length: int = number(1, 4096)  # moments


def fields(settings: Input) -> dict[str, Field]:
    """Return dtype and shape of each array that `decode` returns."""
    length = settings.length
    return {"series": Field("float32", (3, length)), "known": Field("bool", (length,))}


def decode(content: bytes, settings: Input) -> Decoded:
    """Decode the content of one file: 3 × length float32, then length bytes that are 0 or 1."""
    size = 12 * settings.length
    if len(content) != size + settings.length:
        raise Unreadable(f"{len(content)} bytes")
    series = np.frombuffer(content[:size], "<f4").reshape(3, -1)
    known = np.frombuffer(content[size:], np.uint8) == 1
    with np.errstate(over="ignore", invalid="ignore"):
        energy = float(np.nan_to_num(np.square(series).mean()))
    return Decoded({"known": known, "series": series}, {"energy": energy})
