"""From the content of a file to tokens, and the vocabulary of the training texts.

A token is stored as a hash of its text, so texts can be decoded one by one; the training texts
decide which tokens a network knows, and their numbers.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .example import Unreadable
from .fields import Arrays

PADDING, UNKNOWN, FIRST = 0, 1, 2  # numbers of a network's input; from FIRST on, the vocabulary


def read_text(content: bytes) -> str:
    """Return the text of a file in UTF-8, without surrounding white space.

    Raises:
        Unreadable: it is not UTF-8, or empty.
    """
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"line {line} is not in UTF-8") from None
    if not text:
        raise Unreadable("it has no text")
    return text


def pieces(text: str, unit: str) -> list[str]:
    """Return the tokens of a text: its characters if `unit` is "character", otherwise its words."""
    return list(text) if unit == "character" else text.split()


def token_row(tokens: Sequence[str], length: int) -> NDArray[np.int64]:
    """Return tokens as hashes from 1 on, [length], cut off or padded with 0."""
    row = np.zeros(length, dtype=np.int64)
    known = [_hashed(token) | 1 for token in tokens[:length]]
    row[: len(known)] = known
    return row


def trigrams(text: str, width: int) -> NDArray[np.float32]:
    """Return how often each group of three characters occurs, float32 [width].

    Groups whose hashes collide share a place (Weinberger et al., ICML 2009). For simple models.
    """
    counts = np.zeros(width, dtype=np.float32)
    around = f" {text} "
    groups = Counter(around[start : start + 3] for start in range(len(around) - 2))
    for group, count in groups.items():
        counts[_hashed(group) % width] += count
    return counts


@lru_cache(maxsize=2**16)
def _hashed(text: str) -> int:
    """A hash of a text, of 63 bits."""
    return int.from_bytes(hashlib.md5(text.encode()).digest()[:8], "big") >> 1


def fit_vocabulary(train: Iterator[Arrays], most: int) -> NDArray[np.int64]:
    """Return the most frequent tokens of the training texts, sorted, [v].

    Args:
        train: arrays with "tokens" of `token_row`, in batches of texts [b, length].
        most: the number of tokens, at most; among equally frequent ones, smaller hashes win.
    """
    counts = Counter[int]()
    for batch in train:
        counts.update(batch["tokens"].ravel().tolist())
    del counts[PADDING]
    chosen = sorted(counts, key=lambda token: (-counts[token], token))[:most]
    return np.array(sorted(chosen), dtype=np.int64)


def transform_tokens(tokens: NDArray[np.int64], vocabulary: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return a network's input for tokens [b, length]: their places in the vocabulary.

    They count from `FIRST`; other tokens are `UNKNOWN`, padding is `PADDING`.
    """
    places = np.searchsorted(vocabulary, tokens)
    known = vocabulary[places.clip(max=len(vocabulary) - 1)] == tokens
    numbers = np.where(known, places + FIRST, UNKNOWN)
    return np.where(tokens == PADDING, PADDING, numbers).astype(np.int32)
