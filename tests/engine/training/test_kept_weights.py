"""The weights of the best epoch and the averages: the right ones, and the same after a kill."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from samebits.training.kept_weights import KeptWeights

Train = Callable[..., Any]
# The dev loss falls, and rises after.
UNSTEADY: dict[str, Any] = {"epochs": 8, "learning_rate": 0.3, "best_epoch": True}


def filled(value: float) -> nn.Linear:
    linear = nn.Linear(2, 1)
    for weight in linear.parameters():
        weight.data.fill_(value)
    return linear


def weight(network: nn.Linear) -> float:
    return network.weight[0, 0].item()


def test_off_is_nothing() -> None:
    network = filled(1)
    kept = KeptWeights(network, 0.0, best_epoch=False)
    kept.after_step(1)
    kept.after_epoch([0.5])
    with kept.judged():
        assert weight(network) == 1
    kept.settle()
    assert weight(network) == 1
    assert kept.state() == {}


def test_the_average_is_an_exponential_one() -> None:
    network = filled(0)
    network.bias.requires_grad_(False)
    kept = KeptWeights(network, 0.5, best_epoch=False)
    expected = 0.0
    for step in range(1, 20):
        network.weight.data.fill_(step)
        network.bias.data.fill_(step)
        kept.after_step(step)
        part = min(0.5, (1 + step) / (10 + step))
        expected = part * expected + (1 - part) * step
        with kept.judged():
            assert weight(network) == pytest.approx(expected)
            assert network.bias.item() == step  # it is not trained
        assert weight(network) == step
    kept.settle()
    assert weight(network) == pytest.approx(expected)


def test_the_best_epoch_is_the_first_of_the_lowest() -> None:
    network = filled(0)
    kept, losses = KeptWeights(network, 0.0, best_epoch=True), list[float]()
    for epoch, loss in enumerate([3.0, 1.0, 2.0, 1.0], start=1):
        network.weight.data.fill_(epoch)
        losses.append(loss)
        kept.after_epoch(losses)
    kept.settle()
    assert weight(network) == 2


def test_both_keep_the_average_of_the_best_epoch() -> None:
    network = filled(0)
    kept = KeptWeights(network, 0.5, best_epoch=True)
    for step, losses in ((1, [1.0]), (2, [1.0, 2.0])):
        network.weight.data.fill_(1)
        kept.after_step(step)
        with kept.judged():
            kept.after_epoch(losses)
    kept.settle()
    assert weight(network) == pytest.approx(1 - 2 / 11)


def test_what_a_checkpoint_holds_is_enough() -> None:
    network = filled(1)
    kept = KeptWeights(network, 0.5, best_epoch=True)
    kept.after_epoch([1.0])
    network.weight.data.fill_(3)
    kept.after_step(1)
    other = KeptWeights(filled(7), 0.5, best_epoch=True)
    other.load(kept.state())
    assert other.state().keys() == kept.state().keys()
    assert all(torch.equal(value, kept.state()[name]) for name, value in other.state().items())


def test_a_training_ends_with_the_best_epoch(run: Train) -> None:
    best = run("best", **UNSTEADY)
    last = run("last", **UNSTEADY | {"best_epoch": False})
    assert best.progress == last.progress
    losses = [row[2] for row in best.progress.curves]
    epoch = losses.index(min(losses)) + 1
    assert 1 < epoch < 8, losses
    assert best.weights != last.weights
    stopped = run("stopped", **UNSTEADY | {"early_stopping": 1})
    assert stopped.progress.curves == best.progress.curves[: len(stopped.progress.curves)]


@pytest.mark.parametrize("chosen", [UNSTEADY, {"ema": 0.9}, UNSTEADY | {"ema": 0.9}], ids=str)
@pytest.mark.parametrize("at", [2, 9, 20])
def test_a_killed_run_keeps_the_same_weights(
    run: Train, kill: Train, chosen: dict[str, Any], at: int
) -> None:
    chosen = {"epochs": 8, "checkpoint_every": 2} | chosen
    whole = run("whole", **chosen)
    kill("killed", at=at, **chosen)
    assert run("killed", **chosen) == whole
    # A checkpoint of the very last step.
    run("end", **chosen | {"checkpoint_every": 24})
    assert run("end", **chosen | {"checkpoint_every": 24}) == whole
