"""Bootstrap, intervals and comparisons know only columns, whatever the target."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from samebits.metrics.comparison import paired
from samebits.metrics.intervals import measure, resample
from samebits.metrics.registry import Metric, Scored
from samebits.metrics.sample import Sample
from samebits.metrics.scores import value
from samebits.metrics.sums import Column, Labels, Sums, Values


@dataclass(frozen=True)
class Measured(Sample):
    """Numbers, and a network's answers."""

    true: Values
    said: Values
    groups: Labels
    partial: bool = False
    share: ClassVar[bool] = False

    @property
    def errors(self) -> Values:
        return np.abs(self.said - self.true)

    @property
    def strata(self) -> Labels:
        return np.zeros(len(self), dtype=np.int64)

    @property
    def scored(self) -> Scored:
        raise NotImplementedError

    def column(self, name: str) -> Column:
        assert name == "square"
        return Column(np.rint((self.said - self.true) ** 2 * 1e6), 1e6)


def rmse(sums: Sums) -> Values:
    return np.asarray(np.sqrt(sums["square"] / sums.examples))


RMSE = Metric("RMSE", "root of the mean square", False, "mean", rmse, summed="square")


def drawn(draw: np.random.Generator, count: int = 300, noise: float = 2.0) -> Measured:
    true = draw.standard_normal(count) * 10
    return Measured(true, true + noise * draw.standard_normal(count), np.arange(count))


def test_a_figure_of_numbers_covers_its_truth() -> None:
    draw, covered = np.random.default_rng(0), 0
    for seed in range(100):
        figure = measure(RMSE, drawn(draw), seed)
        covered += figure.low <= 2 <= figure.high
    assert 88 <= covered <= 100


def test_models_of_numbers_are_told_apart() -> None:
    draw = np.random.default_rng(0)
    worse = drawn(draw)
    better = replace(worse, said=worse.true + 0.8 * (worse.said - worse.true))
    a, b = (resample({"": RMSE}, sample, seed=0) for sample in (worse, better))
    assert paired(RMSE, a, b).judged().verdict == "better"
    assert paired(RMSE, a, a).judged().verdict == "cannot tell"
    # On the same resamples: what is hard for both cancels out.
    assert paired(RMSE, a, a).error == 0 < paired(RMSE, a, b).error < a.figures[""].error / 2


def test_a_part_of_numbers() -> None:
    whole = drawn(np.random.default_rng(0))
    far = whole.part(whole.errors > 2)
    assert far.partial and not whole.partial
    assert value(RMSE, far) > value(RMSE, whole) == pytest.approx(2, abs=0.2)
    assert whole.untold(RMSE) == "" and whole.remarks(["a"]) == {}


def test_few_examples_that_make_most_of_it_leave_few_degrees_of_freedom() -> None:
    whole = drawn(np.random.default_rng(0))
    said = whole.said.copy()
    said[:3] += 500
    assert replace(whole, said=said).freedom("square") == 8 < whole.freedom("square")
    assert whole.freedom("") == np.inf
