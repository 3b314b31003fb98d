"""The network: pictures of any size in, one logit for each class out."""

import pytest
import torch

from samebits.core.config import Model
from samebits.console.errors import UserError
from handwritten_digits.model import ACTIVATIONS, build


def model(width: int = 8, depth: int = 2, activation: str = "relu") -> Model:
    return Model(width=width, depth=depth, activation=activation)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (17, 5), (4, 4)])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_size_and_channels(channels: int, height: int, width: int) -> None:
    images = torch.zeros(2, channels, height, width)
    assert build(model(), channels, 5, 0.1)(images).shape == (2, 5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_another_network(activation: str) -> None:
    torch.manual_seed(0)
    network = build(model(activation=activation), 1, 3, 0.0)
    kinds = {type(one) for one in network.modules()} & set(ACTIVATIONS.values())
    assert kinds == {ACTIVATIONS[activation]}


@pytest.mark.parametrize("width", [1, 3, 8, 12])
def test_width_and_depth(width: int) -> None:
    network = build(model(width, depth=3), 1, 3, 0.0)
    widths = [one.out_channels for one in network.modules() if isinstance(one, torch.nn.Conv2d)]
    assert widths == [width, width, 2 * width, 2 * width, 4 * width, 4 * width]
    assert network(torch.zeros(2, 1, 8, 8)).isfinite().all()


def test_more_levels_than_the_pictures_can_be_halved_are_refused() -> None:
    check(model(depth=3), side=8)
    with pytest.raises(UserError, match=r"depth is 4, but pictures of 8 pixels allow 3 at most"):
        check(model(depth=4), side=8)


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
        together, alone = network(images), torch.cat([network(one[None]) for one in images])
    torch.testing.assert_close(together, alone)


def test_dropout_acts_in_training_alone() -> None:
    network = build(model(), 1, 3, 0.5)
    images = torch.rand(4, 1, 8, 8)
    assert not torch.equal(network(images), network(images))
    network.eval()
    assert torch.equal(network(images), network(images))
