"""Mean errors of examples, shares or amounts: their intervals, and those of differences."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .intervals import LEVEL, positive_ends, quantile, wilson
from .scores import DECIMALS, decimals_for, rounded
from .sums import Labels, Values, distinct


@dataclass(frozen=True)
class Measured:
    """The error at one place of the chain, with its interval and the `decimals` to show.

    The target has no examples.
    """

    name: str
    error: float
    low: float
    high: float
    examples: int
    decimals: int = DECIMALS

    def record(self) -> dict[str, Any]:
        """Return its entry in reports/diagnosis.json."""
        return {
            "name": self.name,
            "error": rounded(self.error, self.decimals),
            "interval": self.interval() if self.examples else None,
            "examples": self.examples,
        }

    def interval(self) -> list[float]:
        """Return both ends with its decimals."""
        return [rounded(self.low, self.decimals), rounded(self.high, self.decimals)]


def measured(
    name: str,
    errors: Values | Labels,
    groups: Labels,
    level: float = LEVEL,
    *,
    share: bool = True,
    each: int = 1,
) -> Measured:
    """Return the mean error of examples, with an interval over their groups.

    Args:
        name: of the place.
        errors: of each example `[n]`.
        groups: the number of each example's group `[n]`.
        level: of the interval.
        share: whether errors are shares of wrong answers, as in `Sample.share`.
        each: the answers to each example, as in `Sample.each`.
    """
    if share:
        return _share(name, errors, groups, level, each)
    return _amount(name, errors, groups, level)


def _amount(name: str, errors: Values | Labels, groups: Labels, level: float) -> Measured:
    """The mean, with a Student interval of its logarithm."""
    error, spread, units = mean_over(errors, groups)
    if units == 1:  # the spread is unknown; assume it to be as large as the error
        spread = error
    low, high = positive_ends(error, spread, quantile(level, max(units - 1, 1)))
    return Measured(name, error, low, high, len(errors), decimals_for(error))


def mean_over(values: Values | Labels, groups: Labels) -> tuple[float, float, int]:
    """Return the mean of values `[n]`, its standard error over groups `[n]`, and their number.

    The mean is a ratio of two means over groups (Cochran, Sampling Techniques, 1977, 6.3).
    """
    count, mean = len(values), math.fsum(values.tolist()) / len(values)
    _, unit = distinct(groups)
    away = np.bincount(unit, values - mean)
    units = len(away)
    variance = math.fsum((away**2).tolist()) / count**2 * units / max(units - 1, 1)
    return mean, math.sqrt(variance), units


def _share(name: str, wrong: Values | Labels, groups: Labels, level: float, each: int) -> Measured:
    """The share of wrong answers, with Wilson's interval.

    Answers of one group tell less than as many independent ones; the spread over groups says how
    many fewer count (a design effect: Kish, Survey Sampling, 1965).
    """
    count, error = len(wrong), float(np.mean(wrong))
    most = count * each
    _, unit = distinct(groups)
    units = int(unit.max()) + 1
    # In whole numbers, so that groups with equal shares have exactly no spread.
    away = np.bincount(unit, wrong) * count - np.bincount(unit) * float(np.sum(wrong))
    variance = float((away**2).sum()) / count**4 * units / max(units - 1, 1)
    alone = error * (1 - error)
    if units == 1 or not alone:  # the spread is unknown
        told = float(units)
    else:
        told = min(alone / variance, most) if variance > 0 else most
    low, high = wilson(error, told, quantile(level, max(units - 1, 1)))
    return Measured(name, error, low, high, count)


def newcombe(start: Measured, end: Measured) -> tuple[float, float]:
    """Return the interval of the difference of two independent errors, both shares or amounts.

    Newcombe's method 10 (Statistics in Medicine, 1998), from both intervals.
    """
    difference = end.error - start.error
    below = math.hypot(end.error - end.low, start.high - start.error)
    above = math.hypot(end.high - end.error, start.error - start.low)
    return difference - below, difference + above
