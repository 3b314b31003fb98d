"""Which of two models is better, on the same examples, and whether the data can tell.

Both are scored on the same resamples, so what makes an example hard for both cancels out (Efron
and Tibshirani, An Introduction to the Bootstrap, 1993, on paired data).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from ..console.errors import UserError
from ..data.targets import Answers, spoken
from .intervals import LEVEL, Resampled, quantile
from .predictions import Predictions
from .registry import Metric
from .scores import DECIMALS, rounded

POWER = 0.8  # probability of settling a difference as large as the observed one


@dataclass(frozen=True)
class Spread:
    """How much the seed alone moves a figure: its standard deviation over a number of seeds."""

    deviation: float
    seeds: int


@dataclass(frozen=True)
class Difference:
    """B's figure less A's, its interval, and how many more examples would settle it.

    `gain` is 1 if B is better, -1 if A is, 0 if these examples cannot tell. `more` is 0 if they
    can, and None if no number of examples would: the two are equal, or the seed moves more than
    the difference.
    """

    value: float
    low: float
    high: float
    gain: int
    more: int | None

    @property
    def verdict(self) -> str:
        """The verdict on B."""
        return {1: "better", -1: "worse", 0: "cannot tell"}[self.gain]


@dataclass(frozen=True)
class Paired:
    """How far apart two models are on the same examples, and how certain that is.

    `value` is B's figure less A's, `error` its standard error over the `count` examples, `freedom`
    the degrees of freedom of that error, `decimals` how many are shown of a difference.
    """

    value: float
    error: float
    freedom: int
    count: int
    higher_is_better: bool
    decimals: int = DECIMALS

    def judged(self, level: float = LEVEL, spreads: Sequence[Spread] = ()) -> Difference:
        """Return the verdict at `level`.

        Without `spreads` it is about two trained models; with them, about their settings, under
        which another seed would have given each another score.

        Args:
            level: of the interval.
            spreads: over seeds, A's and B's; a single one serves for both.
        """
        luck = [(spread.deviation**2 * 2 / len(spreads), spread.seeds - 1) for spread in spreads]
        whole, freedom = _added([(self.error**2, self.freedom), *luck])
        t = quantile(level, freedom)
        low, high = self.value - t * math.sqrt(whole), self.value + t * math.sqrt(whole)
        sure = low > 0 or high < 0
        better = (self.value > 0) == self.higher_is_better
        gain = (1 if better else -1) if sure else 0
        more = 0 if sure else self._more(whole - self.error**2, t)
        return Difference(self.value, low, high, gain, more)

    def _more(self, seeds: float, t: float) -> int | None:
        """How many more examples would settle it; they do not reduce the variance over seeds."""
        # Below the decimals shown there are only the last bits, and no difference.
        room = (rounded(self.value, self.decimals) / (t + NormalDist().inv_cdf(POWER))) ** 2 - seeds
        if room <= 0:
            return None
        return max(math.ceil(self.count * self.error**2 / room) - self.count, 1)


def paired(metric: Metric, a: Resampled, b: Resampled, name: str = "") -> Paired:
    """Return how far apart A and B are on the same examples, in the same order.

    Args:
        metric: what to compare.
        a, b: each model's figures on them, resampled in the same groups from the same seed.
        name: of the metric in both.
    """
    error = float(np.std(b.replicates[name] - a.replicates[name])) * a.correction
    # Resampling the few examples on which the models differ moves less than new examples would:
    # one more, either way, is always possible (Agresti and Min, Statistics in Medicine, 2005).
    if metric.form == "share":
        error = math.hypot(error, math.sqrt(2) / a.count)
    first, second = a.figures[name], b.figures[name]
    decimals = min(first.decimals, second.decimals)
    value, freedom = second.value - first.value, max(a.freedom, 1)
    return Paired(value, error, freedom, a.count, metric.higher_is_better, decimals)


def check_same(a: tuple[Answers, Predictions], b: tuple[Answers, Predictions]) -> None:
    """Raise a `UserError` unless both predict the same target for the same examples."""
    own, others = a[0], b[0]
    if own.target != others.target:
        raise UserError(
            f"A answers with {spoken(own.target)} and B with {spoken(others.target)}; compare "
            "models of the same target."
        )
    if own.classes != others.classes:
        raise UserError(
            f"A has the classes {_some(own.classes)} and B {_some(others.classes)}; compare models "
            "with the same classes."
        )
    first, second = (
        [(example.path, example.md5, example.label) for example in side[1].examples]
        for side in (a, b)
    )
    if first != second:
        alone = len(set(first) ^ set(second))
        raise UserError(
            f"A and B were scored on different examples ({len(first)} and {len(second)}, {alone} "
            "of them on one side only or with another label), so their scores cannot be compared; "
            "run one of them again on the data of the other."
        )


def _added(parts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The sum of variances, and its degrees of freedom from theirs.

    The Welch-Satterthwaite equation (Biometrika, 1947; Biometrics, 1946): a deviation over few
    seeds is itself uncertain, and the larger its part of the sum, the wider the interval must be.
    """
    whole = sum(variance for variance, _ in parts)
    doubt = sum(variance**2 / freedom for variance, freedom in parts)
    # Rounded, so that a single part keeps its own degrees of freedom whatever the last bits say.
    return whole, round(whole**2 / doubt, 9) if doubt else math.inf


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
