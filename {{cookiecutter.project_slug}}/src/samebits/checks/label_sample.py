"""The sample of examples whose answers a model checks, and the features that it uses."""

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
MOST_PROBABILITIES = 10_000_000  # of all examples and classes together, to fit in memory

# Returns the decoded arrays of the examples at places.
Look = Callable[[Sequence[Place]], Arrays]


# An example whose label is checked, and the place of its arrays.
Sampled = tuple[Example, Place]


def sample(
    database: sqlite3.Connection, data: Data, *, classes: int, words: bool = True
) -> list[Sampled]:
    """Return the examples whose labels are checked, ordered by path.

    They are chosen by content, so an example stays in the sample when others come or go. There are
    at most `data.label_error_examples`, and fewer with very many `classes` (0 if the target has
    none). Copies whose answers differ are left out if answers are `words`; if they are files, they
    are part of the content.
    """
    most = data.label_error_examples
    most = min(most, MOST_PROBABILITIES // classes) if classes else most
    alike = "HAVING count(DISTINCT label) = 1" if words else ""
    query = f"""SELECT md5, min(path), label, block, place, checksum FROM examples GROUP BY md5
                {alike} ORDER BY md5 LIMIT ?"""
    rows = database.execute(query, (most,))
    candidates = (
        (Example(path, label, md5, "", {}), Place(*place)) for md5, path, label, *place in rows
    )
    # In the order of the paths, which is that of the stored arrays.
    return sorted(candidates, key=lambda entry: entry[0].path)


def folds_of(sampled: list[Sampled]) -> NDArray[np.int64]:
    """Return the fold of each example [n], by other digits of its hash than chose the sample."""
    return np.array([int(example.md5[-8:], 16) % FOLDS for example, _ in sampled], dtype=np.int64)


def seen_of(sampled: list[Sampled], look: Look) -> Seen:
    """Return the features of the examples, at least one, for a cheap model."""
    places = [place for _, place in sampled]
    chunks = [places[start : start + CHUNK] for start in range(0, len(places), CHUNK)]
    return np.concatenate([features(look(chunk)) for chunk in chunks])


def look_of(catalogue: Catalogue, cache: DecodeCache, sampled: Sequence[Sampled]) -> Look:
    """Return a function from places to arrays, with what the project fits on the sample applied."""
    fitting = catalogue.decoder.fitting
    if fitting is None or not sampled:
        return cache
    places = [place for _, place in sampled]
    starts = range(0, len(places), CHUNK)
    fitted = fitting.learn(cache(places[start : start + CHUNK]) for start in starts)
    return lambda at: fitted(cache(at))
