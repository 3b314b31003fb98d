"""Streams of randomness: pure functions, the same on every machine."""

import hashlib

import numpy as np
import pytest

from samebits.core.random import key, permutation, uniform

SAMPLES = np.arange(2000, dtype=np.int64)


def test_known_values() -> None:
    """Another algorithm would change the result of every project: it must not slip in."""
    assert key(0, "dropout", 7) == 8459355141554307173
    assert permutation(0, "order", 1, 6).tolist() == [3, 2, 5, 1, 0, 4]
    many = permutation(0, "order", 1, 100_000).astype("<i8")
    assert hashlib.md5(many.tobytes()).hexdigest() == "79761b778337db7c74abe17380938d87"
    draws = uniform(0, "augmentation", 1, SAMPLES[:2], 2)
    assert (draws * 2**24).astype(int).tolist() == [[4833389, 15248154], [1831437, 3766737]]


def test_keys_fit_torch_and_differ() -> None:
    keys = {
        key(seed, stream, *position)
        for seed in (0, 1, 2**63 - 1)
        for stream in ("a", "b")
        for position in ((), (0,), (1,), (0, 1), (1, 0), (10,))
    }
    assert len(keys) == 36
    assert all(0 <= key < 2**63 for key in keys)


@pytest.mark.parametrize("size", [0, 1, 2, 1000])
def test_a_permutation_has_every_number_once(size: int) -> None:
    assert sorted(permutation(3, "order", 2, size).tolist()) == list(range(size))


def test_permutations_differ() -> None:
    orders = [
        permutation(seed, stream, epoch, 50).tolist()
        for seed in (0, 1)
        for stream in ("a", "b")
        for epoch in (0, 1)
    ]
    assert len(set(map(tuple, orders))) == 8


def test_every_place_is_reached_by_every_number() -> None:
    orders = np.array([permutation(0, "order", epoch, 10) for epoch in range(2000)])
    counts = np.array([np.bincount(column, minlength=10) for column in orders.T])
    assert abs(counts - 200).max() < 70  # five standard deviations


def test_draws_belong_to_the_sample() -> None:
    whole = uniform(0, "a", 3, SAMPLES, 4)
    chosen = np.array([7, 1999, 0, 7], dtype=np.int64)
    assert (uniform(0, "a", 3, chosen, 4) == whole[chosen]).all()
    assert (uniform(0, "a", 3, SAMPLES, 2) == whole[:, :2]).all()


def test_draws_are_uniform_and_independent() -> None:
    draws = uniform(0, "a", 0, SAMPLES, 4)
    assert draws.dtype == np.float32
    assert draws.min() >= 0
    assert draws.max() < 1
    assert np.abs(draws.mean(axis=0) - 0.5).max() < 0.03
    others = np.hstack([draws, uniform(0, "a", 1, SAMPLES, 4), uniform(1, "a", 0, SAMPLES, 4)])
    correlations = np.corrcoef(others.T) - np.eye(12)
    assert np.abs(correlations).max() < 0.12
    assert np.abs(np.corrcoef(draws[:-1, 0], draws[1:, 0])[0, 1]) < 0.12
