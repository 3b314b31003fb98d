"""Why a model does not fit what it was trained on: what the loss of each step gives away."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ..core.sections import Optimization, Regularization
from ..metrics.scores import rounded

WINDOWS = 20  # parts of a training whose mean losses are compared
PEAK, STUCK = 1.3, 1.02  # times the loss of knowing nothing: steps were too large
FALLING = 0.2  # of what is left, lost in the second half of training: it was not over
# How far weights can have come, as Adam moves them: by the rate in each step, at most. They start
# at some tenths, so less cannot have made much of them.
REACH = 0.5
MOMENTUM = 0.1  # gradient descent with momentum does with a rate what Adam does with a tenth of it
FEW = 150  # steps in which a network learns little at any rate
STRONG = {"dropout": 0.5, "weight_decay": 1.0, "label_smoothing": 0.4}


@dataclass(frozen=True)
class Training:
    """How a training went.

    Losses are parts of the way from knowing nothing (1) to a perfect fit (0): `start` is that of
    the first step, before any weight has moved, `peak` the worst, `early` the best of the first
    half, its start left out, `half` the one in the middle, `end` the last. `reach` is how far a
    weight can have moved, as Adam moves them.
    """

    steps: int
    start: float
    peak: float
    early: float
    half: float
    end: float
    reach: float

    def record(self) -> dict[str, float | int]:
        """Return what reports/diagnosis.json says of it."""
        return {
            name: one if isinstance(one, int) else rounded(one)
            for name, one in asdict(self).items()
        }


def training(
    losses: Sequence[float], nothing: float, least: float, optimization: Optimization
) -> Training:
    """Return how the loss of each step went.

    Args:
        losses: at least one.
        nothing: the loss of knowing nothing.
        least: that of a perfect fit.
        optimization: the section.
    """
    start, *left = ((one - least) / (nothing - least) for one in (losses[0], *_smoothed(losses)))
    middle = len(left) // 2
    # A linear rise and half a cosine: half of the highest rate, on average.
    rate = optimization.learning_rate / 2 * (MOMENTUM if optimization.optimizer == "sgd" else 1)
    return Training(
        steps=len(losses),
        start=start,
        peak=max(left),
        early=min(left[min(2, middle) : middle + 1]),
        half=left[middle],
        end=left[-1],
        reach=rate * len(losses),
    )


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
    record = found.record()
    moved = record["reach"] >= REACH
    # A network may begin above the loss of knowing nothing, as where classes are uneven: there it
    # must have risen, or have had the time to fall.
    rose = record["peak"] >= PEAK * max(record["start"], 1.0)
    if rose or (moved and record["early"] >= STUCK):
        return "high rate"
    if strong(regularization) or epochs < optimization.epochs:
        return "regularized"
    if not moved:
        return "short" if found.steps < FEW else "low rate"
    if record["half"] - record["end"] >= FALLING * record["half"]:
        return "short"
    return "small"


def strong(regularization: Regularization) -> list[str]:
    """Return the keys of the section whose values keep a network from fitting what it sees."""
    return [key for key, least in STRONG.items() if getattr(regularization, key) >= least]


def _smoothed(losses: Sequence[float]) -> list[float]:
    width = max(len(losses) // WINDOWS, 1)
    parts = [losses[start : start + width] for start in range(0, len(losses), width)]
    return [math.fsum(one) / len(one) for one in parts]
