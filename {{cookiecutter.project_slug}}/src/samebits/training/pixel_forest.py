"""Trees on a pixel and its surroundings: out-of-fold models of masks.

Source: Geurts, Ernst and Wehenkel, Extremely randomized trees, Machine Learning 2006, as
implemented in scikit-learn. They learn what no linear model of pixels can: that a class differs
from its surroundings, whether darker or brighter. Images are shrunk first, so that time does not
grow with their pixels, and the surroundings are a fixed part of the image.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..core.resize import shrink
from .pixel_regression import MOST_OF_ONE, MOST_PIXELS, around, spread

SIDE = 32  # pixels of an image, at most
RADII = 1, 4, 8  # of the squares around a pixel whose mean and deviation are features
TREES, LEAF = 10, 10  # number of trees, and pixels in a leaf, at least
FEWEST = 50  # pixels that a class needs to be learnt
CHUNK = 32  # examples at once

Images = NDArray[np.uint8]
# From the rows of examples [m] to their images [m, c, h, w] and masks [m, h, w].
Look = Callable[[NDArray[np.int64]], tuple[Images, Images]]


class Judged(NamedTuple):
    """What a model predicts for the pixels of the examples in `rows` [m]; the others are [m, p].

    `marked` is the class in the mask, `own` its probability (1 if the class was not learnt), and
    `said` the most probable class.
    """

    rows: NDArray[np.int64]
    marked: Images
    own: NDArray[np.float64]
    said: Images


def out_of_fold(look: Look, folds: NDArray[np.int64]) -> Iterator[Judged]:
    """Yield, a few at a time, what models that have not seen an example's fold predict for it.

    Args:
        look: returns images and masks of one size.
        folds: int64 [n], the fold of each example; there must be two or more.
    """
    seen, true, of = _learnt(look, folds)
    for fold in np.unique(folds).tolist():
        model = _fitted(seen[of != fold], true[of != fold])
        inside = np.flatnonzero(folds == fold)
        for start in range(0, len(inside), CHUNK):
            rows = inside[start : start + CHUNK]
            yield _judged(model, rows, *_small(*look(rows)))


def _learnt(look: Look, folds: NDArray[np.int64]) -> tuple[Images, Images, NDArray[np.int64]]:
    """Return the features of sampled pixels, their classes, and their folds."""
    _, first = _small(*look(np.arange(1)))
    features, classes, of = [], [], []
    # With few examples, more pixels of each, so as not to miss an edge or a rare class.
    most = max(MOST_OF_ONE, MOST_PIXELS // len(folds))
    for place, chosen in spread(len(folds), first.size, most):
        image, mask = _small(*look(np.array([place])))
        features.append(_features(image)[chosen])
        classes.append(mask.ravel()[chosen])
        of.append(np.full(len(chosen), folds[place]))
    return np.concatenate(features), np.concatenate(classes), np.concatenate(of)


def _fitted(seen: Images, true: Images) -> Any:
    """Return trees fitted to pixels and their classes, except classes with very few pixels.

    All classes count as equally common; otherwise no model would ever be sure of a rare class.
    """
    # Imported here because it takes a second.
    from sklearn.ensemble import ExtraTreesClassifier

    counts = np.bincount(true)
    known = (counts >= min(FEWEST, counts.max()))[true]
    trees = ExtraTreesClassifier(
        TREES, min_samples_leaf=LEAF, class_weight="balanced", random_state=0, n_jobs=1
    )
    return trees.fit(seen[known], true[known])


def _judged(model: Any, rows: NDArray[np.int64], images: Images, masks: Images) -> Judged:
    probabilities, marked = model.predict_proba(_features(images)), masks.reshape(len(masks), -1)
    columns = np.full(256, -1)
    columns[model.classes_] = np.arange(probabilities.shape[1])
    column = columns[marked.ravel()]
    own = np.where(column < 0, 1.0, probabilities[np.arange(marked.size), column])
    said = model.classes_[probabilities.argmax(axis=1)]
    return Judged(rows, marked, own.reshape(marked.shape), said.reshape(marked.shape))


def _small(images: Images, masks: Images) -> tuple[Images, Images]:
    """Return both with at most `SIDE` pixels a side; of a mask, the middle pixel of each block."""
    small = shrink(images, SIDE)
    down, across = (-(-side // SIDE) for side in masks.shape[1:])
    middle = masks[:, down // 2 :: down, across // 2 :: across]
    return small, middle[:, : small.shape[2], : small.shape[3]]


def _features(images: Images) -> Images:
    """Return the features of each pixel of images [n, c, h, w]: uint8 [n * h * w, f]."""
    near = around(images).reshape(images.size // images.shape[1], -1)
    maps = [part.transpose(0, 2, 3, 1) for radius in RADII for part in _scaled(images, radius)]
    return np.concatenate([near, *(part.reshape(len(near), -1) for part in maps)], axis=1)


def _scaled(images: Images, radius: int) -> tuple[Images, Images, Images]:
    """Return the mean and deviation of the square around each pixel, and its distance to the mean.

    In whole numbers, so they are the same on every machine; square roots are rounded the same
    everywhere.
    """
    known = images.astype(np.int64)
    mean = _mean(known, radius)
    deviation = np.sqrt(np.maximum(_mean(known * known, radius) - mean * mean, 0))
    return mean.astype(np.uint8), deviation.astype(np.uint8), np.abs(known - mean).astype(np.uint8)


def _mean(known: NDArray[np.int64], radius: int) -> NDArray[np.int64]:
    """Return the mean of the square around each pixel; beyond an edge, edge pixels repeat."""
    size = 2 * radius + 1
    sides = (0, 0), (0, 0), (radius, radius), (radius, radius)
    sums = np.pad(known, sides, mode="edge").cumsum(axis=2).cumsum(axis=3)
    sums = np.pad(sums, ((0, 0), (0, 0), (1, 0), (1, 0)))
    rows = sums[:, :, size:] - sums[:, :, :-size]
    means: NDArray[np.int64] = (rows[..., size:] - rows[..., :-size]) // size**2
    return means
