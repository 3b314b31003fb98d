"""Baselines to compare with the network: what a model that knows little or nothing scores.

They learn from the training examples alone, without a seed.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.features import OWN, Features, Seen
from ..data.loader import Split

# A regression learns from at most this many examples, evenly spread over all. This keeps its time
# small next to training, and a linear model gains hardly anything from more.
MOST_EXAMPLES = 20_000
CHUNK = 512  # examples in memory at full size

# What a simple model answers, by data set.
Said = Mapping[str, NDArray[Any]]


def learnt_from(train: Split) -> tuple[Seen, NDArray[np.int64]]:
    """Return the features of the examples that a regression learns from, and their indices."""
    count = len(train.labels)
    few = min(count, MOST_EXAMPLES)
    chosen = np.arange(few) * count // few
    parts = [chosen[start : start + CHUNK] for start in range(0, few, CHUNK)]
    features = Features(train.arrays)
    return np.concatenate([features[part] for part in parts]), chosen


def said_of(others: Mapping[str, Split], answer: Callable[[Features], NDArray[Any]]) -> Said:
    """Return a simple model's answers for each of the data sets `others`."""
    return {name: answer(Features(split.arrays)) for name, split in others.items()}


def seen_in(train: Split) -> str:
    """Return, in words, what a regression takes as features."""
    if OWN in train.arrays:
        return OWN
    return "pixels" if Features(train.arrays).image else "the arrays"
