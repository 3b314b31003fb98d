"""Trained BatchNorm: statistics of each shard, folded, the same for any number of processes."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from handwritten_digits import model
from torch import Tensor, nn

from samebits.training.batch_norm import Statistics
from samebits.training.microbatch import check, fold

Train = Callable[..., Any]
SHARDS = 4
# A step over four shards of four examples, and a bit more.
EXAMPLES = torch.linspace(-3, 5, 48).reshape(16, 3).sin()


def network_of(momentum: float = 0.1) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2, momentum=momentum))


def part_of(statistics: Statistics, network: nn.Module, shards: list[Tensor]) -> Tensor:
    """What one process adds to the tree: a gradient of one number, and the statistics."""
    statistics.begin()
    parts = []
    for examples in shards:
        network(examples)
        parts.append(statistics.behind(torch.ones(1)))
    return fold(parts)


def stepped(processes: int, momentum: float = 0.1) -> list[dict[str, Tensor]]:
    """The state of the network in each process after two steps."""
    networks = [network_of(momentum).train() for _ in range(processes)]
    ranks = [Statistics(network) for network in networks]
    for _ in range(2):
        shards, own = [*EXAMPLES.chunk(SHARDS)], SHARDS // processes
        parts = [
            part_of(statistics, network, shards[rank * own : (rank + 1) * own])
            for rank, (statistics, network) in enumerate(zip(ranks, networks, strict=True))
        ]
        whole = fold([part.clone() for part in parts])
        for statistics in ranks:
            assert torch.equal(statistics.settle(whole.clone(), SHARDS), torch.full((1,), 4.0))
    return [network.state_dict() for network in networks]


@pytest.mark.parametrize("processes", [2, 4])
def test_any_number_of_processes_gives_the_same_bits(processes: int) -> None:
    [alone] = stepped(1)
    for state in stepped(processes):
        assert all(torch.equal(value, alone[name]) for name, value in state.items())


def test_they_move_by_the_mean_over_shards() -> None:
    [state] = stepped(1, momentum=0.5)
    inside = network_of()[0](EXAMPLES)
    mean = torch.stack([part.mean(dim=0) for part in inside.chunk(SHARDS)]).mean(dim=0)
    variance = torch.stack([part.var(dim=0) for part in inside.chunk(SHARDS)]).mean(dim=0)
    torch.testing.assert_close(state["1.running_mean"], 0.75 * mean)
    torch.testing.assert_close(state["1.running_var"], 0.25 + 0.75 * variance)
    assert state["1.num_batches_tracked"] == 2


def test_the_momentum_is_as_it_was() -> None:
    network = network_of(0.3).train()
    statistics = Statistics(network)
    whole = part_of(statistics, network, [*EXAMPLES.chunk(SHARDS)])
    assert network[1].momentum == 1.0
    statistics.settle(whole, SHARDS)
    assert network[1].momentum == 0.3


@pytest.mark.parametrize("network", [nn.Linear(3, 2), nn.Sequential(nn.BatchNorm1d(2)).eval()])
def test_without_such_a_layer_nothing_is_added(network: nn.Module) -> None:
    statistics, gradient = Statistics(network), torch.ones(3)
    statistics.begin()
    assert statistics.behind(gradient) is gradient
    assert statistics.settle(gradient, SHARDS) is gradient


@pytest.fixture
def _normalised(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped network with BatchNorm in the place of GroupNorm."""
    build = model.build

    def normalised(*given: Any) -> nn.Module:
        network = build(*given)
        layers = network.get_submodule("features").children()
        network.features = nn.Sequential(
            *(
                nn.BatchNorm2d(layer.num_channels) if isinstance(layer, nn.GroupNorm) else layer
                for layer in layers
            )
        )
        check(network, 8, 2)
        return network

    monkeypatch.setattr(model, "build", normalised)


@pytest.mark.usefixtures("_normalised")
def test_a_killed_run_goes_on_to_the_same_bits(run: Train, kill: Callable[..., None]) -> None:
    whole = run("whole")
    kill("killed", at=6)
    assert run("killed") == whole
    counts = [v for name, v in whole.weights.items() if name.endswith("num_batches_tracked")]
    assert {int.from_bytes(value, "little") for value in counts} == {9}


@pytest.mark.usefixtures("_normalised")
def test_it_learns(run: Train) -> None:
    progress = run(epochs=30, learning_rate=0.05, dropout=0, rotation=0, shift=0).progress
    assert progress.curves[-1][3] > 0.9
