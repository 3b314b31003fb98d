"""A classifier's outputs: probabilities, checked before anything is computed from them."""

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from .sums import Labels

Probabilities = NDArray[np.floating]

SUM_TOLERANCE = 1e-3  # 1,000 classes, each rounded to six decimals, stay within it


def predicted(probabilities: Probabilities) -> Labels:
    """Return the most probable class of each row as int64 `[n]`; of ties, the first."""
    return np.asarray(probabilities.argmax(axis=1), dtype=np.int64)


def check(labels: Labels, probabilities: Probabilities) -> None:
    """Raise a `UserError` unless labels `[n]` and probabilities `[n, k]` can be scored."""
    if probabilities.ndim != 2 or labels.ndim != 1 or len(labels) != len(probabilities):
        raise UserError(
            "labels and probabilities do not match: expected shapes [n] and [n, classes], "
            f"got {list(labels.shape)} and {list(probabilities.shape)}"
        )
    count, classes = probabilities.shape
    if classes < 2:
        raise UserError(f"a classifier needs at least two classes; the predictions have {classes}")
    if count == 0:
        raise UserError("there are no examples to score; give the data set at least one")
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() >= classes:
        raise UserError(f"labels must be whole numbers from 0 to {classes - 1}, one for each class")
    _check_rows(probabilities)


def _check_rows(probabilities: Probabilities) -> None:
    broken = int((~np.isfinite(probabilities)).any(axis=1).sum())
    if broken:
        raise UserError(
            f"{broken} of {len(probabilities)} predictions are NaN or infinite: the model has "
            "diverged or its file is damaged; train it again with a lower learning rate"
        )
    outside = (probabilities < 0) | (probabilities > 1 + SUM_TOLERANCE)
    sums = probabilities.sum(axis=1, dtype=np.float64)
    wrong = outside.any(axis=1) | (np.abs(sums - 1) > SUM_TOLERANCE)
    if wrong.any():
        row = int(wrong.argmax())
        raise UserError(
            f"row {row} of the predictions is not a set of probabilities: they must lie between "
            f"0 and 1 and sum to one (this row sums to {sums[row]:.6g}); apply softmax first"
        )
