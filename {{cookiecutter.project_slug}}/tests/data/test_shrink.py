"""Pictures become smaller by means of whole blocks."""

import numpy as np

from {{ cookiecutter.__package_name }}.data.shrink import shrink


def test_small_pictures_stay() -> None:
    image = np.arange(3 * 8 * 7, dtype=np.uint8).reshape(3, 8, 7)
    assert shrink(image, 8) is image


def test_blocks_become_their_mean() -> None:
    image = np.zeros((1, 1, 16, 17), dtype=np.uint8)
    image[0, 0, :2, :2] = 200
    found = shrink(image, 8)
    assert found.shape == (1, 1, 8, 5)
    assert found[0, 0, 0, :2].tolist() == [4 * 200 // 6, 0]


def test_no_side_is_longer_and_nothing_overflows() -> None:
    for height, width in ((9, 8), (100, 3), (1, 70)):
        found = shrink(np.full((2, height, width), 255, dtype=np.uint8), 8)
        assert max(found.shape[1:]) <= 8
        assert min(found.shape[1:]) >= 1
        assert (found == 255).all()
