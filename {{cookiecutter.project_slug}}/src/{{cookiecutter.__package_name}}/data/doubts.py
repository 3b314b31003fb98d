"""Labels that are probably wrong, by confident learning on out-of-fold predictions.

A model that has not seen a picture says what it shows; where it is surer of another class than it
is for that class's own pictures, the label is in doubt. Source: Northcutt, Jiang and Chuang,
Confident Learning, JAIR 2021, as their library cleanlab does it.
"""

import sqlite3
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ..config import Data
from .findings import Finding, shown
from .neighbours import Pixels
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
    catalogue: sqlite3.Connection, pixels: Pixels, out_of_fold: OutOfFold, data: Data
) -> Iterator[Finding]:
    """Yield a finding for each label in doubt, the most doubtful first.

    Args:
        catalogue: with the view `examples`.
        pixels: gives the pictures with some hashes.
        out_of_fold: the model, fitted on all folds but one, for each.
        data: how sure the model must be, and how many pictures it may see.
    """
    # By content, so that a picture is in the sample whatever comes or goes beside it.
    query = """SELECT md5, min(path), label FROM examples GROUP BY md5
               HAVING count(DISTINCT label) = 1 ORDER BY md5 LIMIT ?"""
    sample = catalogue.execute(query, (data.label_error_examples,)).fetchall()
    classes = sorted({label for _, _, label in sample})
    labels = np.array([classes.index(label) for _, _, label in sample], dtype=np.int64)
    folds = np.array([int(md5[-8:], 16) % FOLDS for md5, _, _ in sample], dtype=np.int64)
    if len(classes) < 2 or len(np.unique(folds)) < 2:
        return
    hashes = [md5 for md5, _, _ in sample]
    chunks = [hashes[start : start + CHUNK] for start in range(0, len(hashes), CHUNK)]
    images = np.concatenate([shrink(pixels(chunk), SIDE) for chunk in chunks])
    # Six decimals, as everywhere: what is below them must not decide.
    found = out_of_fold(images, labels, len(classes), folds).astype(np.float64).round(6)
    for row in _doubted(labels, found):
        md5, path, label = sample[row]
        other = int(found[row].argmax())
        if found[row, other] >= data.label_error:
            yield Finding(
                "label-error",
                _words(path, label, classes[other], found[row, other]),
                (path,),
                (md5,),
            )


def _doubted(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> list[int]:
    # Here, for it takes a second to import.
    from cleanlab.filter import find_label_issues

    rows = find_label_issues(labels, probabilities, filter_by="confident_learning", n_jobs=1)
    own = probabilities[np.arange(len(labels)), labels]
    return sorted(np.flatnonzero(rows).tolist(), key=lambda row: (own[row], row))


def _words(path: str, label: str, other: str, sure: float) -> str:
    return (
        f"{shown(path)}: labelled {shown(label)}, but looks like {shown(other)}, as a model is "
        f"{100 * sure:.1f} % sure; correct it in data/corrections.csv, or accept it."
    )
