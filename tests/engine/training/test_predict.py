"""Probabilities from a network, and its weights from a file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from handwritten_digits.model import Model, build, inputs
from numpy.typing import NDArray
from safetensors.torch import save_file

from samebits.console.errors import UserError
from samebits.training.class_target import ClassTarget
from samebits.training.predict import load, predict

CHUNK = 8


def answers(model: torch.nn.Module, images: NDArray[np.uint8], chunk: int) -> NDArray[np.float32]:
    return predict(model, inputs, {"image": images}, ClassTarget(3), chunk)


def network(width: int = 4) -> torch.nn.Module:
    torch.manual_seed(0)
    return build(Model(width=width, depth=1, activation="relu"), {"image": (1, 5, 5)}, 3, 0.5)


@pytest.mark.parametrize("count", [1, CHUNK, CHUNK + 1])
def test_a_row_of_probabilities_for_each_example(count: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (count, 1, 5, 5), dtype=np.uint8)
    said = answers(network(), images, CHUNK)
    assert said.shape == (count, 3)
    assert said.dtype == np.float32
    np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(said[-1:], answers(network(), images[-1:], CHUNK), atol=1e-6)


def examples(count: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, 1, 8, 8), dtype=np.uint8)


class Mlp(torch.nn.Sequential):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = super().forward(image.flatten(1))  # type: ignore[no-untyped-call]
        return logits


def mlp() -> torch.nn.Module:
    torch.manual_seed(0)
    return Mlp(torch.nn.Linear(64, 96), torch.nn.GELU(), torch.nn.Linear(96, 3))


@pytest.mark.parametrize("made", [lambda: network(32), mlp], ids=["convolutions", "mlp"])
def test_the_bits_of_an_example_do_not_depend_on_how_many_there_are(
    made: Callable[[], torch.nn.Module],
) -> None:
    model, images = made(), examples(130)
    whole = answers(model, images, 32)
    for count in range(1, 130):
        assert (answers(model, images[:count], 32) == whole[:count]).all(), count


def test_nor_on_its_neighbours_nor_on_its_place() -> None:
    model, images = network(32), examples(50)
    whole = answers(model, images, 32)
    order = np.random.default_rng(1).permutation(50)
    assert (answers(model, images[order], 32) == whole[order]).all()
    images[1:] = examples(49, seed=2)
    assert (answers(model, images, 32)[0] == whole[0]).all()


@pytest.mark.parametrize("training", [True, False])
def test_dropout_is_off_and_the_mode_is_left_as_it_was(training: bool) -> None:
    images = np.zeros((2, 1, 5, 5), dtype=np.uint8)
    model = network().train(training)
    assert (answers(model, images, CHUNK) == answers(model, images, CHUNK)).all()
    assert model.training is training


def test_weights_come_back(tmp_path: Path) -> None:
    first, other = network(), network()
    save_file({name: value + 1 for name, value in first.state_dict().items()}, tmp_path / "w")
    load(other, tmp_path / "w")
    assert torch.equal(other.state_dict()["head.bias"], first.state_dict()["head.bias"] + 1)


def test_weights_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="w is missing; run 'dvc repro train'"):
        load(network(), tmp_path / "w")
    (tmp_path / "w").write_bytes(b"damaged")
    with pytest.raises(UserError, match=r"not hold the network that params\.yaml describes"):
        load(network(), tmp_path / "w")
    save_file(network(8).state_dict(), tmp_path / "w")
    with pytest.raises(UserError, match=r"not hold the network that params\.yaml describes"):
        load(network(), tmp_path / "w")
