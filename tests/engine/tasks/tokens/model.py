"""The mean of the letters' vectors, and a layer behind it."""

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
    return {"tokens": torch.from_numpy(arrays["tokens"]).long()}


class Network(nn.Module):
    """The mean of the vectors of all letters, a hidden layer, a linear head."""

    def __init__(self, width: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.vectors, self.hidden = nn.Embedding(27, width), nn.Linear(width, width)
        self.dropout, self.head = nn.Dropout(dropout), nn.Linear(width, outputs)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return logits [b, outputs] for tokens [b, length]."""
        there = (tokens > 0).unsqueeze(2)
        mean = (self.vectors(tokens) * there).sum(dim=1) / there.sum(dim=1).clamp(min=1)
        logits: Tensor = self.head(self.dropout(torch.relu(self.hidden(mean))))
        return logits


def build(model: Model, shapes: dict[str, Shape], outputs: int, dropout: float) -> nn.Module:
    """Return the network."""
    assert len(shapes["tokens"]) == 1
    return Network(model.width, outputs, dropout)
