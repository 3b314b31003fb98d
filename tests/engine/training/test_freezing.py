"""Weights that a pattern names learn nothing, and the statistics beside them neither."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from handwritten_digits import model
from torch import nn

from samebits.console.errors import UserError
from samebits.training.freezing import freeze

Train = Callable[..., Any]


class Network(nn.Module):
    """What was trained elsewhere, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4))
        self.norm, self.head = nn.BatchNorm2d(4), nn.Linear(4, 2)


def learning(network: nn.Module) -> list[str]:
    return [name for name, weight in network.named_parameters() if weight.requires_grad]


def test_a_body_is_frozen() -> None:
    network = Network().train()
    freeze(network, "^body")
    assert learning(network) == ["norm.weight", "norm.bias", "head.weight", "head.bias"]
    modes = {name: layer.training for name, layer in network.named_modules()}
    assert [name for name, training in modes.items() if not training] == ["body.1"]


def test_no_pattern_freezes_nothing() -> None:
    network = Network().train()
    freeze(network, "")
    assert len(learning(network)) == 8
    assert all(layer.training for layer in network.modules())


def test_what_build_has_frozen_keeps_its_statistics_as_well() -> None:
    network = Network().train()
    network.body.requires_grad_(False)
    freeze(network, "")
    assert not network.body[1].training


def test_half_a_norm_learns_on() -> None:
    network = Network().train()
    freeze(network, r"norm\.weight")
    assert network.norm.training


@pytest.mark.parametrize(("pattern", "many"), [("trunk", "none"), (".", "all"), ("^", "all")])
def test_a_pattern_that_names_nothing_or_everything(pattern: str, many: str) -> None:
    said = rf"names {many} of the network's weights; .* body\.0\.weight, .*, \.\.\., head\.bias"
    with pytest.raises(UserError, match=said):
        freeze(Network(), pattern)


def test_training_leaves_what_is_frozen(run: Train) -> None:
    slow, fast = (run(str(rate), freeze="^features", learning_rate=rate) for rate in (0.01, 0.02))
    same = {name for name in slow.weights if slow.weights[name] == fast.weights[name]}
    assert same == {name for name in slow.weights if name.startswith("features")}


def test_a_look_at_the_dev_set_wakes_no_frozen_layer(
    run: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`predict` puts each layer back into the mode in which it was."""
    networks = list[nn.Module]()
    build = model.build

    def normalised(*given: Any) -> nn.Module:
        network = build(*given)
        features = [*network.get_submodule("features").children()]
        network.features = nn.Sequential(features[0], nn.BatchNorm2d(4), *features[2:])
        networks.append(network)
        return network

    monkeypatch.setattr(model, "build", normalised)
    run("frozen", freeze=r"^features\.[01]\.", shards=2)
    layer = networks[0].get_submodule("features.1")
    assert isinstance(layer, nn.BatchNorm2d)
    assert not layer.training
    assert layer.running_mean is not None and torch.equal(layer.running_mean, torch.zeros(4))
    assert networks[0].training
