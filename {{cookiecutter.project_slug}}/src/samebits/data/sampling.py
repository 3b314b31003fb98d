"""The examples that an epoch sees, in order: a pure function of the seed and the epoch."""

import numpy as np
from numpy.typing import NDArray

from ..core.random import permutation

DIGITS = 9  # decimals of a power; C libraries differ in its last bits


def draws(seed: int, epoch: int, labels: NDArray[np.int64], balance: float) -> NDArray[np.int64]:
    """Return the draws of an epoch in their order: as many numbers [n] as there are examples.

    Draw d is example d % n. Each time an example is drawn again, its number grows by n, so that it
    is augmented differently.

    Args:
        seed: of the run.
        epoch: from 0.
        labels: the class of each example [n], or the rarest of its classes.
        balance: 0 draws each example once, 1 each class equally often; in between, a class of m
            examples is drawn in proportion to m ** (1 - balance).
    """
    count = len(labels)
    order = permutation(seed, "order", epoch, count)
    if not balance:
        return order
    sizes = np.bincount(labels)
    by_class = np.split(order[np.argsort(labels[order], kind="stable")], np.cumsum(sizes)[:-1])
    wanted = shares(sizes.tolist(), balance)
    pool = [turns(members, share, count) for members, share in zip(by_class, wanted, strict=True)]
    return np.concatenate(pool)[permutation(seed, "balance", epoch, count)]


def shares(sizes: list[int], balance: float) -> list[int]:
    """Return how often an epoch draws each class, with as many draws as examples."""
    weights = [round(size ** (1 - balance), DIGITS) if size else 0.0 for size in sizes]
    exact = [sum(sizes) * weight / sum(weights) for weight in weights]
    counts = [int(share) for share in exact]
    # The draws left by rounding down go to the largest remainders; among equals, to the first.
    left = sorted(range(len(sizes)), key=lambda at: (round(counts[at] - exact[at], DIGITS), at))
    for at in left[: sum(sizes) - sum(counts)]:
        counts[at] += 1
    return counts


def turns(examples: NDArray[np.int64], wanted: int, count: int) -> NDArray[np.int64]:
    """Return `wanted` draws of the examples in turn, each turn numbered `count` higher."""
    turn, place = np.divmod(np.arange(wanted), max(len(examples), 1))
    return np.asarray(examples[place] + turn * count)
