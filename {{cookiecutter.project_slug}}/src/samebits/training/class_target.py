"""The target `class`: a network learns the probabilities of the classes."""

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

LEAST = 1e-12  # the dev loss raises smaller probabilities to this


@dataclass(frozen=True)
class ClassOutputs:
    """An output for each of `outputs` classes, all of which are kept, as probabilities."""

    outputs: int

    @property
    def form(self) -> tuple[int, ...]:
        """Return the shape of an output: a number for each class."""
        return (self.outputs,)

    @property
    def kept(self) -> int:
        """Return the number of classes: every output is kept."""
        return self.outputs

    def answers(self, said: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probabilities unchanged."""
        return said

    def cell(self, value: float) -> str:
        """Format a figure with six decimals."""
        return f"{value:.6f}"


class ClassTarget(ClassOutputs):
    """Turns logits of `outputs` classes into probabilities [n, classes], and scores them."""

    figure = "dev_accuracy"

    def said(self, outputs: Tensor, truth: object) -> Tensor:
        """Return the probabilities of logits [b, classes]."""
        return functional.softmax(outputs, dim=1)

    def judged(self, answers: NDArray[Any], labels: NDArray[Any]) -> tuple[float, float]:
        """Return the log loss and the accuracy."""
        right = answers[np.arange(len(labels)), labels].astype(np.float64)
        loss = -math.fsum(
            math.log(max(probability, LEAST)) for probability in right.tolist()
        ) / len(right)
        return loss, int((answers.argmax(axis=1) == labels).sum()) / len(right)

    def blind(self, labels: NDArray[Any]) -> float:
        """Return the entropy of the labels."""
        shares = np.bincount(labels) / len(labels)
        return -math.fsum(share * math.log(share) for share in shares.tolist() if share)

    def baselines(self, train: Split, others: Mapping[str, Split]) -> Mapping[str, Said]:
        """Return the probabilities [n, classes] of the simple models."""
        known, chosen = learnt_from(train)
        labels, classes, seen = train.labels[chosen], len(train.classes), seen_in(train)
        # The shares of the classes, for any example; the largest is the answer.
        shares = np.bincount(train.labels, minlength=classes) / len(train.labels)
        model = fit(known, labels, classes)
        models: dict[str, Callable[[Features], NDArray[Any]]] = {
            "majority class": lambda features: np.tile(shares, (len(features), 1)),
            f"logistic regression on {seen}": lambda features: probabilities(model, features),
        }
        if boosting.suits(known, labels):
            models[f"gradient boosting on {seen}"] = boosting.probabilities(known, labels, classes)
        return {name: said_of(others, answer) for name, answer in models.items()}
