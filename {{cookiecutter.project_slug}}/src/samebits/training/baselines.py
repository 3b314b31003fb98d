"""Simple models to stand beside the network: what knowing nothing, and knowing little, earns.

Both learn from the training examples alone, without a seed.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..data.features import Features
from ..data.loader import Split
from .softmax_regression import fit, probabilities

# Examples, at most, that the regression learns from, evenly spread over all: so its time stays
# small beside that of training, and a linear model gains hardly anything from more.
MOST_EXAMPLES = 20_000
CHUNK = 512  # of them are held in their full size

Said = dict[str, NDArray[np.floating]]


def baselines(train: Split, others: Mapping[str, Split]) -> dict[str, Said]:
    """Return what each simple model says of each data set: probabilities [n, classes].

    Args:
        train: the examples to learn from.
        others: the data sets by name.
    """
    seen = "pixels" if Features(train.arrays).image else "the arrays"
    return {
        "majority class": _majority(train, others),
        f"logistic regression on {seen}": _regression(train, others),
    }


def _majority(train: Split, others: Mapping[str, Split]) -> Said:
    """The shares of the classes in training, whatever the example; the largest is the answer."""
    shares = np.bincount(train.labels, minlength=len(train.classes)) / len(train.labels)
    return {name: np.tile(shares, (len(one.labels), 1)) for name, one in others.items()}


def _regression(train: Split, others: Mapping[str, Split]) -> Said:
    count = len(train.labels)
    few = min(count, MOST_EXAMPLES)
    chosen = np.arange(few) * count // few
    parts = [chosen[start : start + CHUNK] for start in range(0, few, CHUNK)]
    features = Features(train.arrays)
    known = np.concatenate([features[part] for part in parts])
    model = fit(known, train.labels[chosen], len(train.classes))
    return {name: probabilities(model, Features(one.arrays)) for name, one in others.items()}
