"""The target `classes`: a network learns the probability of each class, independently."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..data.features import Features
from ..data.loader import Split
from ..data.targets import SAID
from . import boosting
from .baselines import Said, learnt_from, said_of, seen_in
from .class_target import LEAST, ClassOutputs
from .logistic_regression import fit, probabilities


class ClassSetTarget(ClassOutputs):
    """Turns logits of `outputs` classes into probabilities [n, classes], and scores them."""

    figure = "dev_error"

    def said(self, outputs: Tensor, truth: object) -> Tensor:
        """Return the probabilities of logits [b, classes]."""
        return torch.sigmoid(outputs)

    def judged(self, answers: NDArray[Any], labels: NDArray[Any]) -> tuple[float, float]:
        """Return the log loss and the share of wrong answers, over all classes."""
        right = np.where(labels == 1, answers, 1 - answers).astype(np.float64).ravel()
        loss = -math.fsum(
            math.log(max(probability, LEAST)) for probability in right.tolist()
        ) / len(right)
        return loss, int(((answers >= SAID) != labels).sum()) / labels.size

    def blind(self, labels: NDArray[Any]) -> float:
        """Return the mean over classes of the labels' entropy."""
        shares = (labels.sum(axis=0, dtype=np.int64) / len(labels)).tolist()
        parts = [part for share in shares for part in (share, 1 - share) if part > 0]
        return -math.fsum(part * math.log(part) for part in parts) / len(shares)

    def baselines(self, train: Split, others: Mapping[str, Split]) -> Mapping[str, Said]:
        """Return the probabilities [n, classes] of the simple models."""
        known, chosen = learnt_from(train)
        labels, seen = train.labels[chosen], seen_in(train)
        # The share of each class, for any example; a class that half of them have is the answer.
        shares = train.labels.sum(axis=0, dtype=np.int64) / len(train.labels)
        model = fit(known, labels)
        models: dict[str, Callable[[Features], NDArray[Any]]] = {
            "majority answer of each class": lambda features: np.tile(shares, (len(features), 1)),
            f"logistic regression on {seen}": lambda features: probabilities(model, features),
        }
        if boosting.suits(known, labels):
            models[f"gradient boosting on {seen}"] = boosting.of_each(known, labels)
        return {name: said_of(others, answer) for name, answer in models.items()}
