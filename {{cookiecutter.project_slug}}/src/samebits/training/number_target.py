"""The target `number`: a network learns answers in standard deviations from the mean.

Mean and deviation are those of the training answers, so neither the learning rate nor the first
losses depend on the unit of the data.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..data.features import Features
from ..data.loader import Split
from ..data.targets import scale_of, standard
from . import boosting
from .baselines import Said, learnt_from, said_of, seen_in
from .linear_regression import fit, numbers


@dataclass(frozen=True)
class NumberTarget:
    """Turns outputs into numbers [n] in the unit of the data, and scores them."""

    middle: float
    spread: float
    outputs = kept = 1
    form = (1,)
    figure = "dev_error"

    def said(self, outputs: Tensor, truth: object) -> Tensor:
        """Return the outputs [b, 1] unchanged."""
        return outputs

    def answers(self, said: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return outputs [n, 1] as numbers [n] in the unit of the data."""
        return self._in_unit(said[:, 0])

    def _in_unit(self, said: NDArray[np.float32]) -> NDArray[np.float64]:
        return self.middle + self.spread * said.astype(np.float64)

    def judged(self, answers: NDArray[Any], labels: NDArray[Any]) -> tuple[float, float]:
        """Return the mean squared error in deviations, and the mean error in the data's unit."""
        errors = np.abs(answers - labels)
        loss = math.fsum(((errors / self.spread) ** 2).tolist()) / len(labels)
        return loss, math.fsum(errors.tolist()) / len(labels)

    def blind(self, labels: NDArray[Any]) -> float:
        """Return the variance of the labels, in squared standard deviations of training."""
        return (scale_of(labels.tolist())[1] / self.spread) ** 2

    def cell(self, value: float) -> str:
        """Format a figure with nine digits: the unit of the data may have any size."""
        return f"{value:.9g}"

    def baselines(self, train: Split, others: Mapping[str, Split]) -> Mapping[str, Said]:
        """Return the numbers [n] of the simple models."""
        known, chosen = learnt_from(train)
        truth, seen = train.labels[chosen], seen_in(train)
        line = fit(known, standard(truth, train.scale))
        models: dict[str, Callable[[Features], NDArray[Any]]] = {
            "mean of training": lambda features: np.full(len(features), self.middle),
            f"linear regression on {seen}": lambda features: self._in_unit(numbers(line, features)),
        }
        if boosting.suits(known, truth):
            models[f"gradient boosting on {seen}"] = boosting.numbers(known, truth)
        return {name: said_of(others, answer) for name, answer in models.items()}
