"""Gaps between the links of the chain: found where they are real, not where they are chance."""

from collections.abc import Callable

import numpy as np
import pytest

from samebits.data.splits import SPLITS
from samebits.diagnosis import gaps as chain
from samebits.diagnosis.gaps import gaps, largest, target
from samebits.metrics.class_predictions import ClassPredictions
from samebits.metrics.proportions import Measured

Made = Callable[..., ClassPredictions]


def errors(
    made: Made, count: int, *shares: float
) -> tuple[list[Measured], dict[str, ClassPredictions]]:
    """A chain from a target of 5 %, and predictions with these numbers of mistakes by data set."""
    labels = np.arange(count, dtype=np.int64) % 2
    predictions = {}
    for name, share in zip(SPLITS, shares, strict=True):
        answers = np.where(np.arange(count) < round(share * count), 1 - labels, labels)
        predictions[name] = made(labels, np.eye(2)[answers])
    errors = [chain.together(predictions, (name,)) for name in SPLITS]
    return [target(0.05), *errors], predictions


def named(made: Made, count: int, *shares: float, apart: bool = True) -> str | None:
    steps, predictions = errors(made, count, *shares)
    gap = largest(gaps(steps, predictions, apart))
    return gap.link.name if gap else None


@pytest.mark.parametrize(
    ("shares", "link"),
    [
        ((0.30, 0.32, 0.33, 0.33), "bias"),
        ((0.01, 0.20, 0.21, 0.22), "variance"),
        ((0.01, 0.03, 0.25, 0.26), "mismatch"),
        ((0.04, 0.05, 0.04, 0.25), "dev"),
        ((0.05, 0.05, 0.05, 0.05), None),
        ((0.30, 0.50, 0.51, 0.52), "bias"),
        ((0.10, 0.50, 0.51, 0.52), "variance"),
    ],
)
def test_the_largest_gap(made: Made, shares: tuple[float, ...], link: str | None) -> None:
    assert named(made, 1000, *shares) == link


def test_what_chance_may_have_made_is_no_gap(made: Made) -> None:
    assert named(made, 20, 0.05, 0.15, 0.15, 0.20) is None
    assert named(made, 2000, 0.05, 0.15, 0.15, 0.20) == "variance"


def test_what_is_too_small_to_matter_is_no_gap(made: Made) -> None:
    steps, predictions = errors(made, 20000, 0.20, 0.21, 0.21, 0.21)
    steps_up = gaps(steps, predictions, apart=True)
    assert steps_up[1].low > 0
    assert [gap.real for gap in steps_up] == [True, False, False, False]


def test_of_one_source_both_data_sets_tell_the_variance(made: Made) -> None:
    """Between train-dev and dev there is then only chance; with two sources it is mismatch."""
    shares = (0.00, 0.01, 0.20, 0.20)
    assert named(made, 100, *shares, apart=True) == "mismatch"
    assert named(made, 100, 0.00, 0.06, 0.20, 0.20, apart=False) == "variance"
    steps, predictions = errors(made, 100, 0.00, 0.06, 0.20, 0.20)
    variance = gaps(steps, predictions, apart=False)[1]
    assert variance.end.name == "train_dev and dev"
    assert variance.value == 0.13


def test_of_one_source_only_what_chance_hardly_does_is_mismatch(made: Made) -> None:
    steps, predictions = errors(made, 1000, 0.0, 0.05, 0.072, 0.072)
    assert gaps(steps, predictions, apart=True)[2].real
    assert not gaps(steps, predictions, apart=False)[2].real
    steps, predictions = errors(made, 1000, 0.0, 0.05, 0.30, 0.30)
    assert gaps(steps, predictions, apart=False)[2].real


def test_a_dev_set_that_was_used_up_hides_no_gap_behind_variance(made: Made) -> None:
    """Train-dev, which was not used for selection, does as badly as test; dev does not show it."""
    assert named(made, 500, 0.06, 0.30, 0.07, 0.30, apart=True) == "dev"


def test_of_one_source_train_dev_tells_as_well_as_test_that_dev_flatters(made: Made) -> None:
    steps, predictions = errors(made, 120, 0.05, 0.24, 0.15, 0.24)
    assert not gaps(steps, predictions, apart=True)[3].real
    gap = gaps(steps, predictions, apart=False)[3]
    assert gap.real
    assert gap.end.name == "train_dev and test"
