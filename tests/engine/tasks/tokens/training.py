"""How the network learns."""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from samebits.params import number
from samebits.training import Batch, Regularization, cosine

schedule = cosine
DRAWS = 16


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Section `augmentation` of params.yaml."""

    dropped: float = number(0, 1)  # part of the letters that is left out


def augment(batch: Batch, draws: Tensor, settings: Augmentation) -> Batch:
    """Return the batch without some letters."""
    return batch._replace(inputs={"tokens": batch.inputs["tokens"] * (draws >= settings.dropped)})


def loss(network: nn.Module, batch: Batch, regularization: Regularization) -> Tensor:
    """Return the mean cross-entropy of the batch, a scalar."""
    return functional.cross_entropy(network(**batch.inputs), batch.target)
