"""What more data would give: a power law through the errors with less data.

An error falls with the number n of examples to learn from as a + b / n^c (Hestness et al., Deep
Learning Scaling is Predictable, Empirically, 2017). How far the curve can be trusted, resamples of
the counts it goes through say: each is fitted again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..metrics.intervals import LEVEL
from ..metrics.scores import rounded
from ..metrics.sums import Values

RESAMPLES = 1000
STEEPNESS = np.linspace(0.05, 1.5, 30)  # of c; what was ever seen lies between
FLOORS = np.linspace(0.0, 1.0, 21)  # of a, as parts of the least error
AHEAD = (2, 4)  # times the data
MATTERS = 0.1  # of the error that is left: a smaller gain is not worth collecting for


class Point(NamedTuple):
    """How many of `examples` of dev a model got wrong that had learned from so many."""

    learned: int
    wrong: int
    examples: int


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
    """The points, what lies ahead, and whether more data is the next step: None, cannot tell."""

    points: list[Point]
    ahead: list[Ahead]
    worth: bool | None

    def sentence(self) -> str:
        """Return it for a person."""
        now = self.points[-1]
        parts = [
            f"{one.times} times the data would bring the error on dev to {100 * one.error:.1f} % "
            f"(95 % interval {100 * one.low:.1f} to {100 * one.high:.1f})"
            for one in self.ahead
        ]
        said = {
            True: "More data is worth its cost.",
            False: "More data would hardly help; turn something else.",
            None: "The examples are too few to tell whether more data would help.",
        }
        return (
            f"Having learned from {now.learned:,} pictures the model errs on "
            f"{100 * now.wrong / now.examples:.1f} % of dev; {', and '.join(parts)}. "
            f"{said[self.worth]}"
        )

    def record(self) -> dict[str, Any]:
        """Return what reports/learning-curve.json says of it."""
        return {
            "points": [one._asdict() for one in self.points],
            "ahead": [
                {
                    "times": one.times,
                    "error": rounded(one.error),
                    "interval": [rounded(one.low), rounded(one.high)],
                    "gain": rounded(one.gain),
                    "least_gain": rounded(one.least_gain),
                }
                for one in self.ahead
            ],
            "worth": self.worth,
            "sentence": self.sentence(),
        }


def extrapolate(points: Sequence[Point], seed: int = 0) -> Extrapolation:
    """Return what more data would give.

    Args:
        points: at least three, each with more examples to learn from than the one before.
        seed: of the resamples.
    """
    learned = np.array([one.learned for one in points], dtype=np.float64)
    examples = np.array([one.examples for one in points])
    # An example more of each kind, so that no error at all is not taken for none ever.
    seen = np.array([(one.wrong + 0.5) / (one.examples + 1) for one in points])[None]
    scale = learned / learned[-1]
    times = np.array([1.0, *AHEAD])
    found = _ahead(seen, scale, times)[0]
    draws = np.random.default_rng(seed).binomial(
        examples, np.clip(_ahead(seen, scale, scale)[0], 0, 1), (RESAMPLES, len(points))
    )
    again = _ahead((draws + 0.5) / (examples + 1), scale, times)
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
    enough = rounded(MATTERS * found[0])
    worth = None
    if rounded(float(least[1])) >= enough:
        worth = True
    elif rounded(float(most[-1])) < enough:
        worth = False
    return Extrapolation(list(points), ahead, worth)


def _ends(drawn: Values) -> Values:
    """Return between which bounds [2, t] the resamples [r, t] lie, but for the outermost."""
    ordered = np.sort(drawn, axis=0, kind="stable")
    return ordered[[round(end * (len(drawn) - 1)) for end in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)]]


def _ahead(errors: Values, scale: Values, times: Values) -> Values:
    """Return the errors [r, t] at `times` [t] of curves through errors [r, p] at `scale` [p].

    Of every steepness and floor the best factor is known; the best of them all is taken.
    """
    weight = 1 / np.maximum(errors * (1 - errors), 1e-6)
    best = np.full(len(errors), np.inf)
    found = np.zeros((len(errors), len(times)))
    for steepness in STEEPNESS:
        shape = scale**-steepness
        for part in FLOORS:
            floor = part * errors.min(axis=1, keepdims=True)
            above = (weight * shape * (errors - floor)).sum(axis=1)
            factor = np.maximum(above / (weight * shape**2).sum(axis=1), 0)[:, None]
            miss: Values = (weight * (floor + factor * shape - errors) ** 2).sum(axis=1)
            better = miss < best
            best = np.where(better, miss, best)
            curve = floor + factor * times**-steepness
            found = np.where(better[:, None], curve, found)
    return found
