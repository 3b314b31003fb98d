"""Sums over weightings: the same as repeating the examples, in whole numbers."""

import numpy as np
import pytest

from samebits.metrics.class_sample import ClassSample, placements
from samebits.metrics.registry import metrics_of
from samebits.metrics.sums import numbered

METRICS = metrics_of("class")


def sample() -> ClassSample:
    draw = np.random.default_rng(0)
    labels, rows = draw.integers(0, 3, 60), draw.dirichlet([1, 1, 1], 60)
    return ClassSample(labels, rows.argmax(axis=1), rows, np.arange(60))


def test_sums_are_whole_numbers_whatever_adds_them_up() -> None:
    """So that no processor or library can find others."""
    whole = sample()
    weights = np.random.default_rng(1).integers(0, 3, (5, 60)).astype(float)
    totals = whole.sums(weights)
    for values, sums, unit in (
        (whole._losses, totals["loss"], 1e8),
        (whole._areas, totals["area"], 1e8),
        (whole._gaps, totals["gaps"].sum(axis=1), 1e6),
    ):
        exact = weights.astype(int) @ values.astype(int)
        assert (values == np.rint(values)).all()
        assert (sums * unit).round().astype(int).tolist() == exact.tolist()


@pytest.mark.parametrize("name", [name for name in METRICS if name != "roc_auc"])
def test_a_weight_is_so_many_examples(name: str) -> None:
    whole, compute = sample(), METRICS[name].compute
    assert compute is not None
    times = np.random.default_rng(1).integers(0, 3, 60)
    weighted = compute(whole.sums(times[None].astype(float)))
    assert weighted.tolist() == compute(whole.repeated(times).sums()).tolist()


def test_the_order_of_examples_moves_no_sum() -> None:
    whole = sample()
    turned = whole.repeated(np.ones(60, dtype=np.int64)).part(np.ones(60, dtype=bool))
    order = np.random.default_rng(2).permutation(60)
    mixed = ClassSample(
        whole.labels[order], whole.answers[order], whole.probabilities[order], order
    )
    for name, metric in METRICS.items():
        assert metric.compute is not None
        values = [metric.compute(sample.sums()).tolist() for sample in (whole, turned, mixed)]
        if name == "roc_auc":  # its parts are means, in which rounding can move the last digit
            assert values[2] == pytest.approx(values[0], abs=1e-7)
        else:
            assert values[0] == values[1] == values[2]


def test_groups_are_numbered_and_those_without_one_stand_alone() -> None:
    assert numbered(["a", "", "b", "a", ""]).tolist() == [0, 1, 2, 0, 3]


def test_placements_by_hand() -> None:
    values, positive = np.array([0.9, 0.4, 0.4, 0.1]), np.array([True, True, False, False])
    assert placements(values, positive).tolist() == [1, 0.75, 0.75, 1]
