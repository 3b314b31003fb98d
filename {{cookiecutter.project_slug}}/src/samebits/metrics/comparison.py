"""Which of two models is better, on the same examples, and whether the data can tell.

Both are scored on the same resamples, so what makes an example hard for both takes no part in the
difference (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, on paired data).
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

POWER = 0.8  # the chance to settle a difference as large as the one that was seen


@dataclass(frozen=True)
class Spread:
    """What the seed alone moves in a figure: its standard deviation over so many seeds."""

    deviation: float
    seeds: int


@dataclass(frozen=True)
class Difference:
    """B's figure less A's, its interval, and how many more examples would settle it.

    `gain` is 1 if B is better, -1 if A is, 0 if these examples cannot tell. `more` is 0 where they
    can, and None where no number of examples would: the two are the same, or the seed moves more
    than that.
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


@dataclass(frozen=True)
class Paired:
    """How far apart two models are on the same examples, and how sure that is.

    `found` is B's figure less A's, `error` its standard error over the `count` examples, `freedom`
    the degrees of freedom of that; a difference is shown with so many `decimals`.
    """

    found: float
    error: float
    freedom: int
    count: int
    higher_is_better: bool
    decimals: int = DECIMALS

    def judged(self, level: float = LEVEL, spreads: Sequence[Spread] = ()) -> Difference:
        """Return what follows at `level`.

        Without `spreads` this is about two trained models. With them it is about what they were
        trained with: another seed would have given each another score.

        Args:
            level: of the interval.
            spreads: over seeds, that of A and that of B; a single one stands for both.
        """
        luck = [(one.deviation**2 * 2 / len(spreads), one.seeds - 1) for one in spreads]
        whole, freedom = _added([(self.error**2, self.freedom), *luck])
        t = quantile(level, freedom)
        low, high = self.found - t * math.sqrt(whole), self.found + t * math.sqrt(whole)
        sure = low > 0 or high < 0
        better = (self.found > 0) == self.higher_is_better
        gain = (1 if better else -1) if sure else 0
        more = 0 if sure else self._more(whole - self.error**2, t)
        return Difference(self.found, low, high, gain, more)

    def _more(self, seeds: float, t: float) -> int | None:
        """How many more would settle it; they cannot make the variance over seeds less."""
        # Less than what is shown of it is the last bits, and no difference.
        room = (rounded(self.found, self.decimals) / (t + NormalDist().inv_cdf(POWER))) ** 2 - seeds
        if room <= 0:
            return None
        return max(math.ceil(self.count * self.error**2 / room) - self.count, 1)


def paired(metric: Metric, a: Resampled, b: Resampled, name: str = "") -> Paired:
    """Return how far apart A and B are on the same examples, in the same order.

    Args:
        metric: what to compare.
        a, b: what each model earns on them, resampled in the same groups from one seed.
        name: of the metric there.
    """
    error = float(np.std(b.replicates[name] - a.replicates[name])) * a.correction
    # Resamples of a few examples that differ move less than new examples would: one more of them,
    # either way, is always possible (Agresti and Min, Statistics in Medicine, 2005).
    if metric.form == "share":
        error = math.hypot(error, math.sqrt(2) / a.count)
    one, other = a.figures[name], b.figures[name]
    decimals = min(one.decimals, other.decimals)
    found, freedom = other.value - one.value, max(a.freedom, 1)
    return Paired(found, error, freedom, a.count, metric.higher_is_better, decimals)


def check_same(a: tuple[Answers, Predictions], b: tuple[Answers, Predictions]) -> None:
    """Raise a `UserError` unless both are predictions of the same for the same examples."""
    one, other = a[0], b[0]
    if one.target != other.target:
        raise UserError(
            f"A answers with {spoken(one.target)} and B with {spoken(other.target)}; compare "
            "models of the same target."
        )
    if one.classes != other.classes:
        raise UserError(
            f"A has the classes {_some(one.classes)} and B {_some(other.classes)}; compare models "
            "of the same ones."
        )
    first, second = (
        [(example.path, example.md5, example.label) for example in side[1].examples]
        for side in (a, b)
    )
    if first != second:
        alone = len(set(first) ^ set(second))
        raise UserError(
            f"A and B were scored on different examples ({len(first)} and {len(second)}, {alone} "
            "of them on one side alone or with another label), so their scores cannot be compared; "
            "run one of them again on the data of the other."
        )


def _added(parts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The sum of variances, and its degrees of freedom from theirs.

    Welch's and Satterthwaite's number (Biometrika, 1947; Biometrics, 1946): a deviation over few
    seeds is itself uncertain, and the more of the sum it makes, the wider an interval must be.
    """
    whole = sum(variance for variance, _ in parts)
    doubt = sum(variance**2 / freedom for variance, freedom in parts)
    # Of one part it is that of the part, whatever the last bits say.
    return whole, round(whole**2 / doubt, 9) if doubt else math.inf


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
