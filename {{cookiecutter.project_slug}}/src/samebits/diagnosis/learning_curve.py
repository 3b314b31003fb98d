"""What more data would give: a power law through the errors with less data.

An error falls with the number n of training examples as a + b / n^c (Hestness et al., Deep Learning
Scaling is Predictable, Empirically, 2017). Resamples of the fitted errors, each fitted again, say
how far to trust the curve.
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
STEEPNESS = np.linspace(0.05, 1.5, 30)  # values of c; published ones lie between
FLOORS = np.linspace(0.0, 1.0, 21)  # values of a, as parts of the least error
AHEAD = (2, 4)  # times the data
MATTERS = 0.1  # of the remaining error: a smaller gain is not worth collecting data for


@dataclass(frozen=True)
class Curve(ABC):
    """Errors on dev of `p` models, each of which `learned` from more examples than the last.

    `examples` counts the dev examples that each was scored on.
    """

    learned: Sequence[int]
    examples: Sequence[int]
    words: ClassVar[Words]

    @property
    def decimals(self) -> int:
        """How many decimals the errors have."""
        return DECIMALS

    @property
    @abstractmethod
    def errors(self) -> list[float]:
        """The mean errors [p]."""

    @property
    def fitted(self) -> Values:
        """The points to fit the power law to [p]."""
        return np.array(self.errors)

    @abstractmethod
    def again(self, expected: Values, draw: np.random.Generator) -> Values:
        """Return errors [RESAMPLES, p] drawn around `expected`, as likely as the observed ones."""

    @abstractmethod
    def weights(self, errors: Values) -> Values:
        """Return the weight of each of the errors [r, p], as [r, p] or [p]."""

    @abstractmethod
    def points(self) -> list[dict[str, Any]]:
        """Return the entry of each model in reports/learning-curve.json."""


@dataclass(frozen=True)
class Shares(Curve):
    """Curve of shares: how many of its answers are `wrong`, by model."""

    wrong: Sequence[int]
    words = WORDS["class"]

    @property
    def errors(self) -> list[float]:
        """The shares."""
        return [wrong / count for wrong, count in zip(self.wrong, self.examples, strict=True)]

    @property
    def fitted(self) -> Values:
        """The shares with half a mistake and an example added: 0 observed is not 0 for ever."""
        return np.asarray((np.array(self.wrong) + 0.5) / (np.array(self.examples) + 1))

    def again(self, expected: Values, draw: np.random.Generator) -> Values:
        """Return binomial draws."""
        examples = np.array(self.examples)
        shape = (RESAMPLES, len(examples))
        drawn = draw.binomial(examples, np.clip(expected, 0, 1), shape)
        return np.asarray((drawn + 0.5) / (examples + 1))

    def weights(self, errors: Values) -> Values:
        """Return the inverse of the binomial variance, up to a factor."""
        return np.asarray(1 / np.maximum(errors * (1 - errors), 1e-6))

    def points(self) -> list[dict[str, Any]]:
        """Return the counts."""
        rows = zip(self.learned, self.wrong, self.examples, strict=True)
        return [dict(zip(("learned", "wrong", "examples"), row, strict=True)) for row in rows]


@dataclass(frozen=True)
class Means(Curve):
    """Curve of mean errors, with their standard errors and degrees of freedom."""

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
        """The decimals of the largest mean."""
        return decimals_for(max(self.means))

    def again(self, expected: Values, draw: np.random.Generator) -> Values:
        """Return draws from Student's distribution."""
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
    """Curve of mean shares of wrong pixels."""

    words = WORDS["mask"]


@dataclass(frozen=True)
class MeanShares(Means):
    """Curve of mean shares of wrong answers."""

    words = WORDS["classes"]
    decimals = DECIMALS


@dataclass(frozen=True)
class Ahead:
    """The error with `times` the data, its interval, and the gain."""

    times: int
    error: float
    low: float
    high: float
    gain: float
    least_gain: float


@dataclass(frozen=True)
class Extrapolation:
    """The curve, its continuation, and whether more data is worth it: None if it cannot tell."""

    curve: Curve
    ahead: list[Ahead]
    worth: bool | None

    def sentence(self, examples: str = "examples") -> str:
        """Return the result as a sentence; `examples` is what people call them."""
        words = self.curve.words.calling(examples)
        parts = [
            f"{ahead.times} times the data would bring the error on dev to "
            f"{words.amount(ahead.error)} "
            f"(95 % interval {words.ends(ahead.low, ahead.high)})"
            for ahead in self.ahead
        ]
        said = {
            True: "More data is worth its cost.",
            False: "More data would hardly help; try something else.",
            None: f"The {examples} are too few to tell whether more data would help.",
        }
        return (
            f"After learning from {self.curve.learned[-1]:,} {examples}, "
            f"{words.happens(self.curve.errors[-1], 'on dev')}; {', and '.join(parts)}. "
            f"{said[self.worth]}"
        )

    def record(self, examples: str = "examples") -> dict[str, Any]:
        """Return the content of reports/learning-curve.json."""
        return {
            "points": self.curve.points(),
            "ahead": [
                {
                    "times": ahead.times,
                    "error": self._rounded(ahead.error),
                    "interval": [self._rounded(ahead.low), self._rounded(ahead.high)],
                    "gain": self._rounded(ahead.gain),
                    "least_gain": self._rounded(ahead.least_gain),
                }
                for ahead in self.ahead
            ],
            "worth": self.worth,
            "sentence": self.sentence(examples),
        }

    def _rounded(self, error: float) -> float:
        return rounded(error, self.curve.decimals)


def extrapolate(curve: Curve, seed: int = 0) -> Extrapolation:
    """Return how much more data would help.

    Args:
        curve: of at least three models.
        seed: of the resamples.
    """
    learned = np.array(curve.learned, dtype=np.float64)
    errors, scale = curve.fitted[None], learned / learned[-1]
    times = np.array([1.0, *AHEAD])
    predicted = _ahead(curve, errors, scale, times)[0]
    expected = _ahead(curve, errors, scale, scale)[0]
    drawn = curve.again(expected, np.random.default_rng(seed))
    again = _ahead(curve, drawn, scale, times)
    ends, (least, most) = _ends(again), _ends(again[:, :1] - again)
    ahead = [
        Ahead(
            number,
            float(predicted[row]),
            float(ends[0, row]),
            float(ends[1, row]),
            float(predicted[0] - predicted[row]),
            float(least[row]),
        )
        for row, number in enumerate(AHEAD, 1)
    ]
    enough = rounded(MATTERS * predicted[0], curve.decimals)
    worth = None
    if not enough:  # there is no error left to remove
        worth = False
    elif rounded(float(least[1]), curve.decimals) >= enough:
        worth = True
    elif rounded(float(most[-1]), curve.decimals) < enough:
        worth = False
    return Extrapolation(curve, ahead, worth)


def _ends(drawn: Values) -> Values:
    """Return the bounds [2, t] of the middle 95 % of the resamples [r, t]."""
    ordered = np.sort(drawn, axis=0, kind="stable")
    return ordered[[round(end * (len(drawn) - 1)) for end in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)]]


def _ahead(curve: Curve, errors: Values, scale: Values, times: Values) -> Values:
    """Return the errors [r, t] at `times` [t] of power laws fitted to errors [r, p] at `scale` [p].

    For each steepness and floor the best factor has a closed form; the best of all fits is taken.
    """
    weight = curve.weights(errors)
    best = np.full(len(errors), np.inf)
    predicted = np.zeros((len(errors), len(times)))
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
            predicted = np.where(better[:, None], law, predicted)
    return predicted
