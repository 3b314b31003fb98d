"""Of answers with several classes a network learns the probability of each, whatever the others."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
from .class_target import LEAST
from .logistic_regression import fit, probabilities


@dataclass(frozen=True)
class ClassSetTarget:
    """How logits of so many classes become probabilities [n, classes], and how good those are."""

    outputs: int
    figure = "dev_error"

    @property
    def form(self) -> tuple[int, ...]:
        """Return that it is a number for each class."""
        return (self.outputs,)

    @property
    def kept(self) -> int:
        """Return that all are kept."""
        return self.outputs

    def said(self, outputs: Tensor, truth: object) -> Tensor:
        """Return the probabilities of logits [b, classes]."""
        return torch.sigmoid(outputs)

    def answers(self, said: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probabilities as they are."""
        return said

    def judged(self, answers: NDArray[Any], labels: NDArray[Any]) -> tuple[float, float]:
        """Return the log loss, and the share of answers that are wrong, over all classes."""
        right = np.where(labels == 1, answers, 1 - answers).astype(np.float64).ravel()
        loss = -math.fsum(math.log(max(one, LEAST)) for one in right.tolist()) / len(right)
        return loss, int(((answers >= SAID) != labels).sum()) / labels.size

    def blind(self, labels: NDArray[Any]) -> float:
        """Return the mean over classes of the labels' entropy."""
        shares = (labels.sum(axis=0, dtype=np.int64) / len(labels)).tolist()
        parts = [part for one in shares for part in (one, 1 - one) if part > 0]
        return -math.fsum(part * math.log(part) for part in parts) / len(shares)

    def cell(self, value: float) -> str:
        """Return a figure with six decimals."""
        return f"{value:.6f}"

    def baselines(self, train: Split, others: Mapping[str, Split]) -> Mapping[str, Said]:
        """Return the probabilities [n, classes] that simple models give."""
        known, chosen = learnt_from(train)
        labels, seen = train.labels[chosen], seen_in(train)
        # The share of each class, whatever the example; what half of them have is the answer.
        shares = train.labels.sum(axis=0, dtype=np.int64) / len(train.labels)
        model = fit(known, labels)
        found: dict[str, Callable[[Features], NDArray[Any]]] = {
            "majority answer of each class": lambda features: np.tile(shares, (len(features), 1)),
            f"logistic regression on {seen}": lambda features: probabilities(model, features),
        }
        if boosting.suits(known, labels):
            found[f"gradient boosting on {seen}"] = boosting.of_each(known, labels)
        return {name: said_of(others, answer) for name, answer in found.items()}
