"""Of answers that are numbers a network learns how many standard deviations from the mean they are.

Mean and deviation are those of the training answers, so that neither the learning rate nor the
first losses depend on the unit of the data.
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
    """How an output becomes a number [n] in the unit of the data, and how good that is."""

    middle: float
    spread: float
    outputs = 1
    figure = "dev_error"

    def said(self, outputs: Tensor) -> Tensor:
        """Return the outputs [b, 1] as they are."""
        return outputs

    def answers(self, said: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return numbers [n] in the unit of the data, of outputs [n, 1]."""
        return self._in_unit(said[:, 0])

    def _in_unit(self, said: NDArray[np.float32]) -> NDArray[np.float64]:
        return self.middle + self.spread * said.astype(np.float64)

    def judged(self, answers: NDArray[Any], labels: NDArray[Any]) -> tuple[float, float]:
        """Return the mean square in standard deviations, and the mean error in the data's unit."""
        errors = np.abs(answers - labels)
        loss = math.fsum(((errors / self.spread) ** 2).tolist()) / len(labels)
        return loss, math.fsum(errors.tolist()) / len(labels)

    def blind(self, labels: NDArray[Any]) -> float:
        """Return the variance of the labels in standard deviations."""
        return (scale_of(labels.tolist())[1] / self.spread) ** 2

    def cell(self, value: float) -> str:
        """Return a figure with nine digits: the unit of the data may be of any size."""
        return f"{value:.9g}"

    def baselines(self, train: Split, others: Mapping[str, Split]) -> Mapping[str, Said]:
        """Return the numbers [n] that simple models say."""
        known, chosen = learnt_from(train)
        truth, seen = train.labels[chosen], seen_in(train)
        line = fit(known, standard(truth, train.scale))
        found: dict[str, Callable[[Features], NDArray[Any]]] = {
            "mean of training": lambda one: np.full(len(one), self.middle),
            f"linear regression on {seen}": lambda one: self._in_unit(numbers(line, one)),
        }
        if boosting.suits(known, truth):
            found[f"gradient boosting on {seen}"] = boosting.numbers(known, truth)
        return {name: said_of(others, answer) for name, answer in found.items()}
