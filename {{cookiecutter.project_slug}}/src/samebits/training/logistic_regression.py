"""One logistic regression per class on cheap features: the simplest model of class sets.

Source: Bishop, Pattern Recognition and Machine Learning (2006), 4.3.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..data.features import Seen
from . import linear_model
from .linear_model import Known, Linear, descend, given


def fit(seen: Known, labels: NDArray[np.uint8]) -> Linear:
    """Return the model fitted to the features of n examples, with labels 0 or 1 [n, classes]."""
    return descend(seen, labels, labels.shape[1], _errors)


def _errors(logits: Tensor, labels: Tensor) -> Tensor:
    """The gradient of the summed cross entropies, averaged over examples, by the logits."""
    return (torch.sigmoid(logits) - labels) / len(labels)


def probabilities(model: Linear, seen: Known) -> NDArray[np.float32]:
    """Return the probability of each class [n, classes] for n examples."""
    return given(model, seen, torch.sigmoid).numpy()


def out_of_fold(
    seen: Seen, labels: NDArray[np.uint8], folds: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return each example's probabilities [n, classes] from a model that has not seen its fold.

    Args:
        seen: pixels uint8 [n, c, h, w], or numbers float32 [n, f].
        labels: 1 for each class that an example has, [n, classes].
        folds: int64 [n], the fold of each example; there must be two or more.
    """

    def answer(known: Seen, labels: NDArray[np.uint8], others: Seen) -> NDArray[np.float32]:
        return probabilities(fit(known, labels), others)

    return linear_model.out_of_fold(seen, labels, folds, answer)
