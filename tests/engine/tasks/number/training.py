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

    noise: float = number(0, 1)


def augment(batch: Batch, draws: Tensor, settings: Augmentation) -> Batch:
    """Return the batch with each row moved by its draw."""
    moved = batch.inputs["measured"] + settings.noise * (draws - 0.5)
    return batch._replace(inputs={"measured": moved})


def loss(network: nn.Module, batch: Batch, regularization: Regularization) -> Tensor:
    """Return the mean square, of numbers in standard deviations: a scalar."""
    return functional.mse_loss(network(**batch.inputs).squeeze(1), batch.target)
