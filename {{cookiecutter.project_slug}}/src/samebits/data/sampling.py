"""Which examples an epoch sees, and in which order: a pure function of the seed and the epoch."""

import numpy as np
from numpy.typing import NDArray

from ..core.random import permutation

DIGITS = 9  # decimals of a power, whose last bits C libraries do not agree on


def draws(seed: int, epoch: int, labels: NDArray[np.int64], balance: float) -> NDArray[np.int64]:
    """Return what an epoch draws, in its order: as many numbers [n] as there are examples.

    Number d is example d % n; one that is drawn again in the epoch has a number n greater, so that
    it is augmented in another way.

    Args:
        seed: of the run.
        epoch: from 0.
        labels: the class of each example [n]; of several, the rarest.
        balance: 0 draws each example once, 1 each class equally often, what lies between, a class
            of m examples in proportion to m ** (1 - balance).
    """
    count = len(labels)
    order = permutation(seed, "order", epoch, count)
    if not balance:
        return order
    sizes = np.bincount(labels)
    by_class = np.split(order[np.argsort(labels[order], kind="stable")], np.cumsum(sizes)[:-1])
    wanted = shares(sizes.tolist(), balance)
    pool = [turns(one, many, count) for one, many in zip(by_class, wanted, strict=True)]
    return np.concatenate(pool)[permutation(seed, "balance", epoch, count)]


def shares(sizes: list[int], balance: float) -> list[int]:
    """Return how often each class is drawn in an epoch of as many draws as there are examples."""
    weights = [round(size ** (1 - balance), DIGITS) if size else 0.0 for size in sizes]
    exact = [sum(sizes) * weight / sum(weights) for weight in weights]
    found = [int(share) for share in exact]
    # What rounding down leaves goes to the largest remainders; of equals, to the first.
    left = sorted(range(len(sizes)), key=lambda at: (round(found[at] - exact[at], DIGITS), at))
    for at in left[: sum(sizes) - sum(found)]:
        found[at] += 1
    return found


def turns(examples: NDArray[np.int64], wanted: int, count: int) -> NDArray[np.int64]:
    """Return `wanted` of the examples, from the front again and again; `count` more each turn."""
    turn, place = np.divmod(np.arange(wanted), max(len(examples), 1))
    return np.asarray(examples[place] + turn * count)
