"""Labels that are probably wrong, by confident learning on out-of-fold predictions.

A model that has not seen an example says what it shows; where it is surer of another class than it
is for that class's own examples, the label is in doubt. Source: Northcutt, Jiang and Chuang,
Confident Learning, JAIR 2021, as their library cleanlab does it.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ..core.sections import Data
from ..data.features import Seen
from ..data.findings import Finding, shown
from ..data.prepared import Example
from .sampled import Look, Sampled, folds_of, seen_of

# From what is seen of n examples, labels int64 [n], the number of classes and folds int64 [n] to
# probabilities float32 [n, classes] by models that have not seen the example's fold.
OutOfFold = Callable[[Seen, NDArray[np.int64], int, NDArray[np.int64]], NDArray[np.float32]]


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
    for row in doubted(labels, found):
        one, other = examples[row], int(found[row].argmax())
        if found[row, other] >= data.label_error:
            words = _words(one, classes[other], found[row, other])
            yield Finding("label-error", words, (one.path,), (one.md5,))


def doubted(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> list[int]:
    """Return where labels [n] are in doubt, by probabilities [n, classes], most doubtful first."""
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
