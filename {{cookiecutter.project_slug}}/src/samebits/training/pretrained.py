"""Pretrained weights that `samebits weights` has brought in, for `start` in model.py.

Such as `pretrained.fill(network, pretrained.load("resnet18"), but="^head")`.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load as from_bytes
from torch import Tensor, nn

from ..console.errors import UserError
from ..core.config import read
from ..core.seals import PIPELINE, declared, read_yaml
from ..data.raw_pointer import origin

FOLDER = Path("data/weights")
FEW = 3


def started(model: Any, network: nn.Module) -> None:
    """Let `start` of model.py, if it has one, give a new network its first weights.

    Args:
        model: the project's model.py.
        network: which its `build` has made.

    Raises:
        UserError: `start` makes another network of it, or its weights are missing.
    """
    if not hasattr(model, "start"):
        return
    built = _form(network)
    with torch.no_grad():
        model.start(network, read(model.Model))
    if _form(network) != built:
        raise UserError(
            "model.py: `start` adds, removes or reshapes weights of the network, which `evaluate` "
            "builds without it; do that in `build`."
        )


def load(name: str) -> dict[str, Tensor]:
    """Return the tensors of data/weights/<name>.safetensors by name.

    Raises:
        UserError: stage `train` does not depend on the file; or it is missing, or is not the one
            that `samebits weights` recorded.
    """
    path = FOLDER / f"{name}.safetensors"
    file, pointer = path.as_posix(), Path(f"{path}.dvc")
    if file not in declared(read_yaml(Path(PIPELINE)), "train").deps:
        raise UserError(
            f"stage train in dvc.yaml does not depend on {file}; add it to its deps, or "
            "other weights there would not retrain anything."
        )
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{file} is missing; get it with 'samebits data missing'.") from None
    recorded = (origin(pointer) or {}).get("safetensors")
    if hashlib.sha256(content).hexdigest() != recorded:
        raise UserError(
            f"{file} is not what {pointer.as_posix()} records; get that with 'dvc checkout --force "
            f"{file}', or bring the other in with 'samebits weights --replace'."
        )
    return from_bytes(content)


@torch.no_grad()
def fill(network: nn.Module, tensors: Mapping[str, Tensor], but: str = "") -> None:
    """Copy tensors into the weights and buffers of the network, each by its name.

    Args:
        network: whose `state_dict` names what is filled.
        tensors: of the same names and shapes.
        but: finds something in the names, of either, that are left out; "" leaves out none.

    Raises:
        UserError: a name is only on one side, or has another shape there.
    """
    own, given = (
        {name: value for name, value in side.items() if not (but and re.search(but, name))}
        for side in (network.state_dict(), tensors)
    )
    wrong = [f"{name} is not in the file" for name in own if name not in given]
    wrong += [f"{name} is not in the network" for name in given if name not in own]
    wrong += [
        f"{name} is {[*given[name].shape]} in the file and {[*own[name].shape]} in the network"
        for name in own
        if name in given and own[name].shape != given[name].shape
    ]
    if wrong:
        more = f", and {len(wrong) - FEW} more" if len(wrong) > FEW else ""
        raise UserError(
            f"the pretrained weights do not fit: {', '.join(sorted(wrong)[:FEW])}{more}; rename "
            "tensors in `start`, or leave them out with `but`."
        )
    for name, value in own.items():
        value.copy_(given[name])


def _form(network: nn.Module) -> dict[str, tuple[torch.Size, torch.dtype]]:
    return {name: (value.shape, value.dtype) for name, value in network.state_dict().items()}
