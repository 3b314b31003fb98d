"""Images become smaller by means of whole blocks."""

import numpy as np

from samebits.core.resize import gists, shrink


def test_small_images_stay() -> None:
    image = np.arange(3 * 8 * 7, dtype=np.uint8).reshape(3, 8, 7)
    assert shrink(image, 8) is image


def test_blocks_become_their_mean() -> None:
    image = np.zeros((1, 1, 16, 17), dtype=np.uint8)
    image[0, 0, :2, :2] = 200
    shrunk = shrink(image, 8)
    assert shrunk.shape == (1, 1, 8, 5)
    assert shrunk[0, 0, 0, :2].tolist() == [4 * 200 // 6, 0]


def test_no_side_is_longer_and_nothing_overflows() -> None:
    for height, width in ((9, 8), (100, 3), (1, 70)):
        shrunk = shrink(np.full((2, height, width), 255, dtype=np.uint8), 8)
        assert max(shrunk.shape[1:]) <= 8
        assert min(shrunk.shape[1:]) >= 1
        assert (shrunk == 255).all()


def test_the_gist_is_the_mean_of_parts() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 20, 17), dtype=np.uint8)
    shrunk = gists(images).reshape(5, 8, 8)
    for row, column in ((0, 0), (3, 5), (7, 7)):
        rows, columns = (
            slice(place * side // 8, (place + 1) * side // 8)
            for place, side in ((row, 20), (column, 17))
        )
        part = images[:, :, rows, columns].reshape(5, -1)
        assert shrunk[:, row, column].tolist() == (part.sum(axis=1) // part.shape[1]).tolist()


def test_the_gist_of_tiny_and_of_bright_images() -> None:
    tiny = np.arange(16, dtype=np.uint8).reshape(1, 1, 4, 4)
    assert gists(tiny).reshape(8, 8)[::2, ::2].tolist() == tiny[0, 0].tolist()
    assert (gists(np.full((2, 3, 64, 64), 255, dtype=np.uint8)) == 255).all()
