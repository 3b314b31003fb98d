"""Shares of mistakes, and differences of two: how certain they are."""

import numpy as np
import pytest

from samebits.metrics.intervals import wilson
from samebits.metrics.proportions import Measured, measured, newcombe

ALONE = np.arange(1000)


def test_groups_tell_less() -> None:
    wrong = np.zeros(1000)
    wrong[:200] = 1
    alone = measured("dev", wrong, ALONE)
    grouped = measured("dev", wrong, ALONE // 100)
    assert alone.error == grouped.error == 0.2
    assert grouped.high - grouped.low > 4 * (alone.high - alone.low)


def test_groups_that_tell_nothing_new_change_little() -> None:
    wrong = np.arange(1000) % 5 == 0
    alone, other = (measured("dev", wrong.astype(float), to) for to in (ALONE, ALONE // 5))
    assert other.high <= alone.high + 0.01


def test_one_group_tells_as_much_as_one_example() -> None:
    # A float cannot hold a third; its rounding error is not a spread over groups.
    for wrong in (np.arange(30) % 3 == 0, np.arange(30) % 2 == 0):
        error = measured("dev", wrong.astype(float), np.zeros(30, dtype=np.int64))
        assert error.low < 0.005
        assert error.high > 0.98


def test_groups_that_are_all_alike_are_so_whatever_their_share() -> None:
    for part in (2, 3, 5):
        wrong = (np.arange(60) % part == 0).astype(float)
        grouped, alone = (measured("dev", wrong, ALONE[:60] // to) for to in (part, 1))
        assert alone.examples == grouped.examples
        assert grouped.high < alone.high + 0.02


def test_no_mistake_leaves_room_for_some() -> None:
    error = measured("dev", np.zeros(100), ALONE[:100])
    assert (error.error, error.low) == (0, 0)
    assert 0.02 < error.high < 0.05


def test_newcombes_own_example() -> None:
    """Table II, method 10: 56/70 less 48/80 has the interval 0.0524 to 0.3339."""
    end = Measured("a", 56 / 70, *wilson(56 / 70, 70, 1.959964), 70)
    start = Measured("b", 48 / 80, *wilson(48 / 80, 80, 1.959964), 80)
    assert newcombe(start, end) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_intervals_cover_the_truth() -> None:
    """About 95 % of the 95 % intervals of a difference contain the true one."""
    draw, held = np.random.default_rng(0), 0
    for _ in range(400):
        start, end = (
            measured("", (draw.random(200) < share).astype(float), ALONE[:200])
            for share in (0.05, 0.12)
        )
        low, high = newcombe(start, end)
        held += low <= 0.07 <= high
    assert 0.92 <= held / 400 <= 0.98


def test_the_mean_of_amounts_covers_its_truth() -> None:
    """For skewed errors, alone and in groups."""
    draw = np.random.default_rng(0)
    for groups in (np.arange(100), np.arange(100) // 5):
        covered = 0
        for _ in range(400):
            shared = draw.exponential(1, 100)[groups]
            errors = 0.5 * shared + 0.5 * draw.exponential(1, 100)
            error = measured("", errors, groups, share=False)
            assert error.error == pytest.approx(errors.mean())
            covered += error.low <= 1 <= error.high
        assert 0.915 <= covered / 400 <= 0.985


def test_amounts_of_one_unit_and_of_any_size() -> None:
    error = measured("", np.array([3.0]), np.array([0]), share=False)
    assert 0 < error.low < 0.001 < 3 < error.high < 1e7
    tiny = measured("", np.array([3e-9, 4e-9, 8e-9]), np.arange(3), share=False)
    assert tiny.record()["error"] == 5e-9
    low, high = tiny.record()["interval"]
    assert 0 < low < 5e-9 < high
    assert measured("", np.zeros(3), np.arange(3), share=False).interval() == [0, 0]


def test_the_difference_of_two_means_covers_its_truth() -> None:
    draw, covered = np.random.default_rng(0), 0
    for _ in range(400):
        sides = [
            measured("", draw.exponential(size, count), np.arange(count), share=False)
            for size, count in ((1.0, 60), (1.5, 120))
        ]
        low, high = newcombe(*sides)
        covered += low <= 0.5 <= high
    assert 0.915 <= covered / 400 <= 0.985
