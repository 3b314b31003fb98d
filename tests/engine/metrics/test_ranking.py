"""Accepted models by score, with ties and a correction for many."""

import numpy as np
import pytest

from samebits.metrics.class_sample import ClassSample
from samebits.metrics.comparison import Spread
from samebits.metrics.intervals import resample
from samebits.metrics.ranking import Candidate, corrected, rank
from samebits.metrics.registry import METRICS

LABELS = np.arange(400) % 4


def candidate(
    name: str, wrong: int, accepted: bool | None = True, spread: Spread | None = None
) -> Candidate:
    answers = np.where(np.arange(400) < wrong, (LABELS + 1) % 4, LABELS)
    sample = ClassSample(LABELS, answers, np.eye(4)[answers], np.arange(400))
    drawn = resample({"": METRICS["accuracy"]}, sample, seed=0)
    return Candidate(name, 1 - wrong / 400, accepted, drawn, spread)


def test_places() -> None:
    given = [
        candidate("bad", 90),
        candidate("rejected", 0, accepted=False),
        candidate("near", 11),
        candidate("best", 10),
        candidate("unmeasured", 12, accepted=None),
    ]
    places = [(place.candidate.name, place.place) for place in rank(given, METRICS["accuracy"])]
    assert places == [("best", 1), ("near", 1), ("unmeasured", 1), ("bad", 4), ("rejected", 0)]


def test_many_candidates_need_more_evidence() -> None:
    two = [candidate("a", 0), candidate("b", 7)]
    assert [place.place for place in rank(two, METRICS["accuracy"])] == [1, 2]
    many = [*two, *(candidate(f"c{number:02d}", 40) for number in range(40))]
    assert [place.place for place in rank(many, METRICS["accuracy"])][:3] == [1, 1, 3]


def test_one_spread_over_seeds_is_not_known_twice() -> None:
    # Three seeds of one commit, from which both started, leave two degrees of freedom and not four.
    known = Spread(0.012, 3)
    both = [candidate("a", 0, spread=known), candidate("b", 20, spread=known)]
    known_once = [candidate("a", 0, spread=known), candidate("b", 20)]
    for given in (both, known_once):
        assert [place.place for place in rank(given, METRICS["accuracy"])] == [1, 1]
    known = Spread(0.012, 5)
    both = [candidate("a", 0, spread=known), candidate("b", 20, spread=known)]
    assert [place.place for place in rank(both, METRICS["accuracy"])] == [1, 2]


def test_the_correction() -> None:
    assert corrected(1) == corrected(2) == pytest.approx(0.95)
    assert corrected(11) == pytest.approx(0.995)
