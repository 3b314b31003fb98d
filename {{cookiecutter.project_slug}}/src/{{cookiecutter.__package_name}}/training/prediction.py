"""What a network says of pictures."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from ..data.batches import normalise

CHUNK = 256


@torch.no_grad()
def predict(network: nn.Module, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the probabilities [n, classes] for images uint8 [n, c, h, w]."""
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    parts = []
    for start in range(0, len(images), CHUNK):
        logits = network(normalise(images[start : start + CHUNK]).to(device))
        parts.append(functional.softmax(logits, dim=1).cpu().numpy())
    network.train(was_training)
    return np.concatenate(parts)
