"""Which of two models is better, on the same examples, and whether the data can tell.

Both are scored on the same resamples, so what makes an example hard for both takes no part in the
difference (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, on paired data).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from ..errors import UserError
from .intervals import LEVEL, quantile, replicates
from .probabilities import Values
from .registry import Metric
from .resampling import Resampling
from .scores import value
from .sums import Sample
from .table import Predictions

POWER = 0.8  # the chance to settle a difference as large as the one that was seen


@dataclass(frozen=True)
class Difference:
    """B's figure less A's, its interval, and how many more examples would settle it.

    `gain` is 1 if B is better, -1 if A is, 0 if these examples cannot tell. `more` is 0 where they
    can, and None where no number of examples would: the two are the same.
    """

    value: float
    low: float
    high: float
    gain: int
    more: int | None

    @property
    def verdict(self) -> str:
        """What to say of B."""
        return {1: "better", -1: "worse", 0: "cannot tell"}[self.gain]


def difference(
    metric: Metric,
    a: Sample,
    b: Sample,
    seed: int,
    level: float = LEVEL,
    spread: float = 0.0,
    drawn: Sequence[Values] = (),
) -> Difference:
    """Return how much better or worse B is than A on the same examples, in the same order.

    Args:
        metric: what to compare.
        a, b: the examples as each model sees them.
        seed: of the bootstrap.
        level: of the interval.
        spread: standard deviation of the figure over seeds, where it is known; it belongs to both.
        drawn: the figures of A and of B in the same resamples, where they are known.
    """
    resampling = Resampling(a.labels, a.groups)
    one, other = drawn or (
        replicates({"": metric}, sample, resampling, seed)[""] for sample in (a, b)
    )
    found = value(metric, b) - value(metric, a)
    error = float(np.std(other - one)) * resampling.correction
    t = quantile(level, max(resampling.freedom, 1))
    # Resamples of a few examples that differ move less than new examples would: one more of them,
    # either way, is always possible (Agresti and Min, Statistics in Medicine, 2005).
    if metric.form == "share":
        error = math.hypot(error, math.sqrt(2) / len(a))
    error = math.hypot(error, math.sqrt(2) * spread)
    low, high = found - t * error, found + t * error
    sure = low > 0 or high < 0
    better = (found > 0) == metric.higher_is_better
    gain = (1 if better else -1) if sure else 0
    return Difference(found, low, high, gain, 0 if sure else _more(found, error, t, len(a)))


def check_same(a: tuple[Sequence[str], Predictions], b: tuple[Sequence[str], Predictions]) -> None:
    """Raise a `UserError` unless both are predictions for the same examples and classes."""
    if list(a[0]) != list(b[0]):
        raise UserError(
            f"A has the classes {_some(a[0])} and B {_some(b[0])}; compare models of the same ones."
        )
    one, other = (
        [(example.path, example.md5, example.label) for example in side[1].examples]
        for side in (a, b)
    )
    if one != other:
        alone = len(set(one) ^ set(other))
        raise UserError(
            f"A and B were scored on different examples ({len(one)} and {len(other)}, {alone} of "
            "them on one side alone or with another label), so their scores cannot be compared; "
            "run one of them again on the data of the other."
        )


def _more(found: float, error: float, t: float, count: int) -> int | None:
    if found == 0:
        return None
    wanted = count * ((t + NormalDist().inv_cdf(POWER)) * error / abs(found)) ** 2
    return max(math.ceil(wanted) - count, 1)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
