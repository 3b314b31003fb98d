"""What more data would give: a power law through the errors with less data.

An error falls with the number n of examples to learn from as a + b / n^c (Hestness et al., Deep
Learning Scaling is Predictable, Empirically, 2017). How far the curve can be trusted, resamples of
the counts it goes through say: each is fitted again.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..metrics.intervals import LEVEL
from ..metrics.scores import DECIMALS, decimals_for, rounded
from ..metrics.sums import Values
from .words import WORDS, Words

RESAMPLES = 1000
STEEPNESS = np.linspace(0.05, 1.5, 30)  # of c; what was ever seen lies between
FLOORS = np.linspace(0.0, 1.0, 21)  # of a, as parts of the least error
AHEAD = (2, 4)  # times the data
MATTERS = 0.1  # of the error that is left: a smaller gain is not worth collecting for


@dataclass(frozen=True)
class Curve(ABC):
    """Errors on dev: of `p` models, each `learned` from more examples than the one before.

    `examples` are those of dev that each was scored on.
    """

    learned: Sequence[int]
    examples: Sequence[int]
    words: ClassVar[Words]

    @property
    def decimals(self) -> int:
        """How many decimals tell the errors."""
        return DECIMALS

    @property
    @abstractmethod
    def errors(self) -> list[float]:
        """The mean errors [p]."""

    @property
    def fitted(self) -> Values:
        """What the power law goes through [p]."""
        return np.array(self.errors)

    @abstractmethod
    def again(self, expected: Values, draw: np.random.Generator) -> Values:
        """Return other errors [RESAMPLES, p] that may as well have been seen, around `expected`."""

    @abstractmethod
    def weights(self, errors: Values) -> Values:
        """Return how much each of the errors [r, p] counts, as [r, p] or [p]."""

    @abstractmethod
    def points(self) -> list[dict[str, Any]]:
        """Return what reports/learning-curve.json says of each."""


@dataclass(frozen=True)
class Shares(Curve):
    """How many answers each was `wrong` in."""

    wrong: Sequence[int]
    words = WORDS["class"]

    @property
    def errors(self) -> list[float]:
        """The shares."""
        return [wrong / count for wrong, count in zip(self.wrong, self.examples, strict=True)]

    @property
    def fitted(self) -> Values:
        """An example more of each kind, so that no error at all is not taken for none ever."""
        return np.asarray((np.array(self.wrong) + 0.5) / (np.array(self.examples) + 1))

    def again(self, expected: Values, draw: np.random.Generator) -> Values:
        """Return binomial ones."""
        examples = np.array(self.examples)
        shape = (RESAMPLES, len(examples))
        drawn = draw.binomial(examples, np.clip(expected, 0, 1), shape)
        return np.asarray((drawn + 0.5) / (examples + 1))

    def weights(self, errors: Values) -> Values:
        """Return the inverse of what a binomial variance goes with."""
        return np.asarray(1 / np.maximum(errors * (1 - errors), 1e-6))

    def points(self) -> list[dict[str, Any]]:
        """Return the counts."""
        rows = zip(self.learned, self.wrong, self.examples, strict=True)
        return [dict(zip(("learned", "wrong", "examples"), row, strict=True)) for row in rows]


@dataclass(frozen=True)
class Means(Curve):
    """Mean errors with their standard errors, of so many degrees of freedom."""

    means: Sequence[float]
    deviations: Sequence[float]
    freedom: int
    words = WORDS["number"]

    @property
    def errors(self) -> list[float]:
        """The means."""
        return [*self.means]

    @property
    def decimals(self) -> int:
        """Those of the largest."""
        return decimals_for(max(self.means))

    def again(self, expected: Values, draw: np.random.Generator) -> Values:
        """Return such as Student's distribution has."""
        away = draw.standard_t(self.freedom, (RESAMPLES, len(expected)))
        return np.asarray(np.maximum(expected + away * np.array(self.deviations), 0))

    def weights(self, errors: Values) -> Values:
        """Return the inverse of the variance."""
        least = 1e-6 * max(self.means) or 1.0
        return np.asarray(1 / np.maximum(np.array(self.deviations), least) ** 2)

    def points(self) -> list[dict[str, Any]]:
        """Return the means."""
        rows = zip(self.learned, self.means, self.examples, strict=True)
        return [
            {"learned": learned, "error": rounded(error, self.decimals), "examples": count}
            for learned, error, count in rows
        ]


