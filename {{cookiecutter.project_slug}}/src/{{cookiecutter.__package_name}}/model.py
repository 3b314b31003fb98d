"""A small convolutional network for pictures of any size.

To use your own, write a module whose forward takes float32 [b, channels, h, w] in [-1, 1] and gives
logits [b, classes], and return it from `build`. Draw random numbers with torch's global generator,
as its own layers do: it is seeded for initialisation, and again for every training step.
"""

from math import gcd

from torch import Tensor, nn

from .config import Model
from .errors import UserError

ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}


class Network(nn.Module):
    """`depth` levels of two 3×3 convolutions; each level halves the side and doubles the width.

    Normalisation is over groups of channels (Wu and He, 2018), not over the batch: what a batch
    norm computes depends on how examples fall into batches.
    """

    def __init__(self, model: Model, channels: int, classes: int, dropout: float) -> None:
        super().__init__()
        widths = [model.width * 2**level for level in range(model.depth)]
        layers: list[nn.Module] = []
        for level, width in enumerate(widths):
            layers += _block(channels, width, model.activation, stride=1 if level == 0 else 2)
            layers += _block(width, width, model.activation, stride=1)
            channels = width
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(channels, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits [b, classes] for images [b, channels, h, w]."""
        features = self.features(images).mean(dim=(2, 3))
        logits: Tensor = self.head(self.dropout(features))
        return logits


def build(model: Model, channels: int, classes: int, dropout: float) -> nn.Module:
    """Return the network that `model` describes; its weights come from the global generator."""
    return Network(model, channels, classes, dropout)


def check(model: Model, side: int) -> None:
    """Refuse a network whose deepest level would see a single pixel, which is nothing to compare.

    Args:
        model: what `build` is going to be asked for.
        side: height and width of the pictures, in pixels.

    Raises:
        UserError: there are too many levels for such pictures.
    """
    most = side.bit_length() - 1
    if model.depth > most:
        raise UserError(
            f"model.depth is {model.depth}, but pictures of {side} pixels allow {most} at most; "
            "lower it, or raise data.image_size."
        )


def _block(channels: int, width: int, activation: str, stride: int) -> list[nn.Module]:
    return [
        nn.Conv2d(channels, width, 3, stride=stride, padding=1, bias=False),
        nn.GroupNorm(gcd(8, width), width),
        ACTIVATIONS[activation](),
    ]
