"""How the network learns."""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from samebits.params import number
from samebits.training import Batch, Regularization, cosine

schedule = cosine
DRAWS = 1


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Section `augmentation` of params.yaml."""

    louder: float = number(0, 1)


def augment(batch: Batch, draws: Tensor, settings: Augmentation) -> Batch:
    """Return the batch with each series made louder by its draw."""
    louder = 1 + settings.louder * draws.unsqueeze(2)
    return batch._replace(inputs=batch.inputs | {"series": batch.inputs["series"] * louder})


def loss(network: nn.Module, batch: Batch, regularization: Regularization) -> Tensor:
    """Return the mean cross-entropy of the batch, a scalar."""
    return functional.cross_entropy(network(**batch.inputs), batch.target)
