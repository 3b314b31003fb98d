"""A project's own `decode`, its settings, and the check of its results."""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import PIL
from numpy.typing import NDArray

from ..console.errors import UserError
from ..core.config import images, read
from ..core.seals import PIPELINE, declared, files, read_yaml
from ..core.sections import Data
from . import image, mask, series, table, text
from .example import PIXELS, Decoded, TooLarge, Unreadable
from .fields import Arrays, Field, Fields, checked, image_of
from .fitting import Fitting, fitting_of
from .image import Limits, limits
from .targets import MASK

Decode = Callable[[bytes, Any], Decoded]  # of data.py


@dataclass(frozen=True)
class Decoder:
    """Decodes contents into arrays.

    `fields` are the arrays of every example, `fitting` what is learnt from them later. `made_by` is
    a hash of everything that the arrays depend on. `columns` are the names of the columns of rows,
    by field; `images` is whether the project learns from images.
    """

    decode: Decode
    settings: Any
    data: Data
    fields: Fields
    made_by: str
    fitting: Fitting | None = None
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    images: bool = True

    @classmethod
    def of(cls, yours: Any, data: Data) -> "Decoder":
        """Return the decoder of data.py with the settings of params.yaml.

        Raises:
            UserError: its fields cannot be stored, or its text hides that one is an image.
        """
        settings = read(yours.Input)
        fields, opened = checked(yours.fields(settings)), images()
        if (image := image_of(fields)) and opened is False:
            shape = ", ".join(map(str, fields[image].shape))
            raise UserError(
                f"data.py: `fields` declares the image {image}, which does not show in its "
                f'text; write out Field("uint8", ({shape})) there.'
            )
        made_by, fitting = _made_by(settings, data), fitting_of(yours, settings)
        columns = _columns(yours, settings, fields)
        return cls(
            yours.decode, settings, data, fields, made_by, fitting, columns, bool(opened or image)
        )

    def __call__(self, content: bytes) -> Decoded:
        """Return what `decode` makes of a content.

        Raises:
            Unreadable: it is not an example to learn from.
            UserError: `decode` returned what `fields` does not declare.
        """
        return decoded(self.decode, content, self.settings, self.data, self.fields)


def decoded(
    decode: Decode, content: bytes, settings: Any, limited: Limits, fields: Fields
) -> Decoded:
    """Return what `decode` makes of a content, checked as `Decoder` says."""
    with limits(limited):
        made = decode(content, settings)
    for name, value in made.facts.items():
        if not _is_fact(value):
            raise UserError(
                f"data.py: `decode` returned {name} as {value!r}; a fact must be a finite "
                "number or a word."
            )
    arrays = _arrays(made.arrays, fields)
    return Decoded(arrays, {**made.facts, **counted(arrays)})


def counted(arrays: Arrays) -> Mapping[str, str]:
    """Return the fact `PIXELS` of a mask: how many pixels have each value, from 0 to the largest.

    The counts are separated by spaces; arrays without a mask have no such fact.
    """
    mask = arrays.get(MASK)
    if mask is None or mask.dtype != np.uint8:
        return {}
    return {PIXELS: " ".join(map(str, np.bincount(mask.ravel()).tolist()))}


def _columns(yours: Any, settings: Any, fields: Fields) -> Mapping[str, Sequence[str]]:
    """The names that `columns` of data.py returns, if it has such a function."""
    by_field = yours.columns(settings) if hasattr(yours, "columns") else {}
    for name, columns in by_field.items():
        shape = fields[name].shape if name in fields else None
        if shape != (len(columns),):
            raise UserError(
                f"data.py: `columns` names {len(columns)} columns of {name}, but `fields` declares "
                f"{f'{shape} of it' if shape else 'no such array'}; make them agree."
            )
    return {name: tuple(columns) for name, columns in by_field.items()}


def unreadable(content: bytes, yours: Any, data: Data) -> str:
    """Return why `decode` of data.py cannot read a content, or "" if it can."""
    try:
        with limits(data):
            yours.decode(content, read(yours.Input))
    except TooLarge:
        return ""  # `validate` says more
    except Unreadable as problem:
        return str(problem)
    return ""


def _arrays(given: Arrays, fields: Fields) -> Arrays:
    """Return the arrays in the order of the fields, little endian and contiguous."""
    if not isinstance(given, Mapping) or given.keys() != fields.keys():
        raise UserError(
            f"data.py: `decode` returned the arrays {', '.join(map(str, given)) or '(none)'}, but "
            f"`fields` declares {', '.join(fields)}; make them agree."
        )
    return {name: _array(name, given[name], field) for name, field in fields.items()}


def _array(name: str, given: Any, field: Field) -> NDArray[Any]:
    known = isinstance(given, (np.ndarray, np.generic))
    kind = f"{given.dtype.name} {given.shape}" if known else type(given).__name__
    if kind != f"{field.dtype} {field.shape}":
        raise UserError(
            f"data.py: `decode` returned {name} as {kind}, but `fields` declares {field.dtype} "
            f"{field.shape}; make them agree."
        )
    array = np.asarray(given, dtype=np.dtype(field.dtype).newbyteorder("<"), order="C")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise Unreadable(f"{name} holds NaN or infinity")
    return array


def _is_fact(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, (int, float, np.number)) and math.isfinite(value)
    )


def _made_by(settings: Any, data: Data) -> str:
    """Return a hash of the settings, the libraries and the code that decoding depends on."""
    own = [Path(dep) for dep in declared(read_yaml(Path(PIPELINE)), "prepare").deps]
    code = [file for path in own if path.parts[0] == "src" for file in files(path)]
    digest = hashlib.sha256(f"{settings} {data.bits} {PIL.__version__} {np.__version__}".encode())
    engine = {Path(str(module.__file__)) for module in (image, mask, series, table, text)}
    for path in sorted({*(path for path in code if "samebits" not in path.parts), *engine}):
        digest.update(path.read_bytes())
    return digest.hexdigest()
