"""The optimizer and its learning rate, a function of the step."""

import inspect
import math

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
    parameters = [weight for weight in network.parameters() if weight.requires_grad]
    groups = [
        {
            "params": [weight for weight in parameters if weight.ndim > 1],
            "weight_decay": regularization.weight_decay,
        },
        {"params": [weight for weight in parameters if weight.ndim <= 1], "weight_decay": 0.0},
    ]
    rate = optimization.learning_rate
    if optimization.optimizer == "sgd":
        return Sgd(groups, lr=rate, momentum=0.9, nesterov=True, fused=True)
    kind = AdamW if optimization.optimizer == "adamw" else Adam
    return kind(groups, lr=rate, fused=True)


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
    """Set the learning rate of the next step."""
    for group in optimizer.param_groups:
        group["lr"] = rate
