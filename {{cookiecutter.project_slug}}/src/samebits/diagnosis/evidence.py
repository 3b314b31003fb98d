"""Why a model does not fit its training set: what the loss of each step shows."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ..core.sections import Optimization, Regularization
from ..metrics.scores import rounded

WINDOWS = 20  # parts of a training whose mean losses are compared
PEAK, STUCK = 1.3, 1.02  # times the loss of knowing nothing: the steps were too large
FALLING = 0.2  # of the remaining loss, lost in the second half of training: it was not finished
# How far weights can move under Adam: at most the rate in each step. They start at a few tenths, so
# a shorter reach cannot change them much.
REACH = 0.5
MOMENTUM = 0.1  # gradient descent with momentum moves as far as Adam at a tenth of the rate
FEW = 150  # steps: with fewer, a network learns little at any rate
STRONG = {"dropout": 0.5, "weight_decay": 1.0, "label_smoothing": 0.4}


@dataclass(frozen=True)
class Training:
    """How a training went.

    Losses are scaled so that knowing nothing is 1 and a perfect fit is 0: `start` is that of the
    first step, before any weight has moved, `peak` the worst, `early` the best of the first half
    after its beginning, `half` the one in the middle, `end` the last. `reach` is how far a weight
    can have moved under Adam.
    """

    steps: int
    start: float
    peak: float
    early: float
    half: float
    end: float
    reach: float

    def record(self) -> dict[str, float | int]:
        """Return its entry in reports/diagnosis.json."""
        return {
            name: number if isinstance(number, int) else rounded(number)
            for name, number in asdict(self).items()
        }


def training(
    losses: Sequence[float], nothing: float, least: float, optimization: Optimization
) -> Training:
    """Return how the loss of each step went.

    Args:
        losses: of each step, at least one.
        nothing: the loss of knowing nothing.
        least: the loss of a perfect fit.
        optimization: the section.
    """
    start, *left = ((loss - least) / (nothing - least) for loss in (losses[0], *_smoothed(losses)))
    middle = len(left) // 2
    # A linear warm-up and half a cosine: on average half of the highest rate.
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
    went: Training,
    epochs: int,
    optimization: Optimization,
    regularization: Regularization,
) -> str:
    """Return why the training set is fitted badly, as the kind of knob to turn first.

    Args:
        went: how the training went.
        epochs: how many it took.
        optimization: its section.
        regularization: its section.

    Returns:
        "high rate", "low rate", "short", "regularized" or "small".
    """
    record = went.record()
    moved = record["reach"] >= REACH
    # A network may start above the loss of knowing nothing, for example with uneven classes: then
    # the loss must have risen, or have had time to fall.
    rose = record["peak"] >= PEAK * max(record["start"], 1.0)
    if rose or (moved and record["early"] >= STUCK):
        return "high rate"
    if strong(regularization) or epochs < optimization.epochs:
        return "regularized"
    if not moved:
        return "short" if went.steps < FEW else "low rate"
    if record["half"] - record["end"] >= FALLING * record["half"]:
        return "short"
    return "small"


def strong(regularization: Regularization) -> list[str]:
    """Return the keys of the section whose values keep a network from fitting its training set."""
    return [key for key, least in STRONG.items() if getattr(regularization, key) >= least]


def _smoothed(losses: Sequence[float]) -> list[float]:
    width = max(len(losses) // WINDOWS, 1)
    parts = [losses[start : start + width] for start in range(0, len(losses), width)]
    return [math.fsum(part) / len(part) for part in parts]
