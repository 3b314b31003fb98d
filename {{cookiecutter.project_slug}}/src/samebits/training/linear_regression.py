"""Linear regression on cheap features: the simplest model that learns numbers.

Source: Bishop, Pattern Recognition and Machine Learning (2006), 3.1. By small steps, as softmax
regression: the normal equations are no faster for many features, and fit few examples too closely.
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..data.features import Seen
from ..data.targets import scale_of, standard
from . import linear_model
from .linear_model import Known, Linear, descend, given


def fit(seen: Known, targets: NDArray[np.float32]) -> Linear:
    """Return the model fitted to what is seen of n examples, with targets float32 [n] around 0."""
    return descend(seen, targets, 1, _errors)


def _errors(outputs: Tensor, targets: Tensor) -> Tensor:
    """The gradient of half the mean square by the outputs [b, 1]."""
    return (outputs - targets.unsqueeze(1)) / len(targets)


def numbers(model: Linear, seen: Known) -> NDArray[np.float32]:
    """Return what `model` says of n examples: [n]."""
    return given(model, seen, lambda outputs: outputs).numpy()[:, 0]


def out_of_fold(
    seen: Seen, truth: NDArray[np.float64], folds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return for each example the number [n] that a model says which has not seen its fold.

    Args:
        seen: pixels uint8 [n, c, h, w], or numbers float32 [n, f].
        truth: the true numbers [n], not all the same.
        folds: int64 [n], the fold of each example; there must be two or more.
    """
    middle, spread = scale_of(truth.tolist())

    def answer(known: Seen, targets: NDArray[np.float32], others: Seen) -> NDArray[np.float32]:
        return numbers(fit(known, targets), others)

    found = linear_model.out_of_fold(seen, standard(truth, (middle, spread)), folds, answer)
    return middle + spread * found.astype(np.float64)
