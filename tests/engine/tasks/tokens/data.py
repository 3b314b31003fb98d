"""A text of letters as whole numbers, 0 behind its end."""

from dataclasses import dataclass

import numpy as np

from samebits.data import Decoded, Field, Unreadable
from samebits.params import number


@dataclass(frozen=True, kw_only=True)
class Input:
    """Section `input` of params.yaml."""

    length: int = number(1, 4096)  # letters; of longer texts the first count


def fields(settings: Input) -> dict[str, Field]:
    """Return dtype and shape of each array that `decode` returns."""
    return {"tokens": Field("int32", (settings.length,))}


def decode(content: bytes, settings: Input) -> Decoded:
    """Decode the content of one file."""
    letters = [letter - 96 for letter in content if 97 <= letter <= 122][: settings.length]
    if not letters:
        raise Unreadable("no letter")
    tokens = np.zeros(settings.length, np.int32)
    tokens[: len(letters)] = letters
    return Decoded({"tokens": tokens}, {"letters": len(letters)})
