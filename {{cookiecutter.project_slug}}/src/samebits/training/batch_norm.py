"""Trained BatchNorm over logical shards: the same bits whatever the number of processes.

A layer normalises each shard by the mean and the variance of that shard alone (ghost batch
normalisation; Hoffer et al., NeurIPS 2017). Those of all shards are added in the tree of the
gradients, and their mean moves the running statistics, once a step.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def is_folded(layer: nn.Module) -> bool:
    """Whether this is a BatchNorm in training whose statistics can be folded over shards."""
    if not isinstance(layer, _BatchNorm) or isinstance(layer, nn.SyncBatchNorm):
        return False
    return layer.training and layer.track_running_stats and layer.momentum is not None


class Statistics:
    """The running statistics of a network; nothing is done for one that has none.

    If a loss calls the network several times for a shard, the last call counts.
    """

    def __init__(self, network: nn.Module) -> None:
        self.layers: list[Any] = [layer for layer in network.modules() if is_folded(layer)]
        self._momenta = [layer.momentum for layer in self.layers]
        self._before: list[Tensor] = []
        self._steps: list[Tensor] = []

    def begin(self) -> None:
        """Begin a step, in which a layer keeps the statistics of its last input alone."""
        self._before = [value.clone() for value in self._running()]
        self._steps = [layer.num_batches_tracked + 1 for layer in self.layers]
        for layer in self.layers:
            layer.momentum = 1.0

    def behind(self, gradient: Tensor) -> Tensor:
        """Return the gradient of a shard, and behind it the statistics of the shard, in one."""
        return torch.cat([gradient, *self._running()]) if self.layers else gradient

    def settle(self, folded: Tensor, shards: int) -> Tensor:
        """Move the running statistics towards the mean over shards; return the folded gradient.

        Args:
            folded: the sum of what `behind` gave for each shard.
            shards: their number.
        """
        if not self.layers:
            return folded
        sizes = [len(value) for value in self._before]
        parts: Sequence[Tensor] = torch.split(folded, [len(folded) - sum(sizes), *sizes])
        gradient, *sums = parts
        means = iter([total / shards for total in sums])
        before = iter(self._before)
        for layer, momentum, steps in zip(self.layers, self._momenta, self._steps, strict=True):
            layer.momentum = momentum
            layer.num_batches_tracked.copy_(steps)
            for running in (layer.running_mean, layer.running_var):
                start = next(before)
                running.copy_(start + momentum * (next(means) - start))
        return gradient

    def _running(self) -> Iterator[Tensor]:
        for layer in self.layers:
            yield from (layer.running_mean, layer.running_var)
