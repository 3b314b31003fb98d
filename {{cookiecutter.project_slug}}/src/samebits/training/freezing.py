"""Weights that keep their first values, such as pretrained ones below a new head."""

import re

from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from ..console.errors import UserError


def freeze(network: nn.Module, pattern: str) -> None:
    """Let weights in whose names `pattern` finds something learn nothing; "" names none.

    A BatchNorm that has weights, none of which learns, keeps its statistics, too: it normalises
    with them as it does when the network predicts.

    Args:
        network: in training mode.
        pattern: `optimization.freeze`, a regular expression.

    Raises:
        UserError: the pattern names none of the weights that learn, or all.
    """
    learning = {name: w for name, w in network.named_parameters() if w.requires_grad}
    held = [weight for name, weight in learning.items() if pattern and re.search(pattern, name)]
    if pattern and len(held) in (0, len(learning)):
        raise UserError(
            f"optimization.freeze, '{pattern}', names {'all' if held else 'none'} of the network's "
            f"weights; they are called {_some([*learning])}."
        )
    for weight in held:
        weight.requires_grad_(False)
    for layer in network.modules():
        weights = [*layer.parameters(recurse=False)]
        if isinstance(layer, _NormBase) and weights and not any(w.requires_grad for w in weights):
            layer.eval()


def _some(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 4 else f"{names[0]}, {names[1]}, ..., {names[-1]}"
