"""The examples whose answers are looked at with a model, and what is seen of them."""

import sqlite3
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..core.sections import Data
from ..data.decode_cache import DecodeCache
from ..data.features import Seen, features
from ..data.fields import Arrays
from ..data.index import Catalogue, Place
from ..data.prepared import Example

FOLDS = 5
CHUNK = 512
MOST_PROBABILITIES = 10_000_000  # of all examples and classes together, so that memory holds them

# The decoded arrays of the examples at some places.
Look = Callable[[Sequence[Place]], Arrays]


# Whose label is looked at, and where its arrays are.
Sampled = tuple[Example, Place]


def sample(
    database: sqlite3.Connection, data: Data, *, classes: int, words: bool = True
) -> list[Sampled]:
    """Return the examples whose labels are looked at, in the order of their paths.

    They are chosen by content, so that one stays in the sample when others come or go; there are
    `data.label_error_examples` at most, and fewer where labels are of very many `classes`; of none
    there are 0. Of copies whose answers differ none is looked at, where these are `words`; where
    they are files, these are part of the content.
    """
    most = data.label_error_examples
    most = min(most, MOST_PROBABILITIES // classes) if classes else most
    alike = "HAVING count(DISTINCT label) = 1" if words else ""
    query = f"""SELECT md5, min(path), label, block, place, checksum FROM examples GROUP BY md5
                {alike} ORDER BY md5 LIMIT ?"""
    rows = database.execute(query, (most,))
    found = (
        (Example(path, label, md5, "", {}), Place(*place)) for md5, path, label, *place in rows
    )
    # In the order of the paths, for so the arrays lie.
    return sorted(found, key=lambda one: one[0].path)


def folds_of(sampled: list[Sampled]) -> NDArray[np.int64]:
    """Return the fold of each example [n], by other digits than those that chose the sample."""
    return np.array([int(one.md5[-8:], 16) % FOLDS for one, _ in sampled], dtype=np.int64)


def seen_of(sampled: list[Sampled], look: Look) -> Seen:
    """Return what a cheap model sees of the examples, at least one."""
    places = [place for _, place in sampled]
    chunks = [places[start : start + CHUNK] for start in range(0, len(places), CHUNK)]
    return np.concatenate([features(look(chunk)) for chunk in chunks])


def look_of(catalogue: Catalogue, cache: DecodeCache, sampled: Sequence[Sampled]) -> Look:
    """Return what gives the arrays at some places, with what the project learns of the sample."""
    fitting = catalogue.decoder.fitting
    if fitting is None or not sampled:
        return cache
    places = [place for _, place in sampled]
    starts = range(0, len(places), CHUNK)
    fitted = fitting.learn(cache(places[start : start + CHUNK]) for start in starts)
    return lambda at: fitted(cache(at))
