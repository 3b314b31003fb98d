"""What a bootstrap draws: by class, whole groups, the same from the same seed."""

import numpy as np

from samebits.metrics.bootstrap import CHUNK, Resampling

LABELS = np.repeat([0, 1, 2], [50, 30, 20])


def drawn(resampling: Resampling, seed: int = 0, count: int = 200) -> np.ndarray:
    return np.concatenate(list(resampling.weights(seed, count)))


def test_each_class_keeps_its_size() -> None:
    weights = drawn(Resampling(LABELS, np.arange(100)))
    assert weights.shape == (200, 100)
    for label, size in enumerate((50, 30, 20)):
        assert (weights[:, label == LABELS].sum(axis=1) == size).all()
    # A share of (1 - 1/n)^n, some 0.37, is not drawn.
    assert 0.35 < (weights == 0).mean() < 0.38


def test_a_group_is_drawn_as_a_whole() -> None:
    groups = np.arange(100) // 5
    weights = drawn(Resampling(LABELS, groups)).reshape(200, 20, 5)
    assert (weights == weights[:, :, :1]).all()
    assert Resampling(LABELS, groups).units == 20


def test_a_class_of_one_example_still_moves() -> None:
    labels = np.append(np.repeat([0, 1], 20), [2, 3])
    weights = drawn(Resampling(labels, np.arange(42)))
    assert weights[:, 40:].std() > 0


def test_the_seed_decides_and_the_chunk_does_not() -> None:
    labels = np.repeat([0, 1], 4000)
    resampling = Resampling(labels, np.arange(8000))
    whole = drawn(resampling, count=CHUNK // 8000 + 3)
    assert (drawn(resampling, count=5) == whole[:5]).all()
    assert (drawn(resampling, seed=1, count=5) != whole[:5]).any()


def test_one_example() -> None:
    alone = Resampling(np.array([0]), np.array([0]))
    assert drawn(alone).tolist() == [[1.0]] * 200
    assert alone.correction == 1
