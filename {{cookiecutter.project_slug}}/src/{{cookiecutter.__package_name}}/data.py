"""How a file becomes an example. The stages `validate` and `prepare` import this."""

from dataclasses import dataclass

import numpy as np
from PIL.Image import Resampling

from samebits.data import Decoded, Field, open_image
from samebits.params import choice, number

MODES = {1: "L", 3: "RGB"}


@dataclass(frozen=True, kw_only=True)
class Input:
    """Section `input` of params.yaml."""

    size: int = number(4, 4096)  # side of the square that every image is resized to, in pixels
    channels: int = choice(*MODES)  # 1: grey, 3: colour


def fields(settings: Input) -> dict[str, Field]:
    """Return dtype and shape of each array that `decode` returns."""
    return {"image": Field("uint8", (settings.channels, settings.size, settings.size))}


def decode(content: bytes, settings: Input) -> Decoded:
    """Decode the content of one file.

    Returns:
        Its arrays, and its facts: named values that slices, data checks and drift can refer to.
    """
    image, facts = open_image(content, MODES[settings.channels])
    resized = np.asarray(image.resize((settings.size, settings.size), Resampling.BILINEAR))
    facts["brightness"] = resized.mean() / 255
    channels_last = resized.reshape(settings.size, settings.size, settings.channels)
    return Decoded({"image": channels_last.transpose(2, 0, 1)}, facts)
