"""Metrics of numbers are the usual ones, and their intervals cover the truth."""

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sklearn

from samebits.console.errors import UserError
from samebits.metrics.comparison import paired
from samebits.metrics.intervals import measure, resample
from samebits.metrics.number_sample import NumberSample, whole
from samebits.metrics.registry import METRICS, ScoredNumbers, mean_of, metrics_of, number_of
from samebits.metrics.scores import decimals_for, decimals_of, find, value

NAMES = ("rmse", "mae", "median_absolute_error", "r2")
# Of errors from a normal distribution with deviation 2, around a truth with deviation 10.
TRUTH = {
    "rmse": 2.0,
    "mae": 2 * math.sqrt(2 / math.pi),
    "median_absolute_error": 2 * 0.6744898,
    "r2": 1 - 4 / 100,
}


def drawn(draw: np.random.Generator, count: int = 200, together: int = 1) -> NumberSample:
    truth = 1000 + 10 * draw.standard_normal(count)
    return NumberSample(
        truth, truth + 2 * draw.standard_normal(count), np.arange(count, dtype=np.int64) // together
    )


def test_they_stand_in_this_order_and_are_of_numbers_alone() -> None:
    assert tuple(metrics_of("number")) == NAMES
    assert not {*NAMES} & {*metrics_of("class")}


