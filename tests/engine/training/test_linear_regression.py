"""The linear model of numbers learns, and knows nothing about what it has not seen."""

import numpy as np
import torch
from numpy.typing import NDArray

from samebits.training.linear_model import Linear, Scaling
from samebits.training.linear_regression import fit, numbers, out_of_fold

Numbers = NDArray[np.float32]


def rows(count: int, seed: int = 0) -> tuple[Numbers, Numbers]:
    """Features of different size, two of them alike, and a number that follows from them."""
    draw = np.random.default_rng(seed)
    seen = draw.standard_normal((count, 5))
    seen[:, 1] = seen[:, 0] + 0.3 * seen[:, 1]
    wanted = seen @ [0.5, -0.3, 0.4, 0.2, 0] + 0.5 * draw.standard_normal(count)
    seen *= [1, 1000, 0.01, 1, 0]
    return (seen + 5).astype(np.float32), wanted.astype(np.float32)


def error(said: NDArray[np.floating], wanted: Numbers) -> float:
    return float(np.sqrt(((said - wanted) ** 2).mean()))


def test_it_is_hardly_worse_than_least_squares() -> None:
    for count in (200, 3000):
        (seen, wanted), (others, truth) = rows(count), rows(2000, seed=1)
        said = numbers(fit(seen, wanted), others)
        exact, *_ = np.linalg.lstsq(np.c_[seen, np.ones(count)].astype(float), wanted, rcond=None)
        best = error(np.c_[others, np.ones(2000)] @ exact, truth)
        assert error(said, truth) < 1.02 * best < 0.6


def test_two_fits_are_one_to_the_bit() -> None:
    first, second = (fit(*rows(150)) for _ in range(2))
    assert first.weight.numpy().tobytes() == second.weight.numpy().tobytes()
    assert first.bias.numpy().tobytes() == second.bias.numpy().tobytes()


def test_the_bits_of_an_example_do_not_depend_on_how_many_there_are() -> None:
    seen, _ = rows(300)
    drawn = torch.Generator().manual_seed(0)
    model = Linear(Scaling.of(seen), torch.randn(5, 1, generator=drawn), torch.zeros(1))
    whole = numbers(model, seen)
    for count in range(1, 300, 7):
        assert (numbers(model, seen[:count]) == whole[:count]).all(), count


def test_an_answer_knows_nothing_of_its_own_fold() -> None:
    seen, wanted = rows(300)
    truth, folds = 1000 + 50 * wanted.astype(np.float64), np.arange(300) % 5
    said = out_of_fold(seen, truth, folds)
    assert error(said, truth.astype(np.float32)) < 30 < truth.std()
    other = truth.copy()
    other[folds == 2] += 1000 * np.arange(60)  # what it learns from them changes no answer for them
    moved = out_of_fold(seen, other, folds)
    # Except through the common scale, which is only a unit.
    assert np.allclose(moved[folds == 2], said[folds == 2], rtol=0.2)
    assert not np.allclose(moved[folds == 1], said[folds == 1], rtol=0.2)
