"""The weights that a training ends with, where they are not those of its last step."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

Weights = dict[str, Tensor]


class KeptWeights:
    """Averages the weights over steps, and keeps those of the best epoch; both may be off.

    With both, the averages of the best epoch are kept. Every process does the same to the same
    weights. Only what is trained is averaged: buffers and frozen weights are those of the last
    step.

    Args:
        network: on its device; its present weights are the first of the average.
        ema: `optimization.ema`, the part of the average that a step leaves; 0 is off.
        best_epoch: `regularization.best_epoch`.
    """

    def __init__(self, network: nn.Module, ema: float, *, best_epoch: bool) -> None:
        self._network, self._ema, self._best_epoch = network, ema, best_epoch
        self._average = _cloned(self._trained()) if ema else {}
        self._best: Weights = {}

    @torch.no_grad()
    def after_step(self, step: int) -> None:
        """Take the weights after step number `step`, from 1 on, into the average.

        The first steps count for more, so that the average soon forgets where it began.
        Source: TensorFlow's ExponentialMovingAverage, with `num_updates`.
        """
        keep = min(self._ema, (1 + step) / (10 + step))
        trained = self._trained() if self._average else {}
        for name, weight in trained.items():
            # Two roundings, and no fused multiply-add, whose bits depend on the processor.
            self._average[name].mul_(keep).add_(weight * (1 - keep))

    @contextmanager
    def judged(self) -> Iterator[None]:
        """Give the network the average, where there is one, within the block."""
        own = self._put(self._average)
        yield
        self._put(own)

    def after_epoch(self, losses: Sequence[float]) -> None:
        """Keep the network's weights if the last of the epochs' dev losses is below all others."""
        if self._best_epoch and losses[-1] < min(losses[:-1], default=float("inf")):
            self._best = _cloned(self._network.state_dict())

    def settle(self) -> None:
        """Give the network the weights to keep."""
        if self._best:
            self._network.load_state_dict(self._best)
        else:
            self._put(self._average)

    def state(self) -> Weights:
        """Return what a checkpoint must hold."""
        average = {f"average/{name}": weight for name, weight in self._average.items()}
        return average | {f"best/{name}": weight for name, weight in self._best.items()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what `state` returned."""
        for key, weight in state.items():
            owner, _, name = key.partition("/")
            if owner == "best":
                self._best[name] = weight
            else:
                self._average[name].copy_(weight)

    def _trained(self) -> Weights:
        named = self._network.named_parameters()
        return {name: weight.detach() for name, weight in named if weight.requires_grad}

    @torch.no_grad()
    def _put(self, weights: Weights) -> Weights:
        """Give the network some weights; return those that it had."""
        trained = self._trained() if weights else {}
        own = _cloned(trained)
        for name, weight in trained.items():
            weight.copy_(weights[name])
        return own


def _cloned(weights: Mapping[str, Tensor]) -> Weights:
    return {name: weight.detach().clone() for name, weight in weights.items()}
