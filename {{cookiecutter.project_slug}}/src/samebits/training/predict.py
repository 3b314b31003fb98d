"""A network's predictions for examples."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from ..console.errors import UserError, refused
from ..data.fields import Arrays
from ..data.shards import Stored, rows
from .distributed import ALONE, Group
from .target_base import NetworkTarget

Inputs = Callable[[Arrays], dict[str, Tensor]]  # of model.py


@torch.no_grad()
def predict(
    network: nn.Module,
    inputs: Inputs,
    arrays: Stored,
    target: NetworkTarget,
    chunk: int,
    group: Group = ALONE,
    labels: Any = None,
) -> NDArray[Any]:
    """Return the answers for examples, arrays [n, ...] by name, in the form of the target.

    They go through the network `chunk` at a time, and blank examples fill up the last chunk.
    Kernels are chosen by shape, so otherwise the bits of an example would depend on the number of
    others. Chunks are the same for any number of processes.

    Args:
        network: of model.py.
        inputs: of model.py.
        arrays: of the examples.
        target: turns outputs into answers.
        chunk: examples at a time.
        group: the processes that share the chunks.
        labels: of the examples, if the target compares the outputs with them.

    Raises:
        UserError: the network gives more or fewer numbers than the target needs.
    """
    count = len(next(iter(arrays.values())))
    said = torch.zeros(count, target.kept)
    for start, given in outputs(network, inputs, arrays, target.form, chunk, group):
        truth = None if labels is None else labels[start : start + chunk]
        said[start : start + chunk] = target.said(given, truth)[: count - start]
    return target.answers(group.union(said).numpy())


@torch.no_grad()
def outputs(
    network: nn.Module,
    inputs: Inputs,
    arrays: Stored,
    form: tuple[int, ...],
    chunk: int,
    group: Group = ALONE,
) -> Iterator[tuple[int, Tensor]]:
    """Yield the first example of each chunk, and the outputs for the chunk [chunk, *form].

    Arguments and errors are those of `predict`; outputs after the last example are meaningless.
    """
    count = len(next(iter(arrays.values())))
    device = next(network.parameters()).device
    modes = {layer: layer.training for layer in network.modules()}  # some may be frozen
    network.eval()
    for start in range(group.rank * chunk, count, group.size * chunk):
        given = inputs(rows(arrays, slice(start, start + chunk)))
        filled = {name: _filled(array, chunk).to(device) for name, array in given.items()}
        result = network(**filled)
        if result.shape != (chunk, *form):
            last = "be of that shape" if len(form) > 1 else "have `outputs` numbers"
            raise UserError(
                f"model.py: the network gives {list(result.shape)} for {chunk} examples, instead "
                f"of {[chunk, *form]}; its last layer must {last}."
            )
        yield start, result
    for layer, training in modes.items():
        layer.training = training


def masks(
    network: nn.Module, inputs: Inputs, arrays: Stored, form: tuple[int, ...], chunk: int
) -> NDArray[np.uint8]:
    """Return the most probable class of each pixel [n, h, w]; arguments are those of `predict`.

    All masks are in memory at once, so this is for a few examples.
    """
    count = len(next(iter(arrays.values())))
    parts = [
        given.argmax(dim=1).byte().cpu()
        for _, given in outputs(network, inputs, arrays, form, chunk)
    ]
    return torch.cat(parts)[:count].numpy()


def _filled(given: Tensor, count: int) -> Tensor:
    if len(given) == count:
        return given
    return torch.cat([given, given.new_zeros(count - len(given), *given.shape[1:])])


def load(network: nn.Module, weights: Path) -> None:
    """Load the file `weights` into `network`; a missing or unfit file is a `UserError`."""
    try:
        network.load_state_dict(load_file(weights))
    except FileNotFoundError:
        raise UserError(f"{weights.as_posix()} is missing; run 'dvc repro train'.") from None
    except (SafetensorError, RuntimeError) as error:
        if refused(error):
            raise
        raise UserError(
            f"{weights.as_posix()} does not hold the network that params.yaml describes; "
            "run 'dvc repro train'."
        ) from None
