"""What an example is: the bytes of one file in, arrays out. Read by `validate` and `prepare`."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from samebits.data import Decoded, Field, open_image
from samebits.params import choice, number


@dataclass(frozen=True, kw_only=True)
class Input:
    """Section `input` of params.yaml."""

    size: int = number(4, 4096)  # pixels; an image of any shape becomes a square of this side
    channels: int = choice(1, 3)  # 1 grey, 3 colour


def fields(settings: Input) -> dict[str, Field]:
    """Return the arrays that `decode` makes of an example."""
    return {"image": Field("uint8", (settings.channels, settings.size, settings.size))}


def decode(content: bytes, settings: Input) -> Decoded:
    """Return an example's arrays, and the facts that slices, rules and drift can name."""
    image, facts = open_image(content, mode="L" if settings.channels == 1 else "RGB")
    square = image.resize((settings.size, settings.size), Image.Resampling.BILINEAR)
    pixels = np.asarray(square).reshape(settings.size, settings.size, settings.channels)
    return Decoded(
        {"image": pixels.transpose(2, 0, 1)}, facts | {"brightness": pixels.mean() / 255}
    )