class MaskMeans(Means):
    """Mean shares of wrong pixels."""

    words = WORDS["mask"]


@dataclass(frozen=True)
class MeanShares(Means):
    """Mean shares of wrong answers."""

    words = WORDS["classes"]
    decimals = DECIMALS


@dataclass(frozen=True)
class Ahead:
    """The error with so many times the data, its interval, and what is gained."""

    times: int
    error: float
    low: float
    high: float
    gain: float
    least_gain: float


@dataclass(frozen=True)
class Extrapolation:
    """The curve, what lies ahead, and whether more data is the next step: None, cannot tell."""

    curve: Curve
    ahead: list[Ahead]
    worth: bool | None

    def sentence(self) -> str:
        """Return it for a person."""
        words = self.curve.words
        parts = [
            f"{one.times} times the data would bring the error on dev to {words.amount(one.error)} "
            f"(95 % interval {words.ends(one.low, one.high)})"
            for one in self.ahead
        ]
        said = {
            True: "More data is worth its cost.",
            False: "More data would hardly help; turn something else.",
            None: "The examples are too few to tell whether more data would help.",
        }
        return (
            f"After learning from {self.curve.learned[-1]:,} examples, "
            f"{words.happens(self.curve.errors[-1], 'on dev')}; {', and '.join(parts)}. "
            f"{said[self.worth]}"
        )

    def record(self) -> dict[str, Any]:
        """Return what reports/learning-curve.json says of it."""
        return {
            "points": self.curve.points(),
            "ahead": [
                {
                    "times": one.times,
                    "error": self._rounded(one.error),
                    "interval": [self._rounded(one.low), self._rounded(one.high)],
                    "gain": self._rounded(one.gain),
                    "least_gain": self._rounded(one.least_gain),
                }
                for one in self.ahead
            ],
            "worth": self.worth,
            "sentence": self.sentence(),
        }

    def _rounded(self, error: float) -> float:
        return rounded(error, self.curve.decimals)


def extrapolate(curve: Curve, seed: int = 0) -> Extrapolation:
    """Return what more data would give.

    Args:
        curve: of at least three models.
        seed: of the resamples.
    """
    learned = np.array(curve.learned, dtype=np.float64)
    seen, scale = curve.fitted[None], learned / learned[-1]
    times = np.array([1.0, *AHEAD])
    found = _ahead(curve, seen, scale, times)[0]
    expected = _ahead(curve, seen, scale, scale)[0]
    drawn = curve.again(expected, np.random.default_rng(seed))
    again = _ahead(curve, drawn, scale, times)
    ends, (least, most) = _ends(again), _ends(again[:, :1] - again)
    ahead = [
        Ahead(
            number,
            float(found[row]),
            float(ends[0, row]),
            float(ends[1, row]),
            float(found[0] - found[row]),
            float(least[row]),
        )
        for row, number in enumerate(AHEAD, 1)
    ]
    enough = rounded(MATTERS * found[0], curve.decimals)
    worth = None
    if not enough:  # there is no error that more data could take away
        worth = False
    elif rounded(float(least[1]), curve.decimals) >= enough:
        worth = True
    elif rounded(float(most[-1]), curve.decimals) < enough:
        worth = False
    return Extrapolation(curve, ahead, worth)


def _ends(drawn: Values) -> Values:
    """Return between which bounds [2, t] the resamples [r, t] lie, but for the outermost."""
    ordered = np.sort(drawn, axis=0, kind="stable")
    return ordered[[round(end * (len(drawn) - 1)) for end in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)]]


def _ahead(curve: Curve, errors: Values, scale: Values, times: Values) -> Values:
    """Return the errors [r, t] at `times` [t] of power laws through errors [r, p] at `scale` [p].

    Of every steepness and floor the best factor is known; the best of them all is taken.
    """
    weight = curve.weights(errors)
    best = np.full(len(errors), np.inf)
    found = np.zeros((len(errors), len(times)))
    for steepness in STEEPNESS:
        shape = scale**-steepness
        for part in FLOORS:
            floor = part * errors.min(axis=1, keepdims=True)
            above = (weight * shape * (errors - floor)).sum(axis=1)
            factor = np.maximum(above / (weight * shape**2).sum(axis=-1), 0)[:, None]
            miss: Values = (weight * (floor + factor * shape - errors) ** 2).sum(axis=1)
            better = miss < best
            best = np.where(better, miss, best)
            law = floor + factor * times**-steepness
            found = np.where(better[:, None], law, found)
    return found
