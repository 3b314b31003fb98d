"""Mean errors of examples, a share or an amount: their intervals, and those of a difference."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .intervals import LEVEL, positive_ends, quantile, wilson
from .scores import DECIMALS, decimals_for, rounded
from .sums import Labels, Values, distinct


@dataclass(frozen=True)
class Measured:
    """The error at one place of the chain, with its interval; the target has no examples.

    It is shown with so many `decimals`.
    """

    name: str
    error: float
    low: float
    high: float
    examples: int
    decimals: int = DECIMALS

    def record(self) -> dict[str, Any]:
        """Return what reports/diagnosis.json says of it."""
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
    """Return the mean error of examples, in whole groups.

    Args:
        name: of the place.
        errors: of each example `[n]`.
        groups: the number of its group `[n]`.
        level: of the interval.
        share: whether an error is a share of answers that are wrong, as `Sample.share` says.
        each: the answers to each example, as `Sample.each` says.
    """
    if share:
        return _share(name, errors, groups, level, each)
    return _amount(name, errors, groups, level)


def _amount(name: str, errors: Values | Labels, groups: Labels, level: float) -> Measured:
    """The mean, with Student's interval of its logarithm."""
    error, spread, units = mean_over(errors, groups)
    if units == 1:  # nothing is known of the spread; it is taken to be as large
        spread = error
    low, high = positive_ends(error, spread, quantile(level, max(units - 1, 1)))
    return Measured(name, error, low, high, len(errors), decimals_for(error))


def mean_over(values: Values | Labels, groups: Labels) -> tuple[float, float, int]:
    """Return the mean of values `[n]`, its standard error over groups `[n]`, and their number.

    It is a ratio of two means over groups (Cochran, Sampling Techniques, 1977, 6.3).
    """
    count, mean = len(values), math.fsum(values.tolist()) / len(values)
    _, unit = distinct(groups)
    away = np.bincount(unit, values - mean)
    units = len(away)
    variance = math.fsum((away**2).tolist()) / count**2 * units / max(units - 1, 1)
    return mean, math.sqrt(variance), units


def _share(name: str, wrong: Values | Labels, groups: Labels, level: float, each: int) -> Measured:
    """The share of answers that are wrong, with Wilson's interval.

    The answers of one group tell less than as many that stand alone: so many fewer count as the
    spread over groups says (a design effect: Kish, Survey Sampling, 1965).
    """
    count, error = len(wrong), float(np.mean(wrong))
    most = count * each
    _, unit = distinct(groups)
    units = int(unit.max()) + 1
    # In whole numbers, so that groups that are all alike differ by nothing at all.
    away = np.bincount(unit, wrong) * count - np.bincount(unit) * float(np.sum(wrong))
    variance = float((away**2).sum()) / count**4 * units / max(units - 1, 1)
    alone = error * (1 - error)
    if units == 1 or not alone:  # nothing is known of the spread
        told = float(units)
    else:
        told = min(alone / variance, most) if variance > 0 else most
    low, high = wilson(error, told, quantile(level, max(units - 1, 1)))
    return Measured(name, error, low, high, count)


def newcombe(start: Measured, end: Measured) -> tuple[float, float]:
    """Return the interval of the difference of two independent errors, both shares or amounts.

    Newcombe's method 10 (Statistics in Medicine, 1998), of the intervals of both.
    """
    found = end.error - start.error
    below = math.hypot(end.error - end.low, start.high - start.error)
    above = math.hypot(end.high - end.error, start.error - start.low)
    return found - below, found + above
