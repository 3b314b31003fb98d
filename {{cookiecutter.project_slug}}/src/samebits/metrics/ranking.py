"""All candidates in order: the accepted by score, with ties where the data cannot tell."""

from collections.abc import Sequence
from dataclasses import dataclass

from .comparison import Spread, paired
from .intervals import LEVEL, Resampled
from .registry import Metric


@dataclass(frozen=True)
class Candidate:
    """A model with its score; `accepted` is None where a constraint was not measured here.

    `spread` is what is known of what the seed moves in its score, `resampled` the test examples
    with the metric under "".
    """

    name: str
    score: float
    accepted: bool | None
    resampled: Resampled
    spread: Spread | None = None


@dataclass(frozen=True)
class Place:
    """A candidate's place: 1 is the best and whoever cannot be told from it, 0 is not accepted."""

    candidate: Candidate
    place: int


def rank(candidates: Sequence[Candidate], metric: Metric) -> list[Place]:
    """Return the candidates in order.

    Each is compared with the best. The more are tried, the luckier the best of them is, so each
    comparison is held to a part of the 5 % of errors that all together may make (Bonferroni).
    Where a spread over seeds is known, who cannot be told from the best in spite of it is tied.
    """
    sign = -1 if metric.higher_is_better else 1
    ordered = sorted(
        candidates, key=lambda one: (one.accepted is False, sign * one.score, one.name)
    )
    taken = [one for one in ordered if one.accepted is not False]
    level, places = corrected(len(taken)), list[Place]()
    for position, one in enumerate(taken):
        tied = position == 0 or not _gain(metric, taken[0], one, level)
        places.append(Place(one, 1 if tied else position + 1))
    return places + [Place(one, 0) for one in ordered if one.accepted is False]


def corrected(count: int) -> float:
    """Return the level of each of `count` - 1 comparisons with the best."""
    return 1 - (1 - LEVEL) / max(count - 1, 1)


def _gain(metric: Metric, best: Candidate, one: Candidate, level: float) -> int:
    # What was measured once for both is not known twice as well.
    known = dict.fromkeys(each.spread for each in (best, one) if each.spread is not None)
    return paired(metric, best.resampled, one.resampled).judged(level, [*known]).gain
