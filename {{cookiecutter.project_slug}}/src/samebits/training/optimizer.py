"""The optimizer and its learning rate, a function of the step."""

import inspect
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from ..core.sections import Optimization, Regularization


def build(
    network: nn.Module, optimization: Optimization, regularization: Regularization
) -> torch.optim.Optimizer:
    """Return the optimizer; weights decay, biases and normalisation scales do not.

    It is always fused: the other kinds take square roots with MKL's vector library, whose last
    bits differ between processors.
    """
    scales = _scales(network, optimization.layer_decay)
    groups = [
        group
        for scale in dict.fromkeys(scales.values())
        for group in _groups(
            [weight for weight in network.parameters() if scales.get(weight) == scale],
            scale,
            regularization.weight_decay,
        )
    ]
    rate = optimization.learning_rate
    if optimization.optimizer == "sgd":
        return Sgd(groups, lr=rate, momentum=0.9, nesterov=True, fused=True)
    kind = AdamW if optimization.optimizer == "adamw" else Adam
    return kind(groups, lr=rate, fused=True)


def _groups(weights: Sequence[nn.Parameter], scale: float, decay: float) -> list[dict[str, Any]]:
    """Those that decay, and those that do not, with their part of the learning rate."""
    wide = [weight for weight in weights if weight.ndim > 1]
    others = [weight for weight in weights if weight.ndim <= 1]
    return [
        {"params": wide, "weight_decay": decay, "scale": scale},
        {"params": others, "weight_decay": 0.0, "scale": scale},
    ]


def _scales(network: nn.Module, decay: float) -> Mapping[nn.Parameter, float]:
    """Return the part of the learning rate that each weight which learns has.

    It falls by `decay` with each layer from the last one back (Howard and Ruder, ACL 2018). What
    belongs to none of the layers has as little as the first.
    """
    scales: dict[nn.Parameter, float] = {}
    scale = lowest = 1.0
    for layer in reversed(_layers(network)):
        weights = [*layer.parameters()]
        for weight in weights:
            scales.setdefault(weight, scale)
        if weights:
            lowest, scale = scale, scale * decay
    learning = [weight for weight in network.parameters() if weight.requires_grad]
    return {weight: scales.get(weight, lowest) for weight in learning}


def _layers(network: nn.Module) -> list[nn.Module]:
    """The layers from input to answer: what `levels()` of the network returns, or its children.

    A `ModuleList` among its children is as many layers as it has members.
    """
    if callable(levels := getattr(network, "levels", None)):
        return [*levels()]
    return [
        layer
        for child in network.children()
        for layer in (child if isinstance(child, nn.ModuleList) else [child])
    ]


class _Plain(torch.optim.Optimizer):
    """An optimizer without the hooks of torch's compiler, which takes seconds to import."""

    add_param_group = inspect.unwrap(torch.optim.Optimizer.add_param_group)
    zero_grad = inspect.unwrap(torch.optim.Optimizer.zero_grad)
    state_dict = inspect.unwrap(torch.optim.Optimizer.state_dict)
    load_state_dict = inspect.unwrap(torch.optim.Optimizer.load_state_dict)


class Sgd(_Plain, torch.optim.SGD):
    """Stochastic gradient descent."""

    step = torch.no_grad()(inspect.unwrap(torch.optim.SGD.step))


class Adam(_Plain, torch.optim.Adam):
    """Adam."""

    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))


class AdamW(_Plain, torch.optim.AdamW):
    """Adam with decoupled weight decay."""

    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))


def cosine(step: int, steps: int, optimization: Optimization) -> float:
    """Return the rate of `step` in a run of `steps`: a linear rise, then half a cosine to zero.

    Source: warm-up after Goyal et al. (2017), cosine after Loshchilov and Hutter (2017).
    """
    rise = int(optimization.warmup * steps)
    if step < rise:
        part = (step + 1) / rise
    else:
        part = (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise))) / 2
    # C libraries differ in the last bit of a cosine; nine digits are the same everywhere.
    return float(f"{optimization.learning_rate * part:.9g}")


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of the next step, of which each group has its part."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("scale", 1.0)
