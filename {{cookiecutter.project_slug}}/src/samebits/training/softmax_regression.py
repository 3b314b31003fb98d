"""Softmax regression on cheap features: the simplest model that learns classes.

Source: Bishop, Pattern Recognition and Machine Learning (2006), 4.3.
"""

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ..data.features import Seen
from . import linear_model
from .linear_model import Known, Linear, descend, given


def fit(seen: Known, labels: NDArray[np.int64], classes: int) -> Linear:
    """Return the model fitted to the features of n examples, with labels int64 [n] < `classes`."""
    return descend(seen, labels, classes, _errors)


def _errors(logits: Tensor, labels: Tensor) -> Tensor:
    """The gradient of the mean cross entropy by the logits."""
    errors = functional.softmax(logits, dim=1)
    errors[torch.arange(len(labels)), labels] -= 1
    errors /= len(labels)
    return errors


def probabilities(model: Linear, seen: Known) -> NDArray[np.float32]:
    """Return the probabilities [n, classes] for n examples."""
    return given(model, seen, partial(functional.softmax, dim=1)).numpy()


def out_of_fold(
    seen: Seen, labels: NDArray[np.int64], classes: int, folds: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return each example's probabilities [n, classes] from a model that has not seen its fold.

    Args:
        seen: pixels uint8 [n, c, h, w], or numbers float32 [n, f].
        labels: int64 [n].
        classes: the number of classes.
        folds: int64 [n], the fold of each example; there must be two or more.
    """

    def answer(known: Seen, labels: NDArray[np.int64], others: Seen) -> NDArray[np.float32]:
        return probabilities(fit(known, labels, classes), others)

    return linear_model.out_of_fold(seen, labels, folds, answer)
