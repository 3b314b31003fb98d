"""Labels that are probably wrong, by confident learning on out-of-fold predictions.

A model predicts examples that it was not trained on; where it is more confident of another class
than it is on average for that class's own examples, the label is in doubt. Source: Northcutt, Jiang
and Chuang, Confident Learning, JAIR 2021, as implemented in their library cleanlab.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ..core.sections import Data
from ..data.features import Seen
from ..data.findings import DataFinding, shown
from ..data.prepared import Example
from .label_sample import Look, Sampled, folds_of, seen_of

# From the features of n examples, labels int64 [n], the number of classes and folds int64 [n] to
# probabilities float32 [n, classes] by models that were not trained on the example's fold.
OutOfFold = Callable[[Seen, NDArray[np.int64], int, NDArray[np.int64]], NDArray[np.float32]]


def label_findings(
    sampled: list[Sampled], look: Look, out_of_fold: OutOfFold, data: Data
) -> Iterator[DataFinding]:
    """Yield a finding for each doubtful label, the most doubtful first.

    Args:
        sampled: the examples to check.
        look: returns the arrays at places.
        out_of_fold: the model, fitted once for each fold, on the other folds.
        data: how confident the model must be.
    """
    examples = [example for example, _ in sampled]
    classes = sorted({example.label for example in examples})
    numbers = {name: number for number, name in enumerate(classes)}
    labels = np.array([numbers[example.label] for example in examples], dtype=np.int64)
    folds = folds_of(sampled)
    if len(classes) < 2 or len(np.unique(folds)) < 2:
        return
    features = seen_of(sampled, look)
    # Six decimals, as everywhere: the last bits must not decide.
    probabilities = out_of_fold(features, labels, len(classes), folds).astype(np.float64).round(6)
    for row in doubted(labels, probabilities):
        example, likely = examples[row], int(probabilities[row].argmax())
        if probabilities[row, likely] >= data.label_error:
            words = _words(example, classes[likely], probabilities[row, likely])
            yield DataFinding("label-error", words, (example.path,), (example.md5,))


def doubted(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> list[int]:
    """Return where labels [n] are doubtful, by probabilities [n, classes], most doubtful first."""
    # Imported here, since it takes a second.
    from cleanlab.filter import find_label_issues

    rows = find_label_issues(labels, probabilities, filter_by="confident_learning", n_jobs=1)
    own = probabilities[np.arange(len(labels)), labels]
    return sorted(np.flatnonzero(rows).tolist(), key=lambda row: (own[row], row))


def _words(example: Example, other: str, sure: float) -> str:
    return (
        f"{shown(example.path)}: labelled {shown(example.label)}, but a model is "
        f"{100 * sure:.1f} % sure that it is {shown(other)}; correct it in data/corrections.csv, "
        "or accept it."
    )
