"""Labels that are probably wrong, by confident learning on out-of-fold predictions.

A model that has not seen a picture says what it shows; where it is surer of another class than it
is for that class's own pictures, the label is in doubt. Source: Northcutt, Jiang and Chuang,
Confident Learning, JAIR 2021, as their library cleanlab does it.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..core.sections import Data
from ..data.features import Seen, features
from ..data.fields import Arrays
from ..data.findings import Finding, shown
from ..data.index import Place
from ..data.shards import Example

FOLDS = 5
CHUNK = 512
MOST_PROBABILITIES = 10_000_000  # of all examples and classes together, for the same reason

# From what is seen of n examples, labels int64 [n], the number of classes and folds int64 [n] to
# probabilities float32 [n, classes] by models that have not seen the example's fold.
OutOfFold = Callable[[Seen, NDArray[np.int64], int, NDArray[np.int64]], NDArray[np.float32]]
# The decoded arrays of the examples at some places.
Look = Callable[[Sequence[Place]], Arrays]


# Whose label is looked at, and where its arrays are.
Sampled = tuple[Example, Place]


def sample(database: sqlite3.Connection, data: Data, *, classes: bool = True) -> list[Sampled]:
    """Return the examples whose labels are looked at, in the order of their paths.

    They are chosen by content, so that one stays in the sample when others come or go; there are
    `data.label_error_examples` at most, and fewer where labels are of very many `classes`.
    """
    (count,) = database.execute("SELECT count(DISTINCT label) FROM examples").fetchone()
    most = data.label_error_examples
    most = min(most, MOST_PROBABILITIES // max(count, 1)) if classes else most
    query = """SELECT md5, min(path), label, block, place, checksum FROM examples GROUP BY md5
               HAVING count(DISTINCT label) = 1 ORDER BY md5 LIMIT ?"""
    rows = database.execute(query, (most,))
    found = (
        (Example(path, label, md5, "", {}), Place(*place)) for md5, path, label, *place in rows
    )
    # In the order of the paths, for so the arrays lie.
    return sorted(found, key=lambda one: one[0].path)


def label_findings(
    sampled: list[Sampled], look: Look, out_of_fold: OutOfFold, data: Data
) -> Iterator[Finding]:
    """Yield a finding for each label in doubt, the most doubtful first.

    Args:
        sampled: the examples to look at.
        look: gives the arrays at some places.
        out_of_fold: the model, fitted on all folds but one, for each.
        data: how sure the model must be.
    """
    examples = [one for one, _ in sampled]
    classes = sorted({one.label for one in examples})
    numbers = {name: number for number, name in enumerate(classes)}
    labels = np.array([numbers[one.label] for one in examples], dtype=np.int64)
    folds = folds_of(sampled)
    if len(classes) < 2 or len(np.unique(folds)) < 2:
        return
    seen = seen_of(sampled, look)
    # Six decimals, as everywhere: what is below them must not decide.
    found = out_of_fold(seen, labels, len(classes), folds).astype(np.float64).round(6)
    for row in _doubted(labels, found):
        one, other = examples[row], int(found[row].argmax())
        if found[row, other] >= data.label_error:
            words = _words(one, classes[other], found[row, other])
            yield Finding("label-error", words, (one.path,), (one.md5,))


def folds_of(sampled: list[Sampled]) -> NDArray[np.int64]:
    """Return the fold of each example [n], by other digits than those that chose the sample."""
    return np.array([int(one.md5[-8:], 16) % FOLDS for one, _ in sampled], dtype=np.int64)


def seen_of(sampled: list[Sampled], look: Look) -> Seen:
    """Return what a cheap model sees of the examples, at least one."""
    places = [place for _, place in sampled]
    chunks = [places[start : start + CHUNK] for start in range(0, len(places), CHUNK)]
    return np.concatenate([features(look(chunk)) for chunk in chunks])


def _doubted(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> list[int]:
    # Here, for it takes a second to import.
    from cleanlab.filter import find_label_issues

    rows = find_label_issues(labels, probabilities, filter_by="confident_learning", n_jobs=1)
    own = probabilities[np.arange(len(labels)), labels]
    return sorted(np.flatnonzero(rows).tolist(), key=lambda row: (own[row], row))


def _words(one: Example, other: str, sure: float) -> str:
    return (
        f"{shown(one.path)}: labelled {shown(one.label)}, but looks like {shown(other)}, as a "
        f"model is {100 * sure:.1f} % sure; correct it in data/corrections.csv, or accept it."
    )
