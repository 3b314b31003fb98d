"""The network of model.py, built for the shapes and the target of the data."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from ..console.errors import UserError
from ..core import random
from ..core.config import read
from ..core.key_kinds import fits, keys
from ..core.operators import portable
from ..core.sections import Reproducibility
from ..data.fields import Shape
from ..data.loader import Split
from .target_base import target_of


def built(model: Any, split: Split, dropout: float, reproducibility: Reproducibility) -> nn.Module:
    """Return the network that `build` of the module `model` makes, seeded here.

    Args:
        model: the project's model.py.
        split: examples with the shapes and the target of the data.
        dropout: the share of features that training drops.
        reproducibility: the config section.

    Raises:
        UserError: `build` refuses the values of params.yaml, or uses an operator whose bits differ
            between processors.
    """
    outputs = target_of(split).outputs
    return made(model, read(model.Model), split.shapes(), outputs, dropout, reproducibility)


def made(
    model: Any,
    settings: Any,
    shapes: Mapping[str, Shape],
    outputs: int,
    dropout: float,
    reproducibility: Reproducibility,
) -> nn.Module:
    """Return the same from the section `model` as `settings`, and what else `build` takes."""
    # Every process that builds it draws the same, also what the network keeps in no buffer.
    torch.manual_seed(random.key(reproducibility.seed, "initialisation"))
    with portable(nn.Module(), reproducibility):
        try:
            network = model.build(settings, shapes, outputs, dropout)
        except (ValueError, AssertionError) as error:  # as nn.MultiheadAttention refuses
            raise UserError(
                f"model.py: {error}; change the section `model` of params.yaml."
            ) from error
    assert isinstance(network, nn.Module)
    return network


def growth(model: Any, split: Split) -> dict[str, dict[str, Any]]:
    """Return values of the section `model` that make a bigger, smaller or other network.

    Returns:
        {"bigger": {key: value}, "smaller": {key: value}} for keys with the rule `bigger`, and
        {"other": {key: value}} for keys with choices; only values that `build` accepts.
    """
    now = read(model.Model)
    known = keys(model.Model)
    changes: dict[str, dict[str, Any]] = {"bigger": {}, "smaller": {}, "other": {}}
    for name, key in known.items():
        value, step = getattr(now, name), key.rules.get("bigger", "")
        others = [choice for choice in key.rules.get("choices", ()) if choice != value]
        wanted = {"bigger": _stepped(value, step), "smaller": _stepped(value, step, back=True)}
        wanted["other"] = others[0] if others else None
        for kind, to in wanted.items():
            if (
                to is not None
                and fits(to, key)
                and _takes(model, replace(now, **{name: to}), split)
            ):
                changes[kind][name] = to
    return changes


def _stepped(value: Any, step: str, *, back: bool = False) -> Any:
    """The value after a step such as "*2" or "+1"; None if there is no step, or no way back."""
    if not step:
        return None
    by = int(step[1:])
    if step[0] == "*":
        less = value / by if isinstance(value, float) else value // by
        return (less or None) if back else value * by
    return (value - by if value > by else None) if back else value + by


def _takes(model: Any, settings: Any, split: Split) -> bool:
    shapes = split.shapes()
    try:
        with torch.device("meta"):  # nothing is computed
            model.build(settings, shapes, target_of(split).outputs, 0.0)
    except Exception:  # any error: do not suggest what cannot be built
        return False
    return True
