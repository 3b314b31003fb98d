"""Masks that are probably wrong, by models of pixels that were not trained on them.

Such a model errs here and there, and along edges; a mask is doubtful if the model is confident of
other classes in a share of its pixels far above that of the other masks.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.sections import Data
from ..data.fields import Fields, fields_of, image_of
from ..data.findings import DataFinding, shown
from ..data.targets import MASK, median
from .label_sample import Look, Sampled, folds_of
from .number_rules import FAR, FEWEST, USUAL

LEAST = 0.03  # of the pixels of a mask: less is an edge drawn differently

# From a function that returns images and masks of rows, and folds int64 [n], to predictions of all
# rows in chunks: the rows [m]; and for their pixels [m, p] the marked class, its probability by
# models that were not trained on the example's fold, and the most probable class.
Judged = tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.float64], NDArray[np.uint8]]
OutOfFold = Callable[[Callable[[NDArray[np.int64]], tuple[Any, Any]], Any], Iterator[Judged]]


def pictured(fields: Fields) -> bool:
    """Whether examples have an image of their mask's size, which a model of pixels needs."""
    image, mask = fields.get(image_of(fields)), fields.get(MASK)
    return image is not None and mask is not None and image.shape[1:] == mask.shape


def doubted_masks(
    sampled: list[Sampled], look: Look, out_of_fold: OutOfFold, data: Data
) -> Iterator[DataFinding]:
    """Yield a finding for each doubtful mask, the most doubtful first.

    Args:
        sampled: the examples to check, whose images have the size of their masks.
        look: returns the arrays at places.
        out_of_fold: the model, fitted once for each fold, on the other folds.
        data: how confident the model must be, and the names of the classes.
    """
    folds = folds_of(sampled)
    if len(sampled) < FEWEST or len(np.unique(folds)) < 2:
        return
    places = [place for _, place in sampled]
    name = image_of(fields_of(look(places[:1])))

    def pair(rows: NDArray[np.int64]) -> tuple[Any, Any]:
        arrays = look([places[row] for row in rows.tolist()])
        return arrays[name], arrays[MASK]

    shares, pairs = np.zeros(len(sampled)), np.zeros((len(sampled), 2), dtype=np.int64)
    for rows, marked, own, said in out_of_fold(pair, folds):
        # Six decimals, as everywhere: the last bits must not decide.
        sure = ((1 - own).round(6) >= data.label_error) & (said != marked)
        shares[rows] = sure.mean(axis=1).round(6)
        for row, *known in zip(rows.tolist(), marked, said, sure, strict=True):
            pairs[row] = _commonest(*known)
    usual, least = _usual(shares)
    far = np.flatnonzero((shares >= least) & (shares > usual)).tolist()
    for row in sorted(far, key=lambda row: (-shares[row], row)):
        example = sampled[row][0]
        names = [_named(at, data.classes) for at in pairs[row].tolist()]
        words = (
            f"{shown(example.path)}: a model is at least {100 * data.label_error:g} % sure that "
            f"{100 * shares[row]:.1f} % of the pixels of its mask are of another class; in a usual "
            f"mask it is {100 * usual:.1f} %. Most are marked {names[0]}, but look like "
            f"{names[1]}; put the right mask into data/raw, or accept it."
        )
        yield DataFinding("label-error", words, (example.path,), (example.md5,))


def _commonest(
    marked: NDArray[np.uint8], said: NDArray[np.uint8], sure: NDArray[np.bool_]
) -> tuple[int, int]:
    """Return the most frequent pair: the class marked, and the one that the model is sure of."""
    pairs, counts = np.unique(marked[sure].astype(np.int64) * 256 + said[sure], return_counts=True)
    return divmod(int(pairs[counts.argmax()]), 256) if len(pairs) else (0, 0)


def _usual(shares: NDArray[np.float64]) -> tuple[float, float]:
    """Return the usual share of doubted pixels, and the share from which on a mask is doubtful."""
    middle = median(shares)
    apart = USUAL * median(np.abs(shares - middle))
    return middle, max(LEAST, round(middle + FAR * apart, 6))


def _named(value: int, names: Sequence[str]) -> str:
    return shown(names[value]) if value < len(names) else str(value)
