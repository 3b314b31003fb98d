"""The network, and what it is given. Read by `train` and `evaluate`."""

from dataclasses import dataclass
from math import gcd

from torch import Tensor, from_numpy, nn

from samebits.data import Arrays, Shape
from samebits.params import choice, number

ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}


@dataclass(frozen=True, kw_only=True)
class Model:
    """Section `model`. `bigger` is the step by which `diagnose` may suggest a larger network."""

    width: int = number(1, 65536, bigger="*2")  # channels of the first level; doubled at each
    depth: int = number(1, 10, bigger="+1")  # levels of resolution
    activation: str = choice(*ACTIVATIONS)


def inputs(arrays: Arrays) -> dict[str, Tensor]:
    """Return the arguments of `forward` for stored arrays [b, ...]."""
    return {"image": from_numpy(arrays["image"]).float().div_(127.5).sub_(1)}


class Network(nn.Module):
    """`depth` levels of two 3×3 convolutions, normalised by groups of channels (Wu and He, 2018).

    Not over the batch: what a batch norm computes depends on how examples fall into batches.
    """

    def __init__(self, model: Model, channels: int, outputs: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for level in range(model.depth):
            width = model.width * 2**level
            for before, stride in ((channels, 2 if level else 1), (width, 1)):
                layers.append(nn.Conv2d(before, width, 3, stride, padding=1, bias=False))
                layers += [nn.GroupNorm(gcd(8, width), width), ACTIVATIONS[model.activation]()]
            channels = width
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(channels, outputs)

    def forward(self, image: Tensor) -> Tensor:
        """Return logits [b, outputs] for images [b, channels, h, w] in [-1, 1]."""
        logits: Tensor = self.head(self.dropout(self.features(image).mean(dim=(2, 3))))
        return logits


def build(model: Model, shapes: dict[str, Shape], outputs: int, dropout: float) -> nn.Module:
    """Return the network; draw initial weights from torch's global generator, which is seeded."""
    channels, side, _ = shapes["image"]
    if model.depth >= side.bit_length():
        raise ValueError(f"model.depth is at most {side.bit_length() - 1} for {side} pixels")
    return Network(model, channels, outputs, dropout)
