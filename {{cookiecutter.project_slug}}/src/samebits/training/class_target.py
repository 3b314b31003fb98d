"""Of answers with classes a network learns probabilities."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ..data.features import Features
from ..data.loader import Split
from . import boosting
from .baselines import Said, learnt_from, said_of, seen_in
from .softmax_regression import fit, probabilities

LEAST = 1e-12  # a probability that is taken for 0, in the dev loss


@dataclass(frozen=True)
class ClassTarget:
    """How logits of so many classes become probabilities [n, classes], and how good those are."""

    outputs: int
    figure = "dev_accuracy"

    def said(self, outputs: Tensor) -> Tensor:
        """Return the probabilities of logits [b, classes]."""
        return functional.softmax(outputs, dim=1)

    def answers(self, said: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probabilities as they are."""
        return said

    def judged(self, answers: NDArray[Any], labels: NDArray[Any]) -> tuple[float, float]:
        """Return the log loss and the accuracy."""
        right = answers[np.arange(len(labels)), labels].astype(np.float64)
        loss = -math.fsum(math.log(max(one, LEAST)) for one in right.tolist()) / len(right)
        return loss, int((answers.argmax(axis=1) == labels).sum()) / len(right)

    def blind(self, labels: NDArray[Any]) -> float:
        """Return the entropy of the labels."""
        shares = np.bincount(labels) / len(labels)
        return -math.fsum(one * math.log(one) for one in shares.tolist() if one)

    def cell(self, value: float) -> str:
        """Return a figure with six decimals."""
        return f"{value:.6f}"

    def baselines(self, train: Split, others: Mapping[str, Split]) -> Mapping[str, Said]:
        """Return the probabilities [n, classes] that simple models give."""
        known, chosen = learnt_from(train)
        labels, classes, seen = train.labels[chosen], len(train.classes), seen_in(train)
        # The shares of the classes, whatever the example; the largest is the answer.
        shares = np.bincount(train.labels, minlength=classes) / len(train.labels)
        model = fit(known, labels, classes)
        found: dict[str, Callable[[Features], NDArray[Any]]] = {
            "majority class": lambda features: np.tile(shares, (len(features), 1)),
            f"logistic regression on {seen}": lambda features: probabilities(model, features),
        }
        if boosting.suits(known, labels):
            found[f"gradient boosting on {seen}"] = boosting.probabilities(known, labels, classes)
        return {name: said_of(others, answer) for name, answer in found.items()}