def test_they_are_those_of_scikit_learn() -> None:
    sample = drawn(np.random.default_rng(0))
    pair = (sample.truth, sample.answers)
    expected = (
        sklearn.root_mean_squared_error(*pair),
        sklearn.mean_absolute_error(*pair),
        sklearn.median_absolute_error(*pair),
        sklearn.r2_score(*pair),
    )
    for name, number in zip(NAMES, expected, strict=True):
        assert value(METRICS[name], sample) == pytest.approx(number, rel=1e-9), name


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e60])
@pytest.mark.parametrize("far", [0.0, 1e6])
def test_neither_the_unit_nor_the_mean_matters(unit: float, far: float) -> None:
    sample = drawn(np.random.default_rng(0))
    moved = NumberSample(unit * (sample.truth + far), unit * (sample.answers + far), sample.groups)
    for name in NAMES:
        times = 1 if name == "r2" else unit
        assert value(METRICS[name], moved) == pytest.approx(
            times * value(METRICS[name], sample), rel=1e-6
        )
    figure = measure(METRICS["rmse"], moved, 0)
    assert figure.decimals == decimals_for(figure.high)
    assert figure.rounded() == pytest.approx(figure.value, rel=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_an_interval_covers_what_is_true_of_all_examples(name: str) -> None:
    draw, covered = np.random.default_rng(0), 0
    for seed in range(100):
        figure = measure(METRICS[name], drawn(draw), seed)
        covered += figure.low <= TRUTH[name] <= figure.high
    assert 89 <= covered <= 99


def test_examples_of_one_group_tell_less() -> None:
    """Errors that are the same in a group: of 200 examples, 20 count."""
    draw, covered = np.random.default_rng(0), 0
    for seed in range(100):
        truth, errors = draw.standard_normal(200), np.repeat(2 * draw.standard_normal(20), 10)
        sample = NumberSample(truth, truth + errors, np.arange(200, dtype=np.int64) // 10)
        figure = measure(METRICS["mae"], sample, seed)
        covered += figure.low <= TRUTH["mae"] <= figure.high
    assert 86 <= covered <= 99


def test_sums_are_whole_numbers_that_no_order_moves() -> None:
    draw = np.random.default_rng(0)
    sample = drawn(draw, 500)
    for name in ("error", "square", "true", "true_square"):
        column = sample.column(name)
        assert (column.values == np.rint(column.values)).all()
        assert math.frexp(column.per)[0] == 0.5  # a power of two
        assert np.abs(column.values).max() * 500 <= 2**52
        weights = draw.integers(0, 4, (3, 500)).astype(float)
        order = draw.permutation(500)
        turned = replace(column, values=column.values[order])
        assert (column.sums(weights) == turned.sums(weights[:, order])).all()
    assert sample.column("error").values / sample.column("error").per == pytest.approx(
        sample.errors, abs=1e-11
    )


@pytest.mark.parametrize("largest", [0.0, 5e-324, 1e-300, 1e276])
def test_columns_of_any_size(largest: float) -> None:
    column = whole(np.array([largest, 0.0]), 10**6)
    assert np.isfinite(column.values).all() and column.per > 0
    assert column.sums(np.ones((1, 2)))[0] == pytest.approx(largest, rel=1e-6, abs=1e-280)


def test_perfect_answers() -> None:
    truth = np.array([1.0, 2.0, 3.0, 4.0])
    sample = NumberSample(truth, truth, np.arange(4))
    figures = resample(metrics_of("number"), sample, 0).figures
    assert [figures[name].value for name in NAMES] == [0, 0, 0, 1]
    assert [figures[name].interval() for name in NAMES] == [[0, 0], [0, 0], [0, 0], [1, 1]]


def test_where_all_are_the_same_nothing_is_explained() -> None:
    sample = NumberSample(np.full(4, 7.0), np.array([7.0, 8, 6, 7]), np.arange(4))
    assert "has the same true number" in sample.untold(METRICS["r2"])
    assert sample.untold(METRICS["rmse"]) == ""
    assert value(METRICS["r2"], sample) == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        resample(metrics_of("number"), sample, 0)


def test_outliers_leave_few_degrees_of_freedom() -> None:
    sample = drawn(np.random.default_rng(0))
    answers = sample.answers.copy()
    answers[:2] += 1000
    assert replace(sample, answers=answers).freedom("square") == 8 < sample.freedom("square")


def test_models_are_told_apart() -> None:
    worse = drawn(np.random.default_rng(0))
    better = replace(worse, answers=worse.truth + 0.8 * (worse.answers - worse.truth))
    for name in NAMES:
        metric = METRICS[name]
        a, b = (resample({"": metric}, sample, seed=0) for sample in (worse, better))
        difference = paired(metric, a, b)
        assert (difference.judged().verdict, difference.judged().gain) == ("better", 1), name
        assert paired(metric, a, a).judged().more is None
        assert difference.decimals == min(a.figures[""].decimals, b.figures[""].decimals) > 6


def test_metrics_of_ones_own() -> None:
    def off(scored: ScoredNumbers) -> np.ndarray:
        return np.abs(scored.answers - scored.truth) > 2

    def ratio(scored: ScoredNumbers) -> float:
        return float(scored.answers.mean() / scored.truth.mean())

    sample = drawn(np.random.default_rng(0))
    share = mean_of("off", off, higher_is_better=False, between_0_and_1=True)
    ratio_metric = number_of("ratio", ratio, higher_is_better=True)
    figures = resample({"off": share, "ratio": ratio_metric}, sample, 0).figures
    assert 0 < figures["off"].low < figures["off"].value < figures["off"].high < 1
    assert figures["ratio"].value == pytest.approx(1, abs=0.001)


def test_what_there_is_for_numbers() -> None:
    with pytest.raises(UserError, match="of a number `macro_f1`: choose one of rmse"):
        find("macro_f1", target="number")
    with pytest.raises(UserError, match=r"unknown metric of a number `recall\[cat\]`"):
        find("recall[cat]", [], "number")
    with pytest.raises(UserError, match="of a class `rmse`: choose one of macro_f1"):
        find("rmse", ["a"], "class")
    with pytest.raises(UserError, match=r"unknown metric `rsme`.* did you mean `rmse`"):
        find("rsme", target="number")


@pytest.mark.parametrize(
    ("size", "decimals"), [(0.0, 8), (1.0, 8), (9.99e4, 4), (1e5, 3), (1e12, -4), (3e-8, 16)]
)
def test_nine_digits(size: float, decimals: int) -> None:
    assert decimals_for(size) == decimals
    sample = drawn(np.random.default_rng(0))
    assert decimals_of(sample, -size, size / 2) == decimals
    assert decimals_of(sample, 0.0, size, -size) == decimals
    # The few digits of the figure that a far end leaves are shown.
    assert decimals_of(sample, size, -1e3 * size) == min(decimals, decimals_for(1e3 * size) + 4)
