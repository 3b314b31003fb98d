"""Pictures inside the page, so that it stays one file."""

import base64
from collections.abc import Callable
from types import ModuleType

import numpy as np
import numpy.typing as npt

from ..console.errors import UserError
from ..core.png import png
from ..core.resize import shrink
from ..data.example import IMAGE, Arrays
from ..data.shards import Pictures
from .markup import text

LARGEST = 128  # pixels a side; keeps a page with pictures of any size small
TINY = 64  # below this, pictures are shown with their pixels as squares
Image = npt.NDArray[np.uint8]  # [c, h, w]
Show = Callable[[Arrays], Image]  # from the arrays of an example to what a person sees of it


class Gallery:
    """Examples as `show` draws them, each when it is asked for."""

    def __init__(self, images: Image | Pictures, show: Show) -> None:
        self._images, self._show = images, show

    def __getitem__(self, row: int) -> Image:
        return self._show({IMAGE: self._images[row]})


def drawing(module: ModuleType | None) -> Show:
    """Return how examples are shown: by `show` of your show.py, or without one as they are.

    What that returns must be an image; anything else is a `UserError`.
    """
    if module is None:
        return lambda arrays: arrays[IMAGE]

    def show(arrays: Arrays) -> Image:
        image = module.show(arrays)
        kind = getattr(image, "dtype", type(image).__name__)
        shape = [*getattr(image, "shape", ())]
        if kind != np.uint8 or len(shape) != 3 or shape[0] not in (1, 3) or 0 in shape:
            raise UserError(
                f"show of show.py returns {kind} {shape}; return an image, uint8 [1 or 3, height, "
                "width]."
            )
        return np.asarray(image)

    return show


def image_tag(image: Image, alt: str) -> str:
    """Return an `<img>` that holds a picture `[c, h, w]` as PNG."""
    small = shrink(image, LARGEST)
    data = base64.b64encode(png(small)).decode("ascii")
    kind = ' class="tiny"' if max(small.shape[1:]) < TINY else ""
    return f'<img{kind} alt="{text(alt)}" src="data:image/png;base64,{data}">'
