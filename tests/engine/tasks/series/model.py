"""A convolution over the moments that were measured."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from samebits.data import Arrays, Shape
from samebits.params import number


@dataclass(frozen=True, kw_only=True)
class Model:
    """Section `model` of params.yaml."""

    width: int = number(1, 4096, bigger="*2")


def inputs(arrays: Arrays) -> dict[str, Tensor]:
    """Return what `forward` takes."""
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


class Network(nn.Module):
    """A convolution, the mean over the moments, a linear head."""

    def __init__(self, width: int, channels: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(channels, width, 5, padding=2)
        self.dropout, self.head = nn.Dropout(dropout), nn.Linear(width, outputs)

    def forward(self, series: Tensor, known: Tensor) -> Tensor:
        """Return logits [b, outputs] for series [b, 3, length] known at [b, length]."""
        features = torch.relu(self.convolution(series * known.unsqueeze(1)))
        logits: Tensor = self.head(self.dropout(features.mean(dim=2)))
        return logits


def build(model: Model, shapes: dict[str, Shape], outputs: int, dropout: float) -> nn.Module:
    """Return the network."""
    channels, _ = shapes["series"]
    assert shapes["known"] == shapes["series"][1:]
    return Network(model.width, channels, outputs, dropout)
