"""The linear model learns, gives probabilities, and knows nothing about what it has not seen."""

import numpy as np
import torch
from numpy.typing import NDArray

from samebits.core.resize import shrink
from samebits.data.features import SIDE, Features, features
from samebits.data.shards import Shards
from samebits.training.linear_model import Linear, Scaling
from samebits.training.softmax_regression import fit, out_of_fold, probabilities

PIXELS = Scaling.of(np.zeros((1, 1, 1, 1), dtype=np.uint8))


def bright(count: int, side: int = 6) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Noise around a brightness that tells which of three classes."""
    labels = np.arange(count, dtype=np.int64) % 3
    noise = np.random.default_rng(0).integers(0, 60, (count, 1, side, side))
    return (noise + 90 * labels[:, None, None, None]).astype(np.uint8), labels


def test_it_learns() -> None:
    images, labels = bright(300)
    model = fit(images[:200], labels[:200], 3)
    rows = probabilities(model, images[200:])
    assert rows.shape == (100, 3)
    assert np.allclose(rows.sum(axis=1), 1, atol=1e-6)
    assert (rows.argmax(axis=1) == labels[200:]).mean() > 0.95


def test_two_fits_are_one_to_the_bit() -> None:
    images, labels = bright(150)
    first, second = (fit(images, labels, 3) for _ in range(2))
    assert first.weight.numpy().tobytes() == second.weight.numpy().tobytes()
    assert first.bias.numpy().tobytes() == second.bias.numpy().tobytes()


def test_shards_are_read_as_one_array() -> None:
    images, labels = bright(90)
    shards = Features({"image": Shards([images[:40], images[40:80], images[80:]])})
    whole, parts = fit(images, labels, 3), fit(shards, labels, 3)
    assert whole.weight.equal(parts.weight)
    assert (probabilities(whole, images) == probabilities(parts, shards)).all()


def test_the_bits_of_an_example_do_not_depend_on_how_many_there_are() -> None:
    images = np.random.default_rng(0).integers(0, 256, (150, 1, SIDE, SIDE), dtype=np.uint8)
    drawn = torch.Generator().manual_seed(0)
    model = Linear(PIXELS, torch.randn(SIDE**2, 10, generator=drawn) / SIDE, torch.zeros(10))
    whole = probabilities(model, images)
    for count in range(1, 140):
        assert (probabilities(model, images[:count]) == whole[:count]).all(), count


def test_an_example_says_nothing_about_itself_out_of_fold() -> None:
    images, labels = bright(120)
    folds = np.arange(120, dtype=np.int64) // 40
    before = out_of_fold(images, labels, 3, folds)
    changed = labels.copy()
    changed[folds == 1] = (labels[folds == 1] + 1) % 3
    after = out_of_fold(images, changed, 3, folds)
    assert (before[folds == 1] == after[folds == 1]).all()
    assert (before[folds != 1] != after[folds != 1]).any()


def test_a_class_without_an_example_is_possible_but_unlikely() -> None:
    images, labels = bright(90)
    rows = probabilities(fit(images, labels, 4), images)
    assert rows[:, 3].max() < 0.1


def test_large_images_are_shrunk() -> None:
    large = np.zeros((2, 1, 2 * SIDE, 2 * SIDE + 1), dtype=np.uint8)
    seen = features({"image": large})
    assert (seen == shrink(large, SIDE)).all()
    assert PIXELS(seen).shape == (2, SIDE * 21)


def test_features_lie_between_minus_one_and_one() -> None:
    images = np.array([0, 255, 51], dtype=np.uint8).reshape(3, 1, 1, 1)
    assert np.allclose(PIXELS(images).flatten().numpy(), np.array([-1, 1, -0.6]))
