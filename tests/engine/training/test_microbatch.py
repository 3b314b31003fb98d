"""Sums over shards have one order, and a network that looks across examples is refused."""

import pytest
import torch
from torch import Tensor, nn

from samebits.console.errors import UserError
from samebits.training.microbatch import Gradient, Watch, check, fold


class Text(str):
    """Shows the order of additions."""

    def add_(self, other: str) -> "Text":
        return Text(f"({self}{other})")


@pytest.mark.parametrize(
    ("parts", "order"),
    [("a", "a"), ("ab", "(ab)"), ("abcd", "((ab)(cd))"), ("abcdefgh", "(((ab)(cd))((ef)(gh)))")],
)
def test_the_tree(parts: str, order: str) -> None:
    assert fold(map(Text, parts)) == order  # type: ignore[arg-type]


@pytest.mark.parametrize("processes", [2, 4, 8])
def test_parts_of_the_tree_make_the_same_tree(processes: int) -> None:
    parts = [Text(letter) for letter in "abcdefgh"]
    own = len(parts) // processes
    partial = [fold(parts[start : start + own]) for start in range(0, len(parts), own)]  # type: ignore[arg-type]
    assert fold(partial) == fold(parts)  # type: ignore[arg-type]


def test_what_is_not_a_power_of_two() -> None:
    with pytest.raises(ValueError, match="too many values"):
        fold(map(torch.tensor, (1.0, 2.0, 3.0)))


def linear() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))


def grads(network: nn.Module) -> list[Tensor]:
    return [parameter.grad for parameter in network.parameters() if parameter.grad is not None]


def loss(network: nn.Module, examples: Tensor) -> Tensor:
    return network(examples).square().mean()  # type: ignore[no-any-return]


def test_the_gradient_is_that_of_the_whole_batch() -> None:
    first, other = linear(), linear()
    examples = torch.randn(8, 3)
    loss(first, examples).backward()  # type: ignore[no-untyped-call]
    gradient = Gradient(other)
    folded = fold(gradient.of(loss(other, part)) for part in examples.chunk(4))
    mean = gradient.settle(folded, 4, clip=0)
    torch.testing.assert_close(mean, loss(first, examples).detach())
    torch.testing.assert_close(grads(other), grads(first))


@pytest.mark.parametrize("clip", [0.01, 1e6])
def test_clipping_is_after_the_fold(clip: float) -> None:
    first, other = linear(), linear()
    examples = torch.randn(8, 3)
    loss(first, examples).backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(first.parameters(), clip)
    gradient = Gradient(other)
    gradient.settle(fold(gradient.of(loss(other, part)) for part in examples.chunk(2)), 2, clip)
    torch.testing.assert_close(grads(other), grads(first), rtol=1e-4, atol=1e-7)


def test_no_gradient_is_not_clipped() -> None:
    network = linear()
    gradient = Gradient(network)
    count = sum(parameter.numel() for parameter in network.parameters())
    gradient.settle(torch.zeros(count + 1), 1, clip=1.0)
    assert all(torch.equal(grad, torch.zeros_like(grad)) for grad in grads(network))


def test_a_parameter_without_use_has_no_gradient() -> None:
    network = linear()
    network.register_parameter("unused", nn.Parameter(torch.ones(2)))
    gradient = Gradient(network)
    gradient.settle(gradient.of(loss(network, torch.ones(4, 3))), 1, clip=0)
    assert (network.get_parameter("unused").grad == 0).all()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "layer",
    [
        nn.BatchNorm2d(3, track_running_stats=False),
        nn.BatchNorm2d(3, momentum=None),
        nn.SyncBatchNorm(3),
        nn.InstanceNorm2d(3, track_running_stats=True),
    ],
)
def test_statistics_of_the_batch_are_refused(layer: nn.Module) -> None:
    with pytest.raises(UserError, match=rf"'0' .* is a {type(layer).__name__}.*nn\.GroupNorm"):
        check(nn.Sequential(layer), 8, 2)
    check(nn.Sequential(layer), 8, 1)


@pytest.mark.parametrize(
    "layer",
    [
        *(nn.GroupNorm(1, 3), nn.LayerNorm(3), nn.InstanceNorm2d(3), nn.Dropout(0.5)),
        *(nn.BatchNorm1d(3), nn.SyncBatchNorm(3).eval()),
    ],
)
def test_other_layers_are_not(layer: nn.Module) -> None:
    check(nn.Sequential(layer), 8, 2)


def test_a_batch_that_cannot_be_cut() -> None:
    with pytest.raises(UserError, match=r"batch_size is 66, which .*shards \(4\).*; make it 64"):
        check(linear(), 66, 4)
    with pytest.raises(UserError, match="make it 4, for"):
        check(linear(), 3, 4)


class Mean(nn.Module):
    """Statistics in an unknown layer."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(1))

    def forward(self, examples: Tensor) -> Tensor:
        self.mean = self.mean * 0.9 + examples.mean().detach() * 0.1
        return examples - self.mean


def test_a_buffer_that_changes_is_refused() -> None:
    network = nn.Sequential(Mean())
    watch = Watch(network)
    watch.check(network)
    network(torch.ones(2, 3))
    with pytest.raises(UserError, match=r"buffer '0\.mean' .*reproducibility\.shards to 1"):
        watch.check(network)


def test_a_buffer_that_is_folded_may_change() -> None:
    network = nn.Sequential(nn.BatchNorm1d(3), nn.BatchNorm1d(3))
    watch = Watch(network, [network[0]])
    network[0](torch.ones(2, 3))
    watch.check(network)
    network[1](torch.ones(2, 3))
    with pytest.raises(UserError, match=r"buffer '1\.running"):
        watch.check(network)
