"""What an epoch sees follows from the seed, the epoch and the labels alone."""

from collections import Counter

import numpy as np
import pytest

from samebits.core.random import permutation
from samebits.data.sampling import draws, shares

LABELS = np.array([0] * 80 + [2] * 16 + [3] * 4, dtype=np.int64)
COUNT = len(LABELS)


def seen(balance: float, epoch: int = 0, seed: int = 0) -> list[int]:
    """How often each class is drawn."""
    counts = Counter(LABELS[draws(seed, epoch, LABELS, balance) % COUNT].tolist())
    return [counts[label] for label in range(4)]


def test_without_balance_each_example_is_drawn_once() -> None:
    order = draws(3, 5, LABELS, 0.0)
    assert order.tolist() == permutation(3, "order", 5, COUNT).tolist()


@pytest.mark.parametrize(
    ("balance", "expected"),
    # In proportion to 80, 16 and 4; to their roots, 8.94, 4 and 2; equally.
    [(0.0, [80, 0, 16, 4]), (0.5, [60, 0, 27, 13]), (1.0, [34, 0, 33, 33])],
)
def test_how_often_classes_are_seen(balance: float, expected: list[int]) -> None:
    assert seen(balance) == expected == seen(balance, epoch=1, seed=9)


def test_no_example_of_a_class_is_drawn_again_before_all_were() -> None:
    counts = Counter((draws(0, 0, LABELS, 1.0) % COUNT).tolist())
    for label in (2, 3):
        times = [counts[at] for at in np.flatnonzero(label == LABELS).tolist()]
        assert max(times) - min(times) <= 1 and min(times) >= 2
    assert max(counts[at] for at in range(80)) == 1


def test_what_is_drawn_again_has_another_number() -> None:
    order = draws(0, 0, LABELS, 1.0).tolist()
    assert len({*order}) == len(order) == COUNT
    assert max(order) >= 8 * COUNT  # four examples, drawn 33 times


def test_epochs_and_seeds_differ_and_repeat() -> None:
    first, again = (draws(0, 0, LABELS, 1.0).tolist() for _ in range(2))
    assert first == again
    others = [draws(*at, LABELS, 1.0).tolist() for at in ((0, 1), (1, 0), (1, 1))]
    assert first not in others and len({*map(str, others)}) == 3
    rare = [{*(draws(0, epoch, LABELS, 1.0) % COUNT).tolist()} for epoch in range(2)]
    assert rare[0] != rare[1]  # another third of the large class


def test_the_first_draws_are_those_of_every_release() -> None:
    assert draws(0, 0, LABELS, 0.5)[:8].tolist() == [37, 9, 84, 56, 18, 24, 3, 396]


def test_classes_come_mixed() -> None:
    labels = LABELS[draws(0, 0, LABELS, 1.0) % COUNT]
    assert all(len({*labels[at : at + 20].tolist()}) == 3 for at in range(0, COUNT, 20))


@pytest.mark.parametrize("balance", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("sizes", [[1, 1, 1], [5, 0, 2], [7], [999_999, 1, 3], [3, 3, 4]])
def test_shares_add_up(sizes: list[int], balance: float) -> None:
    parts = shares(sizes, balance)
    assert sum(parts) == sum(sizes)
    assert all((share == 0) == (size == 0) for share, size in zip(parts, sizes, strict=True))
