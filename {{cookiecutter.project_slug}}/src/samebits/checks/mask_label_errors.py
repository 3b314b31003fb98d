"""Masks that are probably wrong, by models of pixels that have not seen them.

Such a model errs here and there, and along edges; a mask is in doubt where it is sure of another
class in a part of the pixels that lies far beyond that of the other masks.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.sections import Data
from ..data.fields import Fields, fields_of, image_of
from ..data.findings import Finding, shown
from ..data.targets import MASK, median
from .number_rules import FAR, FEWEST, USUAL
from .sampled import Look, Sampled, folds_of

LEAST = 0.03  # of the pixels of a mask: less is an edge that was drawn otherwise

# From what gives images and masks at some rows, and folds int64 [n], to what is said of all rows,
# some at a time: these [m]; and of the pixels [m, p] of each the class that is marked, how probable
# that is by models that have not seen the example's fold, and the class that is most probable.
Judged = tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.float64], NDArray[np.uint8]]
OutOfFold = Callable[[Callable[[NDArray[np.int64]], tuple[Any, Any]], Any], Iterator[Judged]]


def pictured(fields: Fields) -> bool:
    """Whether examples have an image of the size of their masks, so that pixels can be doubted."""
    image, mask = fields.get(image_of(fields)), fields.get(MASK)
    return image is not None and mask is not None and image.shape[1:] == mask.shape


def doubted_masks(
    sampled: list[Sampled], look: Look, out_of_fold: OutOfFold, data: Data
) -> Iterator[Finding]:
    """Yield a finding for each mask in doubt, the most doubtful first.

    Args:
        sampled: the examples to look at; they have an image of the size of their masks.
        look: gives the arrays at some places.
        out_of_fold: the model, fitted on all folds but one, for each.
        data: how sure the model must be, and the names of the classes.
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
        # Six decimals, as everywhere: what is below them must not decide.
        sure = ((1 - own).round(6) >= data.label_error) & (said != marked)
        shares[rows] = sure.mean(axis=1).round(6)
        for row, *known in zip(rows.tolist(), marked, said, sure, strict=True):
            pairs[row] = _commonest(*known)
    usual, least = _usual(shares)
    far = np.flatnonzero((shares >= least) & (shares > usual)).tolist()
    for row in sorted(far, key=lambda row: (-shares[row], row)):
        one = sampled[row][0]
        names = [_named(at, data.classes) for at in pairs[row].tolist()]
        words = (
            f"{shown(one.path)}: a model is at least {100 * data.label_error:g} % sure that "
            f"{100 * shares[row]:.1f} % of the pixels of its mask are of another class; in a usual "
            f"mask that is {100 * usual:.1f} %. Most are marked {names[0]}, and look like "
            f"{names[1]}; put the right mask into data/raw, or accept it."
        )
        yield Finding("label-error", words, (one.path,), (one.md5,))


def _commonest(
    marked: NDArray[np.uint8], said: NDArray[np.uint8], sure: NDArray[np.bool_]
) -> tuple[int, int]:
    """Return which class is most often marked where a model is sure of which."""
    pairs, counts = np.unique(marked[sure].astype(np.int64) * 256 + said[sure], return_counts=True)
    return divmod(int(pairs[counts.argmax()]), 256) if len(pairs) else (0, 0)


def _usual(shares: NDArray[np.float64]) -> tuple[float, float]:
    """Return the usual share of a mask's pixels, and from which on it is in doubt."""
    middle = median(shares)
    apart = USUAL * median(np.abs(shares - middle))
    return middle, max(LEAST, round(middle + FAR * apart, 6))


def _named(value: int, names: Sequence[str]) -> str:
    return shown(names[value]) if value < len(names) else str(value)
