"""Pictures inside the page, so that it stays one file."""

import base64

import numpy as np
import numpy.typing as npt

from ..core.png import png
from ..core.resize import shrink
from .markup import text

LARGEST = 128  # pixels a side; keeps a page with pictures of any size small
TINY = 64  # below this, pictures are shown with their pixels as squares


def image_tag(image: npt.NDArray[np.uint8], alt: str) -> str:
    """Return an `<img>` that holds a picture `[c, h, w]` as PNG."""
    small = shrink(image, LARGEST)
    data = base64.b64encode(png(small)).decode("ascii")
    kind = ' class="tiny"' if max(small.shape[1:]) < TINY else ""
    return f'<img{kind} alt="{text(alt)}" src="data:image/png;base64,{data}">'
