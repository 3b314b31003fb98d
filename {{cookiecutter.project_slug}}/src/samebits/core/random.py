"""Independent streams of randomness, all derived from the one seed.

A stream is a pure function of the seed, its name and where in training it is used (epoch, step,
sample). It has no state, so drawing more from one never moves another, and a resumed run, or one
with other loader workers, draws the same as an uninterrupted one.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray


def key(seed: int, stream: str, *position: int) -> int:
    """Return a seed in [0, 2**63) for `stream` at `position`, such as an epoch or a step."""
    text = "/".join([str(seed), stream, *map(str, position)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def permutation(seed: int, stream: str, epoch: int, size: int) -> NDArray[np.int64]:
    """Return the order [size] in which `epoch` visits the examples.

    Sorting by hashes of the examples' numbers shuffles without a generator, whose algorithm a
    library may change.
    """
    hashes = _mix(np.arange(size, dtype=np.uint64) + np.uint64(key(seed, stream, epoch)))
    # The stable sort is plain code. NumPy's default is a kernel chosen by the processor, and an
    # emulator with a wrong instruction returns another order.
    return np.argsort(hashes, kind="stable")


def uniform(
    seed: int, stream: str, epoch: int, samples: NDArray[np.int64], draws: int
) -> NDArray[np.float32]:
    """Return [len(samples), draws] numbers in [0, 1), a function of each sample and its epoch."""
    if not draws:
        return np.empty((len(samples), 0), np.float32)
    start = np.uint64(key(seed, stream, epoch))
    rows = _mix(samples.astype(np.uint64) + start)[:, None]
    columns: NDArray[np.uint64] = np.arange(1, draws + 1, dtype=np.uint64)
    hashes = _mix(rows + columns)
    # A float32 holds 24 bits, so the conversion is exact on every machine.
    return (hashes >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)


def integers(seed: int, stream: str, rows: range, bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return [len(rows), n] whole numbers, each in [0, its column's bound) of the bounds [n]."""
    start = np.uint64(key(seed, stream))
    left = _mix(np.arange(rows.start, rows.stop, dtype=np.uint64) + start)[:, None]
    columns: NDArray[np.uint64] = np.arange(1, len(bounds) + 1, dtype=np.uint64)
    hashes = _mix(left + columns)
    hashes >>= np.uint64(32)
    hashes *= bounds.astype(np.uint64)
    hashes >>= np.uint64(32)
    return hashes.view(np.int64)


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's output function (Steele, Lea and Flood, OOPSLA 2014): integers only."""
    state = state + np.uint64(1)
    # In place: a bootstrap mixes a hundred million numbers.
    state *= np.uint64(0x9E3779B97F4A7C15)
    state ^= state >> np.uint64(30)
    state *= np.uint64(0xBF58476D1CE4E5B9)
    state ^= state >> np.uint64(27)
    state *= np.uint64(0x94D049BB133111EB)
    state ^= state >> np.uint64(31)
    return state
