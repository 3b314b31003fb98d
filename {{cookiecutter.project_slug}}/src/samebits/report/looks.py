"""Examples within the page, so that it stays one file: their images, or their facts."""

import base64
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..console.errors import UserError
from ..core.png import png
from ..core.resize import shrink
from ..data.example import WORDS
from ..data.fields import Arrays
from ..data.prepared import Example
from ..data.shards import Stored
from .overlays import SAID, drawn

LARGEST = 128  # pixels per side; keeps a page with images of any size small
WIDEST = 3 * LARGEST + 2  # of an image with two masks next to it
TINY = 64  # below this, images are shown with square pixels
Image = npt.NDArray[np.uint8]  # [c, h, w]
Show = Callable[[Arrays], Image | None]  # from the arrays of an example to an image, if any
Look = Image | str  # what a person sees of an example: an image, or its facts in words


class Gallery:
    """Examples as `show` draws them, each on demand.

    For some rows, `said` has the predicted mask, which `show` gets along with the arrays.
    """

    def __init__(
        self,
        arrays: Stored,
        examples: Sequence[Example],
        show: Show,
        words: Sequence[str] = (),
        said: Mapping[int, Image] = MappingProxyType({}),
    ) -> None:
        self._arrays, self._examples, self._show, self._words = arrays, examples, show, words
        self._said = said

    def __getitem__(self, row: int) -> Look:
        arrays = {name: values[row] for name, values in self._arrays.items()}
        if row in self._said:
            arrays[SAID] = self._said[row]
        said = {WORDS: self._words[row]} if self._words else {}
        return look(arrays, {**self._examples[row].facts, **said}, self._show)


def look(arrays: Arrays, facts: Mapping[str, Any], show: Show) -> Look:
    """Return what `show` draws of an example, or its fact `words`, or all its facts."""
    image = show(arrays)
    if image is not None:
        return image
    if WORDS in facts:
        return str(facts[WORDS])
    words = (fact if isinstance(fact, str) else f"{fact:.6g}" for fact in facts.values())
    return ", ".join(f"{name} {word}" for name, word in zip(facts, words, strict=True) if word)


def drawing(module: ModuleType | None) -> Show:
    """Return how examples are shown: by `show` of show.py, otherwise by image and masks.

    `show` must return an image; anything else is a `UserError`.
    """
    if module is None:
        return drawn

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


class Thumbnail(NamedTuple):
    """An image within a page: classes of the style sheet, and a data URL."""

    kind: str
    source: str


def thumbnail(image: Image) -> Thumbnail:
    """Return an image `[c, h, w]` as PNG, small enough for a page."""
    fits = image.shape[1] <= LARGEST and image.shape[2] <= WIDEST
    small = image if fits else shrink(image, LARGEST)
    data = base64.b64encode(png(small)).decode("ascii")
    _, height, width = small.shape
    kinds = ["wide"] * (width > 2 * height) + ["tiny"] * (height < TINY and width < WIDEST)
    return Thumbnail(" ".join(kinds), f"data:image/png;base64,{data}")
