"""What a network says of pictures."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

from ..data.batches import normalise
from ..data.storage import Pictures
from ..errors import UserError, refused
from .processes import ALONE, Group

CHUNK = 128


@torch.no_grad()
def predict(
    network: nn.Module,
    images: NDArray[np.uint8] | Pictures,
    classes: int,
    group: Group = ALONE,
) -> NDArray[np.float32]:
    """Return the probabilities [n, classes] for images uint8 [n, c, h, w].

    Pictures go through the network in chunks that are the same for any number of processes.
    """
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    found = torch.zeros(len(images), classes)
    for start in range(group.rank * CHUNK, len(images), group.size * CHUNK):
        logits = network(normalise(images[start : start + CHUNK]).to(device))
        found[start : start + CHUNK] = functional.softmax(logits, dim=1)
    network.train(was_training)
    return group.union(found).numpy()


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
