"""The network and its inputs. The stages `train` and `evaluate` import this."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from samebits.data import Arrays, Shape
from samebits.params import choice, number

ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}
GROUPS = 8  # of channels, each normalised by itself


@dataclass(frozen=True, kw_only=True)
class Model:
    """Section `model` of params.yaml; `diagnose` takes `bigger` for a step to a larger network."""

    width: int = number(1, 65536, bigger="*2")  # channels of the first stage; later ones double
    depth: int = number(1, 10, bigger="+1")  # stages; each after the first halves the resolution
    activation: str = choice(*ACTIVATIONS)


def inputs(arrays: Arrays) -> dict[str, Tensor]:
    """Return what `forward` takes, for arrays of examples [b, ...] as `data.py` decoded them."""
    return {"image": torch.from_numpy(arrays["image"]).float().div_(127.5).sub_(1)}


def block(channels: int, width: int, stride: int, activation: type[nn.Module]) -> list[nn.Module]:
    """Return a 3×3 convolution with group norm, in which examples of a batch do not meet."""
    convolution = nn.Conv2d(channels, width, 3, stride, padding=1, bias=False)
    return [convolution, nn.GroupNorm(math.gcd(GROUPS, width), width), activation()]


class Network(nn.Module):
    """A convolutional network: stages of two blocks, the mean over positions, a linear head."""

    def __init__(self, model: Model, channels: int, outputs: int, dropout: float) -> None:
        super().__init__()
        activation = ACTIVATIONS[model.activation]
        layers: list[nn.Module] = []
        for stage in range(model.depth):
            width = model.width * 2**stage
            layers += block(channels, width, 2 if stage else 1, activation)
            layers += block(width, width, 1, activation)
            channels = width
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(channels, outputs)

    def forward(self, image: Tensor) -> Tensor:
        """Return logits [b, outputs] for images [b, channels, height, width] between -1 and 1."""
        pooled = self.features(image).mean(dim=(2, 3))
        logits: Tensor = self.head(self.dropout(pooled))
        return logits


def build(model: Model, shapes: dict[str, Shape], outputs: int, dropout: float) -> nn.Module:
    """Return the network, its initial weights drawn from torch's global generator.

    The engine seeds that generator just before.

    Args:
        model: the section `model`.
        shapes: of one example's arrays, by name.
        outputs: number of classes.
        dropout: `regularization.dropout`, a probability.

    Raises:
        ValueError: the image is too small for so many stages.
    """
    channels, side, _ = shapes["image"]
    most = side.bit_length() - 1
    if model.depth > most:
        raise ValueError(f"model.depth is at most {most} for images of {side} pixels")
    return Network(model, channels, outputs, dropout)
