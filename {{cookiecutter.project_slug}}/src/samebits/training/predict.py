"""What a network says of examples."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from ..console.errors import UserError, refused
from ..data.fields import Arrays
from ..data.shards import Stored, rows
from .distributed import ALONE, Group
from .target import Target


@torch.no_grad()
def predict(
    network: nn.Module,
    inputs: Callable[[Arrays], dict[str, Tensor]],
    arrays: Stored,
    target: Target,
    chunk: int,
    group: Group = ALONE,
) -> NDArray[Any]:
    """Return the answers for examples, arrays [n, ...] by name, in the form of the target.

    They go through the network `chunk` at a time, and blank ones fill up the last chunk: kernels
    are chosen by shape, so the bits of one example would else depend on how many others there are.
    Chunks are the same for any number of processes.

    Raises:
        UserError: the network gives more or fewer numbers than the target needs.
    """
    count = len(next(iter(arrays.values())))
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    found = torch.zeros(count, target.outputs)
    for start in range(group.rank * chunk, count, group.size * chunk):
        given = inputs(rows(arrays, slice(start, start + chunk)))
        filled = {name: _filled(one, chunk).to(device) for name, one in given.items()}
        outputs = network(**filled)
        if outputs.shape != (chunk, target.outputs):
            raise UserError(
                f"model.py: the network gives {list(outputs.shape)} for {chunk} examples, instead "
                f"of {[chunk, target.outputs]}; let its last layer have `outputs` numbers."
            )
        found[start : start + chunk] = target.said(outputs)[: count - start]
    network.train(was_training)
    return target.answers(group.union(found).numpy())


def _filled(given: Tensor, count: int) -> Tensor:
    return torch.cat([given, given.new_zeros(count - len(given), *given.shape[1:])])


def load(network: nn.Module, weights: Path) -> None:
    """Load the file `weights` into `network`; a missing or unfit file is a `UserError`."""
    try:
        network.load_state_dict(load_file(weights))
    except FileNotFoundError:
        raise UserError(f"{weights.as_posix()} is not there; run 'dvc repro train'.") from None
    except (SafetensorError, RuntimeError) as error:
        if refused(error):
            raise
        raise UserError(
            f"{weights.as_posix()} does not hold the network that params.yaml describes; "
            "run 'dvc repro train'."
        ) from None
