"""What a cheap model sees: the image if there is one, otherwise all numbers side by side."""

import numpy as np
import pytest

from samebits.core.resize import shrink
from samebits.data.features import MOST, SIDE, Features, features
from samebits.training.linear_model import Scaling
from samebits.training.softmax_regression import fit, out_of_fold, probabilities


def test_of_an_image_its_pixels_alone() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 1, 2 * SIDE, 70), dtype=np.uint8)
    arrays = {"tokens": np.zeros((3, 4), np.uint8), "image": images, "mask": images > 9}
    assert (features(arrays) == shrink(images, SIDE)).all()
    seen = Features(arrays)
    assert (seen.image, len(seen)) == ("image", 3)
    assert (seen[np.array([2, 0])] == shrink(images[[2, 0]], SIDE)).all()


def test_of_others_all_numbers_side_by_side() -> None:
    arrays = {
        "tokens": np.array([[1, -2], [3, 4]], np.int64),
        "known": np.array([[[True], [False]], [[False], [True]]]),
        "age": np.array([2.5, 1e300]),
    }
    flat = features(arrays)
    assert flat.dtype == np.float32
    assert flat.tolist() == [[1, -2, 1, 0, 2.5], [3, 4, 0, 1, float(np.float32(1e30))]]
    assert Features(arrays).image == ""


@pytest.mark.parametrize("widths", [(MOST + 1,), (3 * MOST, 5, MOST), (MOST,)])
def test_of_very_many_numbers_some_from_everywhere(widths: tuple[int, ...]) -> None:
    ends = np.cumsum([0, *widths])
    arrays = {
        f"a{at}": np.arange(ends[at], ends[at + 1], dtype=np.float64)[None]
        for at in range(len(widths))
    }
    flat = features(arrays)[0]
    assert len(flat) == MOST
    assert flat.tolist() == [row * int(ends[-1]) // MOST for row in range(MOST)]


def test_numbers_of_any_scale_are_learned_from() -> None:
    labels = np.arange(240, dtype=np.int64) % 3
    draw = np.random.default_rng(0)
    far = (1e6 + 1e3 * (labels + 0.3 * draw.random(240))).astype(np.float32)
    near = 1e-6 * draw.random(240)
    seen = np.stack([far, near, np.full(240, 7)], axis=1).astype(np.float32)
    scaled = Scaling.of(seen)(seen).numpy()
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-2)
    np.testing.assert_allclose(scaled[:, :2].std(axis=0), 1, atol=1e-2)
    assert (scaled[:, 2] == 0).all()
    model = fit(seen[:200], labels[:200], 3)
    assert (probabilities(model, seen[200:]).argmax(axis=1) == labels[200:]).mean() > 0.9
    again = fit(seen[:200], labels[:200], 3)
    assert again.weight.equal(model.weight)


def test_the_scale_is_that_of_the_training_examples() -> None:
    seen = np.random.default_rng(0).random((120, 4), dtype=np.float32)
    labels = np.arange(120, dtype=np.int64) % 2
    folds = np.arange(120, dtype=np.int64) // 40
    before = out_of_fold(seen, labels, 2, folds)
    seen[folds == 1] *= 1000
    after = out_of_fold(seen, labels, 2, folds)
    assert (before[folds == 1] != after[folds == 1]).any()
    whole = out_of_fold(seen[folds != 1], labels[folds != 1], 2, folds[folds != 1])
    assert whole.shape == (80, 2)
    outside = fit(seen[folds != 1], labels[folds != 1], 2)
    assert (after[folds == 1] == probabilities(outside, seen[folds == 1])).all()
