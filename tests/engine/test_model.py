"""The network: images of any size in, one logit for each class out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import configured, shipped
from handwritten_digits import model as network_file
from handwritten_digits.model import ACTIVATIONS, Model, Network

from samebits.console.errors import UserError
from samebits.core.sections import Reproducibility
from samebits.data.loader import Split
from samebits.training.network import built


def model(width: int = 8, depth: int = 2, activation: str = "relu") -> Model:
    return Model(width=width, depth=depth, activation=activation)


def build(model: Model, channels: int, classes: int, dropout: float) -> torch.nn.Module:
    return network_file.build(model, {"image": (channels, 8, 8)}, classes, dropout)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (17, 5), (4, 4)])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_size_and_channels(channels: int, height: int, width: int) -> None:
    images = torch.zeros(2, channels, height, width)
    assert build(model(), channels, 5, 0.1)(images).shape == (2, 5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_another_network(activation: str) -> None:
    torch.manual_seed(0)
    network = build(model(activation=activation), 1, 3, 0.0)
    kinds = {type(module) for module in network.modules()} & set(ACTIVATIONS.values())
    assert kinds == {ACTIVATIONS[activation]}


@pytest.mark.parametrize("width", [1, 3, 8, 12])
def test_width_and_depth(width: int) -> None:
    network = build(model(width, depth=3), 1, 3, 0.0)
    widths = [
        module.out_channels for module in network.modules() if isinstance(module, torch.nn.Conv2d)
    ]
    assert widths == [width, width, 2 * width, 2 * width, 4 * width, 4 * width]
    assert network(torch.zeros(2, 1, 8, 8)).isfinite().all()


def test_more_levels_than_the_images_can_be_halved_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settle: Callable[..., None]
) -> None:
    params, labels = configured(tmp_path), np.zeros(1, dtype=np.int64)
    split = Split({"image": np.zeros((1, 1, 8, 8), np.uint8)}, labels, ["a"], "v")
    monkeypatch.chdir(tmp_path)
    settle(params, model={"depth": 3})
    assert isinstance(built(network_file, split, 0.0, shipped(Reproducibility)), Network)
    settle(params, model={"depth": 4})
    said = r"depth is at most 3 for images of 8 pixels; change the section `model` of params\.yaml"
    with pytest.raises(UserError, match=said):
        built(network_file, split, 0.0, shipped(Reproducibility))


def test_weights_come_from_the_global_generator() -> None:
    networks = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        networks.append(build(model(), 1, 3, 0.0).state_dict()["head.weight"])
    assert torch.equal(networks[0], networks[1])
    assert not torch.equal(networks[0], networks[2])


def test_a_prediction_does_not_depend_on_its_batch() -> None:
    network = build(model(), 1, 3, 0.5).eval()
    images = torch.rand(6, 1, 8, 8)
    with torch.no_grad():
        together, alone = network(images), torch.cat([network(image[None]) for image in images])
    torch.testing.assert_close(together, alone)


def test_dropout_acts_in_training_alone() -> None:
    network = build(model(), 1, 3, 0.5)
    images = torch.rand(4, 1, 8, 8)
    assert not torch.equal(network(images), network(images))
    network.eval()
    assert torch.equal(network(images), network(images))
