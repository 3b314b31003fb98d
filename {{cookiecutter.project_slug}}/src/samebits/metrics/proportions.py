"""Shares of examples that are wrong: their intervals, and those of a difference of two."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .intervals import LEVEL, quantile, wilson
from .scores import rounded
from .sums import Labels, Values, distinct


@dataclass(frozen=True)
class Measured:
    """The error at one place of the chain, with its interval; the target has no examples."""

    name: str
    error: float
    low: float
    high: float
    examples: int

    def record(self) -> dict[str, Any]:
        """Return what reports/diagnosis.json says of it."""
        return {
            "name": self.name,
            "error": rounded(self.error),
            "interval": [rounded(self.low), rounded(self.high)] if self.examples else None,
            "examples": self.examples,
        }


def measured(name: str, wrong: Values | Labels, groups: Labels, level: float = LEVEL) -> Measured:
    """Return the share of examples that are wrong `[n]`, in whole groups `[n]`.

    The pictures of one group tell less than as many that stand alone: so many fewer count as the
    spread over groups says (a design effect: Kish, Survey Sampling, 1965).
    """
    count, error = len(wrong), float(np.mean(wrong))
    _, unit = distinct(groups)
    units = int(unit.max()) + 1
    # In whole numbers, so that groups that are all alike differ by nothing at all.
    away = np.bincount(unit, wrong) * count - np.bincount(unit) * float(np.sum(wrong))
    variance = float((away**2).sum()) / count**4 * units / max(units - 1, 1)
    alone = error * (1 - error)
    if units == 1 or not alone:  # nothing is known of the spread
        told = float(units)
    else:
        told = min(alone / variance, count) if variance > 0 else count
    low, high = wilson(error, told, quantile(level, max(units - 1, 1)))
    return Measured(name, error, low, high, count)


def newcombe(start: Measured, end: Measured) -> tuple[float, float]:
    """Return the interval of the difference of two independent shares.

    Newcombe's method 10 (Statistics in Medicine, 1998), of the intervals of both.
    """
    found = end.error - start.error
    below = math.hypot(end.error - end.low, start.high - start.error)
    above = math.hypot(end.high - end.error, start.error - start.low)
    return found - below, found + above
