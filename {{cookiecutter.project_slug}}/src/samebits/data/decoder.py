"""A project's own `decode`, with what it needs, and whether it gave what it announced."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL

from ..console.errors import UserError
from ..core.config import read
from ..core.seals import PIPELINE, declared, files, read_yaml
from ..core.sections import Data
from . import image
from .example import IMAGE, Decoded, Field
from .image import limits


@dataclass(frozen=True)
class Decoder:
    """Makes arrays of contents.

    `field` is what every example has; `made_by` names all that the arrays follow from: where it is
    another, they are others.
    """

    decode: Callable[[bytes, Any], Decoded]
    settings: Any
    data: Data
    field: Field
    made_by: str

    @classmethod
    def of(cls, yours: Any, data: Data) -> "Decoder":
        """Return the decoder of data.py as params.yaml sets it.

        Raises:
            UserError: its fields are not what can be stored.
        """
        settings = read(yours.Input)
        named = yours.fields(settings)
        field = named.get(IMAGE)
        if [*named] != [IMAGE] or field.dtype != "uint8" or len(field.shape) != 3:
            raise UserError(
                "data.py: `fields` must name one field, image, of the type uint8 and the shape "
                f"(channels, height, width), and names {named}."
            )
        return cls(yours.decode, settings, data, field, _made_by(settings, data))

    def __call__(self, content: bytes) -> Decoded:
        """Return what `decode` makes of a content.

        Raises:
            Unreadable: it is no example to learn from.
            UserError: it gave what `fields` does not announce.
        """
        with limits(self.data):
            found = self.decode(content, self.settings)
        for name, value in found.facts.items():
            if not _is_fact(value):
                raise UserError(
                    f"data.py: `decode` gave {name} as {value!r}; a fact is a finite number or a "
                    "word."
                )
        if [*found.arrays] != [IMAGE]:
            raise UserError(
                f"data.py: `decode` gave the arrays {', '.join(found.arrays) or '(none)'}, and "
                f"`fields` announces {IMAGE}; let the two agree."
            )
        array = np.ascontiguousarray(found.arrays[IMAGE])
        if array.dtype != self.field.dtype or array.shape != self.field.shape:
            raise UserError(
                f"data.py: `decode` made {array.dtype} {array.shape} of an image where `fields` "
                f"announces {self.field.dtype} {self.field.shape}; let the two agree."
            )
        return Decoded({IMAGE: array}, found.facts)


def _is_fact(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, (int, float, np.number)) and math.isfinite(value)
    )


def _made_by(settings: Any, data: Data) -> str:
    """Return a hash of the settings, the libraries and the code that decoding rests on."""
    own = [Path(dep) for dep in declared(read_yaml(Path(PIPELINE)), "prepare").deps]
    code = [file for path in own if path.parts[0] == "src" for file in files(path)]
    found = hashlib.sha256(f"{settings} {data.bits} {PIL.__version__} {np.__version__}".encode())
    for path in sorted(
        {*(one for one in code if "samebits" not in one.parts), Path(image.__file__)}
    ):
        found.update(path.read_bytes())
    return found.hexdigest()
