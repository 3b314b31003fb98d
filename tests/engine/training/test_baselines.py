"""Simple models learn from training examples alone, and from not too many."""

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from samebits.data.loader import Split
from samebits.training import baselines, class_target
from samebits.training.baselines import Said
from samebits.training.linear_model import Linear
from samebits.training.softmax_regression import fit
from samebits.training.target_base import target_of


def made(labels: list[int], seed: int = 0) -> Split:
    """Noise around a brightness that tells the class."""
    numbers = np.array(labels, dtype=np.int64)
    noise = np.random.default_rng(seed).integers(0, 60, (len(labels), 1, 40, 40))
    images = (noise + 90 * numbers[:, None, None, None]).astype(np.uint8)
    return Split({"image": images}, numbers, ["a", "b", "c"], "version")


TRAIN = made(sorted([0, 1, 1, 2] * 30))
MOST = baselines.MOST_EXAMPLES


def earned(others: Mapping[str, Split]) -> Mapping[str, Said]:
    return target_of(TRAIN).baselines(TRAIN, others)


def test_the_majority_is_that_of_training() -> None:
    score = earned({"dev": made([0, 0, 2]), "test": made([0])})["majority class"]
    assert score["dev"].tolist() == [[0.25, 0.5, 0.25]] * 3
    assert score["test"].shape == (1, 3)


def test_the_regression_learns_and_says_the_same_again() -> None:
    dev = made([0, 1, 2] * 10, seed=1)
    first, again = (earned({"dev": dev})["logistic regression on pixels"]["dev"] for _ in range(2))
    assert (first.argmax(axis=1) == dev.labels).mean() > 0.9
    assert (first == again).all()


def test_of_very_many_examples_some_are_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[NDArray[np.uint8], NDArray[np.int64], int]] = []

    def noted(images: NDArray[np.uint8], labels: NDArray[np.int64], classes: int) -> Linear:
        seen.append((images, labels, classes))
        return fit(images, labels, classes)

    monkeypatch.setattr(baselines, "MOST_EXAMPLES", 50)
    monkeypatch.setattr(baselines, "CHUNK", 20)
    monkeypatch.setattr(class_target, "fit", noted)
    earned({})
    images, labels, classes = seen[0]
    assert images.shape == (50, 1, 20, 20)
    assert classes == 3
    # From everywhere, and each with its own label.
    assert np.bincount(labels).tolist() == [13, 25, 12]
    assert (np.abs(images.mean(axis=(1, 2, 3)) - 90 * labels - 29.5) < 5).all()
    assert MOST == 20_000
