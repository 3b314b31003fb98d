"""Labels that are probably wrong, by confident learning on out-of-fold predictions.

A model that has not seen a picture says what it shows; where it is surer of another class than it
is for that class's own pictures, the label is in doubt. Source: Northcutt, Jiang and Chuang,
Confident Learning, JAIR 2021, as their library cleanlab does it.
"""

import sqlite3
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..config import Data
from .findings import Finding, shown
from .neighbours import Look
from .pixels import Place
from .shrink import shrink

FOLDS = 5
SIDE = 32  # pixels a side that the model sees; keeps the memory small
CHUNK = 512

# From images uint8 [n, c, h, w], labels int64 [n], the number of classes and folds int64 [n] to
# probabilities float32 [n, classes] by models that have not seen the image's fold.
OutOfFold = Callable[
    [NDArray[np.uint8], NDArray[np.int64], int, NDArray[np.int64]], NDArray[np.float32]
]


def label_findings(
    database: sqlite3.Connection, pixels: Look, out_of_fold: OutOfFold, data: Data
) -> Iterator[Finding]:
    """Yield a finding for each label in doubt, the most doubtful first.

    Args:
        database: that of a catalogue, with the view `examples`.
        pixels: gives the pictures at some places.
        out_of_fold: the model, fitted on all folds but one, for each.
        data: how sure the model must be, and how many pictures it may see.
    """
    sample = _sample(database, data.label_error_examples)
    classes = sorted({one.label for one in sample})
    labels = np.array([classes.index(one.label) for one in sample], dtype=np.int64)
    # By other digits than those that chose the sample.
    folds = np.array([int(one.md5[-8:], 16) % FOLDS for one in sample], dtype=np.int64)
    if len(classes) < 2 or len(np.unique(folds)) < 2:
        return
    chunks = [sample[start : start + CHUNK] for start in range(0, len(sample), CHUNK)]
    images = np.concatenate(
        [shrink(pixels([one.place for one in chunk]), SIDE) for chunk in chunks]
    )
    # Six decimals, as everywhere: what is below them must not decide.
    found = out_of_fold(images, labels, len(classes), folds).astype(np.float64).round(6)
    for row in _doubted(labels, found):
        one, other = sample[row], int(found[row].argmax())
        if found[row, other] >= data.label_error:
            words = _words(one, classes[other], found[row, other])
            yield Finding("label-error", words, (one.path,), (one.md5,))


class _Example(NamedTuple):
    md5: str
    path: str
    label: str
    place: Place


def _sample(database: sqlite3.Connection, most: int) -> list[_Example]:
    """Return pictures by content, so that one stays in the sample when others come or go."""
    query = """SELECT md5, min(path), label, block, place, checksum FROM examples GROUP BY md5
               HAVING count(DISTINCT label) = 1 ORDER BY md5 LIMIT ?"""
    rows = database.execute(query, (most,))
    # In the order of the paths, for so the pixels lie.
    return sorted(
        (_Example(md5, path, label, Place(*place)) for md5, path, label, *place in rows),
        key=lambda one: one.path,
    )


def _doubted(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> list[int]:
    # Here, for it takes a second to import.
    from cleanlab.filter import find_label_issues

    rows = find_label_issues(labels, probabilities, filter_by="confident_learning", n_jobs=1)
    own = probabilities[np.arange(len(labels)), labels]
    return sorted(np.flatnonzero(rows).tolist(), key=lambda row: (own[row], row))


def _words(one: _Example, other: str, sure: float) -> str:
    return (
        f"{shown(one.path)}: labelled {shown(one.label)}, but looks like {shown(other)}, as a "
        f"model is {100 * sure:.1f} % sure; correct it in data/corrections.csv, or accept it."
    )
