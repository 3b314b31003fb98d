"""Two layers over what was measured."""

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
    return {"measured": torch.from_numpy(arrays["measured"]).clamp(-9, 9)}


class Network(nn.Module):
    """A layer, and another for the answer."""

    def __init__(self, columns: int, width: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.features, self.dropout = nn.Linear(columns, width), nn.Dropout(dropout)
        self.head = nn.Linear(width, outputs)

    def forward(self, measured: Tensor) -> Tensor:
        """Return numbers [b, 1] for rows [b, columns]."""
        features = torch.relu(self.features(measured))
        answers: Tensor = self.head(self.dropout(features))
        return answers


def build(model: Model, shapes: dict[str, Shape], outputs: int, dropout: float) -> nn.Module:
    """Return the network."""
    (columns,) = shapes["measured"]
    return Network(columns, model.width, outputs, dropout)
