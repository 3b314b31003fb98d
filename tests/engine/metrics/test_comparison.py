"""A real difference is found, chance is not, and different examples are not compared."""

import math
from collections.abc import Callable
from statistics import stdev

import numpy as np
import pytest

from samebits.console.errors import UserError
from samebits.data.targets import Answers
from samebits.metrics import intervals
from samebits.metrics.class_predictions import ClassPredictions
from samebits.metrics.class_sample import ClassSample
from samebits.metrics.comparison import Paired, Spread, check_same, paired
from samebits.metrics.intervals import resample
from samebits.metrics.registry import METRICS
from samebits.metrics.scores import value

SIMULATIONS = 50
Made = Callable[..., ClassPredictions]


@pytest.fixture(autouse=True)
def _fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "REPLICATES", 200)


def pair(draw: np.random.Generator, count: int, gain: float) -> list[ClassSample]:
    """Two models; B errs less by `gain`."""
    return models(draw, count, [0.10, 0.10 - gain])


def models(draw: np.random.Generator, count: int, shares: list[float]) -> list[ClassSample]:
    """Models of ten classes with these shares of errors; the same examples are hard for all."""
    labels = np.arange(count) % 10
    hard = draw.random(count)
    samples = []
    for errors in shares:
        own = np.where(draw.random(count) < 0.8, hard, draw.random(count))
        answers = np.where(own < errors, (labels + 1) % 10, labels)
        samples.append(ClassSample(labels, answers, np.eye(10)[answers], np.arange(count)))
    return samples


def apart(name: str, a: ClassSample, b: ClassSample, seed: int) -> Paired:
    metric = METRICS[name]
    first, second = (resample({"": metric}, sample, seed) for sample in (a, b))
    return paired(metric, first, second)


def share(gain: float, metric: str) -> list[int]:
    draw = np.random.default_rng(0)
    pairs = [pair(draw, 1000, gain) for _ in range(SIMULATIONS)]
    return [apart(metric, a, b, seed).judged().gain for seed, (a, b) in enumerate(pairs)]


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_three_points_are_found_and_chance_is_not(metric: str) -> None:
    assert share(0.03, metric).count(1) >= 0.8 * SIMULATIONS
    assert share(0.0, metric).count(0) >= 0.92 * SIMULATIONS


def test_the_spread_over_seeds_takes_part() -> None:
    a, b = pair(np.random.default_rng(0), 2000, 0.06)
    difference = apart("accuracy", a, b, 0)
    assert difference.judged().gain == 1
    assert difference.judged(spreads=[Spread(0.05, 6)]).gain == 0


def test_the_luck_of_a_seed_is_no_idea() -> None:
    """Seven seeds of one recipe: six give the spread, A among them; B is the seventh."""
    draw, alone, known = np.random.default_rng(0), 0, 0
    for number in range(SIMULATIONS):
        errors = np.clip(0.10 + 0.02 * draw.standard_normal(7), 0.01, 1)
        several = models(draw, 1000, errors.tolist())
        scores = [value(METRICS["accuracy"], sample) for sample in several[:6]]
        difference = apart("accuracy", several[0], several[6], number)
        alone += difference.judged().gain != 0
        known += difference.judged(spreads=[Spread(stdev(scores), 6)]).gain != 0
    # As models they do differ, so this is not a mistake.
    assert alone > 0.2 * SIMULATIONS
    assert known <= 0.06 * SIMULATIONS


def test_a_spread_that_few_seeds_know_is_doubted() -> None:
    """Welch and Satterthwaite: the fewer seeds, the wider, and never narrower than without."""
    a, b = pair(np.random.default_rng(0), 2000, 0.06)
    difference = apart("accuracy", a, b, 0)
    widths = [
        interval.high - interval.low
        for interval in (
            difference.judged(),
            *(difference.judged(spreads=[Spread(0.02, seeds)]) for seeds in (1000, 10, 3)),
        )
    ]
    assert widths == sorted(widths)
    # 2.776 is the bound of Student's t with 4 degrees of freedom, two sides of 5 %.
    alone = Paired(0.1, 0.0, 999, 2000, True).judged(spreads=[Spread(0.02, 5)])
    assert alone.high - 0.1 == pytest.approx(2.776 * 0.02 * math.sqrt(2), rel=1e-3)


def test_a_spread_of_each() -> None:
    pair = Paired(0.1, 0.01, 999, 2000, True)
    same, both = Spread(0.02, 6), [Spread(0.02, 6), Spread(0.02, 6)]
    shared, apart = pair.judged(spreads=[same]), pair.judged(spreads=both)
    # The same variance, from twice as many seeds.
    assert apart.high < shared.high
    assert pair.judged(spreads=[Spread(0.0, 6), Spread(0.0, 6)]) == pair.judged()


def test_lower_may_be_better() -> None:
    a, b = pair(np.random.default_rng(0), 2000, 0.06)
    verdict = apart("log_loss", a, b, 0).judged()
    assert (verdict.value < 0, verdict.verdict) == (True, "better")
    assert apart("log_loss", b, a, 0).judged().verdict == "worse"


def test_the_same_model_twice() -> None:
    a, _ = pair(np.random.default_rng(0), 500, 0.0)
    verdict = apart("accuracy", a, a, 0).judged()
    assert (verdict.value, verdict.verdict, verdict.more) == (0, "cannot tell", None)


def test_the_last_bits_are_no_difference() -> None:
    assert Paired(1e-17, 0.01, 400, 500, True).judged().more is None
    assert Paired(1e-4, 0.01, 400, 500, True).judged().more is not None


def test_more_examples_would_settle_it() -> None:
    a, b = pair(np.random.default_rng(3), 200, 0.03)
    verdict = apart("accuracy", a, b, 0).judged()
    assert verdict.verdict == "cannot tell"
    assert verdict.more is not None
    assert math.isfinite(verdict.more)
    assert verdict.more > 0


def test_no_number_of_examples_outweighs_the_seed() -> None:
    a, b = pair(np.random.default_rng(3), 200, 0.03)
    difference = apart("accuracy", a, b, 0)
    few, many = difference.judged(), difference.judged(spreads=[Spread(0.001, 6)])
    assert few.more is not None and many.more is not None
    assert few.more < many.more
    assert difference.judged(spreads=[Spread(0.05, 6)]).more is None


def test_different_examples_are_refused(made: Made) -> None:
    labels = np.array([0, 1, 0, 1], dtype=np.int64)
    a, other = made(labels, np.eye(2)[labels]), made(1 - labels, np.eye(2)[labels])
    check_same((Answers("class", ["a", "b"]), a), (Answers("class", ["a", "b"]), a))
    with pytest.raises(UserError, match=r"different examples.*run one of them again"):
        check_same((Answers("class", ["a", "b"]), a), (Answers("class", ["a", "b"]), other))
    with pytest.raises(UserError, match="A has the classes a, b and B a, c"):
        check_same((Answers("class", ["a", "b"]), a), (Answers("class", ["a", "c"]), a))
