"""Trees on a pixel's surroundings: what they see, and that they have not seen what they judge."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pairs import drawn

from samebits.training import pixel_forest
from samebits.training.pixel_forest import Judged, Look, out_of_fold

FOLDS = np.arange(60) % 3
Images = NDArray[np.uint8]


def examples(side: int = 16) -> tuple[Images, Images]:
    pairs = [drawn(number, side) for number in range(len(FOLDS))]
    return np.stack([image for image, _ in pairs])[:, np.newaxis], np.stack(
        [mask for _, mask in pairs]
    )


def look(images: Images, masks: Images) -> Look:
    return lambda rows: (images[rows], masks[rows])


def judged(images: Images, masks: Images) -> Judged:
    parts = [*out_of_fold(look(images, masks), FOLDS)]
    return Judged(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def test_models_learn_and_say_of_each_example_once() -> None:
    images, masks = examples()
    judgement = judged(images, masks)
    assert sorted(judgement.rows.tolist()) == [*range(60)]
    assert (judgement.marked == masks[judgement.rows].reshape(60, -1)).all()
    assert (judgement.said == judgement.marked).mean() > 0.99
    assert judgement.own.min() >= 0 and judgement.own.max() <= 1
    again = judged(images, masks)
    assert all(
        np.array_equal(np.asarray(part), np.asarray(other))
        for part, other in zip(judgement, again, strict=True)
    )


def test_what_is_judged_was_not_learnt() -> None:
    """A completely wrong mask does not change the predictions for it."""
    images, masks = examples()
    other = masks.copy()
    other[FOLDS == 1] = 2 - other[FOLDS == 1]
    before, after = judged(images, masks), judged(images, other)
    inside = FOLDS[before.rows] == 1
    assert (before.said[inside] == after.said[inside]).all()
    assert (before.said[~inside] != after.said[~inside]).any()


def test_rare_classes_are_as_likely_as_others() -> None:
    images, masks = examples()
    masks = (masks == 2).astype(np.uint8)
    thin = np.arange(60) % 4 > 0
    images[thin, 0] = np.where(masks[thin] == 1, 100, images[thin, 0])
    masks[thin] = 0
    judgement = judged(images, masks)
    assert judgement.own[judgement.marked == 1].mean() > 0.9


def test_of_what_was_not_learnt_nothing_is_doubted() -> None:
    images, masks = examples()
    masks[7, 0, :3] = 200
    judgement = judged(images, masks)
    assert (judgement.own[judgement.marked == 200] == 1).all() and 200 not in judgement.said
    plain = judged(images, np.zeros_like(masks))
    assert (plain.own == 1).all()


@pytest.mark.parametrize(("height", "width"), [(16, 16), (32, 20), (50, 100), (33, 64)])
def test_large_images_are_made_small(height: int, width: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 3, height, width), dtype=np.uint8)
    masks = np.broadcast_to(np.arange(width, dtype=np.uint8), (2, height, width))
    small, middle = pixel_forest._small(images, masks)
    assert small.shape[2:] == middle.shape[1:] and max(middle.shape[1:]) <= 32
    across = -(-width // 32)
    expected = np.arange(middle.shape[2]) * across + across // 2
    assert (middle[:, 0] == expected).all()


@pytest.mark.parametrize("radius", pixel_forest.RADII)
def test_means_and_deviations(radius: int) -> None:
    images = np.random.default_rng(1).integers(0, 256, (2, 2, 9, 12), dtype=np.uint8)
    mean, deviation, apart = pixel_forest._scaled(images, radius)
    sides = (0, 0), (0, 0), (radius, radius), (radius, radius)
    wide = np.pad(images, sides, mode="edge").astype(np.int64)
    for row, column in ((0, 0), (4, 7), (8, 11)):
        size = 2 * radius + 1
        square = wide[:, :, row : row + size, column : column + size]
        known = square.sum(axis=(2, 3)) // size**2
        assert (mean[:, :, row, column] == known).all()
        assert (apart[:, :, row, column] == abs(images[:, :, row, column] - known)).all()
        spread = square.std(axis=(2, 3))
        assert deviation[:, :, row, column] == pytest.approx(spread, abs=3)


def test_memory_holds_few_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixel_forest, "CHUNK", 7)
    images, masks = examples()
    asked = list[int]()

    def counted(rows: NDArray[np.int64]) -> tuple[Images, Images]:
        asked.append(len(rows))
        return images[rows], masks[rows]

    assert sum(len(part.rows) for part in out_of_fold(counted, FOLDS)) == 60
    assert max(asked) == 7
