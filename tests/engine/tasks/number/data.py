"""Rooms of a house: what is measured of it, from which its price follows."""

from dataclasses import dataclass

import numpy as np

from samebits.data import Decoded, Field, Unreadable
from samebits.params import number


@dataclass(frozen=True, kw_only=True)
class Input:
    """Section `input` of params.yaml."""

    columns: int = number(1, 64)


def fields(settings: Input) -> dict[str, Field]:
    """Return dtype and shape of each array that `decode` returns."""
    return {"measured": Field("float32", (settings.columns,))}


def decode(content: bytes, settings: Input) -> Decoded:
    """Decode a row: numbers with a comma between them."""
    try:
        measured = np.array(content.decode().split(","), dtype=np.float32)
    except ValueError:
        raise Unreadable("no row of numbers") from None
    if len(measured) != settings.columns:
        raise Unreadable(f"{len(measured)} numbers")
    return Decoded({"measured": measured}, {"area": float(measured[0])})
