"""Candidates in order: the accepted ones by score, tied where the data cannot tell."""

from collections.abc import Sequence
from dataclasses import dataclass

from .comparison import Spread, paired
from .intervals import LEVEL, Resampled
from .registry import Metric


@dataclass(frozen=True)
class Candidate:
    """A model with its score; `accepted` is None where a constraint was not measured here.

    `spread` is how much the seed moves its score, if known; `resampled` holds the metric on the
    same examples under the name "".
    """

    name: str
    score: float
    accepted: bool | None
    resampled: Resampled
    spread: Spread | None = None


@dataclass(frozen=True)
class Ranked:
    """A candidate's place: 1 for the best and all that tie with it, 0 for not accepted."""

    candidate: Candidate
    place: int


def rank(candidates: Sequence[Candidate], metric: Metric) -> list[Ranked]:
    """Return the candidates in order.

    Each is compared with the best. The more are tried, the luckier the best of them is, so the
    comparisons share the 5 % of errors that they may make together (Bonferroni). A known spread
    over seeds counts as uncertainty, too.
    """
    sign = -1 if metric.higher_is_better else 1
    ordered = sorted(
        candidates,
        key=lambda candidate: (candidate.accepted is False, sign * candidate.score, candidate.name),
    )
    taken = [candidate for candidate in ordered if candidate.accepted is not False]
    level, places = corrected(len(taken)), list[Ranked]()
    for position, candidate in enumerate(taken):
        tied = position == 0 or not _gain(metric, taken[0], candidate, level)
        places.append(Ranked(candidate, 1 if tied else position + 1))
    return places + [Ranked(candidate, 0) for candidate in ordered if candidate.accepted is False]


def corrected(count: int) -> float:
    """Return the level of each of `count` - 1 comparisons with the best."""
    return 1 - (1 - LEVEL) / max(count - 1, 1)


def _gain(metric: Metric, best: Candidate, candidate: Candidate, level: float) -> int:
    # A spread that was measured once and serves both models counts once.
    known = dict.fromkeys(model.spread for model in (best, candidate) if model.spread is not None)
    return paired(metric, best.resampled, candidate.resampled).judged(level, [*known]).gain
