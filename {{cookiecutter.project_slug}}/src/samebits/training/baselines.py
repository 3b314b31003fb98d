"""Simple models to stand beside the network: what knowing nothing, and knowing little, earns.

They learn from the training examples alone, without a seed.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.features import OWN, Features, Seen
from ..data.loader import Split

# Examples, at most, that a regression learns from, evenly spread over all: so its time stays
# small beside that of training, and a linear model gains hardly anything from more.
MOST_EXAMPLES = 20_000
CHUNK = 512  # of them are held in their full size

# What a simple model answers, by data set.
Said = Mapping[str, NDArray[Any]]


def learnt_from(train: Split) -> tuple[Seen, NDArray[np.int64]]:
    """Return the features of the examples that a regression learns from, and their places."""
    count = len(train.labels)
    few = min(count, MOST_EXAMPLES)
    chosen = np.arange(few) * count // few
    parts = [chosen[start : start + CHUNK] for start in range(0, few, CHUNK)]
    features = Features(train.arrays)
    return np.concatenate([features[part] for part in parts]), chosen


def said_of(others: Mapping[str, Split], answer: Callable[[Features], NDArray[Any]]) -> Said:
    """Return what a simple model answers of each of some data sets."""
    return {name: answer(Features(one.arrays)) for name, one in others.items()}


def seen_in(train: Split) -> str:
    """Return what a regression looks at, in words."""
    if OWN in train.arrays:
        return OWN
    return "pixels" if Features(train.arrays).image else "the arrays"
