"""Linear regression on cheap features: the simplest model that learns numbers.

Source: Bishop, Pattern Recognition and Machine Learning (2006), 3.1. Fitted by small steps, as
softmax regression is: with many features the normal equations are no faster, and they overfit few
examples.
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..data.features import Seen
from ..data.targets import scale_of, standard
from . import linear_model
from .linear_model import Known, Linear, descend, given


def fit(seen: Known, targets: NDArray[np.float32]) -> Linear:
    """Return the model fitted to the features of n examples, with targets float32 [n] around 0."""
    return descend(seen, targets, 1, _errors)


def _errors(outputs: Tensor, targets: Tensor) -> Tensor:
    """The gradient of half the mean squared error with respect to the outputs [b, 1]."""
    return (outputs - targets.unsqueeze(1)) / len(targets)


def numbers(model: Linear, seen: Known) -> NDArray[np.float32]:
    """Return the numbers [n] that `model` predicts for n examples."""
    return given(model, seen, lambda outputs: outputs).numpy()[:, 0]


def out_of_fold(
    seen: Seen, truth: NDArray[np.float64], folds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return, for each example, the number [n] from a model that has not seen its fold.

    Args:
        seen: pixels uint8 [n, c, h, w], or numbers float32 [n, f].
        truth: the true numbers [n], not all the same.
        folds: int64 [n], the fold of each example; there must be two or more.
    """
    middle, spread = scale_of(truth.tolist())

    def answer(known: Seen, targets: NDArray[np.float32], others: Seen) -> NDArray[np.float32]:
        return numbers(fit(known, targets), others)

    standardised = linear_model.out_of_fold(seen, standard(truth, (middle, spread)), folds, answer)
    return middle + spread * standardised.astype(np.float64)
