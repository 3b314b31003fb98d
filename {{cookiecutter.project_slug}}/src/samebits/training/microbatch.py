"""Gradients over logical shards: the same bits whatever the number of processes.

A batch is cut into `reproducibility.shards` parts. Each goes through the network on its own, always
in the same shape, and the gradients are added in one fixed binary tree. Each process computes a
part of the tree.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from ..console.errors import UserError
from .batch_norm import is_folded


def fold(parts: Iterable[Tensor]) -> Tensor:
    """Return the sum of 2^k tensors, added as ((a + b) + (c + d)) + ...; modifies `parts`."""
    waiting: list[Tensor] = []
    for count, part in enumerate(parts, start=1):
        # As a binary counter carries: merge two sums over the same number of parts.
        while count % 2 == 0:
            part = waiting.pop().add_(part)
            count //= 2
        waiting.append(part)
    (total,) = waiting
    return total


def check(network: nn.Module, batch_size: int, shards: int) -> None:
    """Refuse a batch or a network that cannot be cut into shards.

    Raises:
        UserError: the shards would differ in size, or a layer keeps statistics of the batch.
    """
    if batch_size % shards:
        raise UserError(
            f"optimization.batch_size is {batch_size}, which reproducibility.shards ({shards}) "
            f"does not divide; make it {max(1, batch_size // shards) * shards}, for example."
        )
    for name, layer in network.named_modules() if shards > 1 else ():
        if isinstance(layer, _NormBase) and layer.training and _looks_at_the_batch(layer):
            raise UserError(
                f"layer '{name}' of the network is a {type(layer).__name__}, whose result depends "
                "on which examples share a shard and a process; use nn.GroupNorm, or nn.BatchNorm "
                "with running statistics and a momentum, or set reproducibility.shards to 1."
            )


class Gradient:
    """The gradient of all parameters as one tensor; each parameter's `grad` is a view of it."""

    def __init__(self, network: nn.Module) -> None:
        self.parameters = [weight for weight in network.parameters() if weight.requires_grad]
        sizes = [weight.numel() for weight in self.parameters]
        self._total = self.parameters[0].new_zeros(sum(sizes))
        windows: Sequence[Tensor] = torch.split(self._total, sizes)
        for parameter, window in zip(self.parameters, windows, strict=True):
            parameter.grad = window.view_as(parameter)

    def of(self, loss: Tensor) -> Tensor:
        """Return the gradient of a shard's loss, followed by the loss: [parameters + 1]."""
        parts = torch.autograd.grad(loss, self.parameters, materialize_grads=True)
        return torch.cat([*(part.reshape(-1) for part in parts), loss.detach().reshape(1)])

    def settle(self, folded: Tensor, shards: int, clip: float) -> Tensor:
        """Make the mean over shards the gradient of the next step; return the mean loss.

        Args:
            folded: the sum of what `of` gave for each shard: [parameters + 1].
            shards: their number, a power of two, so that dividing is exact.
            clip: the largest norm of the gradient (Pascanu et al., 2013); 0 is no limit.
        """
        torch.mul(folded[:-1], 1 / shards, out=self._total)
        if clip:
            norm = torch.linalg.vector_norm(self._total)
            self._total.mul_((clip / norm).clamp(max=1))
        return folded[-1] / shards


class Watch:
    """Notices if the network's buffers change in a step, because then they depend on the batch.

    Those of the layers `but` may.
    """

    def __init__(self, network: nn.Module, but: Iterable[nn.Module] = ()) -> None:
        left_out = {id(value) for layer in but for value in layer.buffers()}
        self._before = {
            name: value.clone()
            for name, value in network.named_buffers()
            if id(value) not in left_out
        }

    def check(self, network: nn.Module) -> None:
        """Refuse a network whose buffers have changed.

        Raises:
            UserError: a buffer has changed.
        """
        now = dict(network.named_buffers())
        for name, value in self._before.items():
            if not torch.equal(now[name], value):
                raise UserError(
                    f"buffer '{name}' of the network changes in training, so it depends on which "
                    "examples share a shard and a process; do without it, or set "
                    "reproducibility.shards to 1."
                )


def _looks_at_the_batch(layer: _NormBase) -> bool:
    # An InstanceNorm without running statistics looks at one example at a time.
    instance = isinstance(layer, nn.modules.instancenorm._InstanceNorm)
    return not is_folded(layer) and (not instance or bool(layer.track_running_stats))
