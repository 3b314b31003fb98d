"""Why a model does not fit what it was trained on: what the loss of each step gives away."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..config import Optimization, Regularization
from .scores import rounded

WINDOWS = 20  # parts of a training whose mean losses are compared
PEAK = 1.5  # times the loss of knowing nothing, above which steps were too large
STRONG = {"dropout": 0.5, "weight_decay": 1.0, "label_smoothing": 0.4, "rotation": 60, "shift": 0.3}


@dataclass(frozen=True)
class Training:
    """How a training went, as parts of the way from knowing nothing (1) to a perfect fit (0).

    `peak` is the worst after the start, `half` what was left after half of the steps, `end` at
    last; `halved` the step after which less than half was left, None if there was none.
    """

    steps: int
    peak: float
    half: float
    end: float
    halved: int | None

    def record(self) -> dict[str, float | int | None]:
        """Return what reports/diagnosis.json says of it."""
        return {
            "steps": self.steps,
            "peak": rounded(self.peak),
            "half": rounded(self.half),
            "end": rounded(self.end),
            "halved": self.halved,
        }


def training(losses: Sequence[float], classes: int, smoothing: float) -> Training:
    """Return how the loss of each step went.

    Args:
        losses: at least one.
        classes: how many there are.
        smoothing: regularization.label_smoothing, which a perfect fit still pays for.
    """
    least, nothing = _floor(classes, smoothing), math.log(classes)
    left = [(loss - least) / (nothing - least) for loss in _smoothed(losses)]
    width = max(len(losses) // WINDOWS, 1)
    under = [place for place, one in enumerate(left) if one < 0.5]
    halved = (under[0] + 1) * width if under else None
    return Training(len(losses), max(left), left[len(left) // 2], left[-1], halved)


def cause(
    found: Training,
    epochs: int,
    optimization: Optimization,
    regularization: Regularization,
) -> str:
    """Return why the fit on the training set is bad: what should be turned first.

    Args:
        found: how the training went.
        epochs: how many it took.
        optimization: its section.
        regularization: its section.

    Returns:
        "high rate", "low rate", "short", "regularized" or "small".
    """
    if found.peak >= PEAK:
        return "high rate"
    if strong(regularization) or epochs < optimization.epochs:
        return "regularized"
    if found.halved is None and found.steps >= 100:
        return "low rate"
    if found.half - found.end >= 0.1:
        return "short"
    return "small"


def strong(regularization: Regularization) -> list[str]:
    """Return the keys of the section whose values keep a network from fitting what it sees."""
    return [key for key, least in STRONG.items() if getattr(regularization, key) >= least]


def _smoothed(losses: Sequence[float]) -> list[float]:
    width = max(len(losses) // WINDOWS, 1)
    parts = [losses[start : start + width] for start in range(0, len(losses), width)]
    return [math.fsum(one) / len(one) for one in parts]


def _floor(classes: int, smoothing: float) -> float:
    """The loss of a perfect fit to smoothed labels: their entropy."""
    other = smoothing / classes
    return -sum(one * math.log(one) for one in (1 - smoothing + other, *[other] * (classes - 1)) if one)
