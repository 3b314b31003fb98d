"""The arrays that every example has: their names, types and shapes, and how they lie on disk."""

from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError

Shape = tuple[int, ...]
Arrays = Mapping[str, NDArray[Any]]  # the arrays of an example, or of a batch of them: [b, ...]

DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float32", "float64"),
)
# Of files beside the arrays, and of what else an example has.
TAKEN = frozenset({"checksums", "example", "examples", "index", "label", "labels"})


class Field(NamedTuple):
    """An array that every example has: NumPy's name of its type, and its shape."""

    dtype: str
    shape: Shape


Fields = Mapping[str, Field]  # in the order in which an example's arrays lie


def checked(announced: Any, by: str = "fields") -> Fields:
    """Return what `fields`, or another function of data.py, announces.

    Raises:
        UserError: there is none, or one cannot be stored.
    """
    if not isinstance(announced, Mapping) or not announced:
        raise UserError(
            f"data.py: `{by}` announces no array; return at least one by its name, as in "
            "{'image': Field('uint8', (1, 8, 8))}."
        )
    for name, field in announced.items():
        problem = _problem(name, field, [*announced])
        if problem:
            raise UserError(f"data.py: `{by}` announces {problem}.")
    return {name: Field(field[0], tuple(field[1])) for name, field in announced.items()}


def _problem(name: Any, field: Any, names: list[Any]) -> str:
    if not (isinstance(name, str) and name.isascii() and name.isidentifier()):
        return f"an array {name!r}, which is no name for one; take letters, digits and _"
    if name.lower() in TAKEN:
        return f"an array {name}, which is the name of something else; call it otherwise"
    if [str(one).lower() for one in names].count(name.lower()) > 1:
        return f"{name} twice for who does not tell capitals; call one otherwise"
    if not isinstance(field, tuple) or len(field) != 2:
        return f"{name} as {field!r}; write Field(dtype, shape)"
    dtype, shape = field
    if dtype not in DTYPES:
        return f"{name} as {dtype!r}, which cannot be stored; take one of {', '.join(DTYPES)}"
    if not isinstance(shape, (tuple, list)) or not all(map(_is_side, shape)):
        return f"{name} with the shape {shape!r}; give the length of each axis, from 1 on"
    return ""


def _is_side(length: Any) -> bool:
    return isinstance(length, int) and not isinstance(length, bool) and length > 0


def record(fields: Fields) -> np.dtype[np.void]:
    """Return the type of an example as one row: its arrays end to end, little endian."""
    kinds = [
        (name, np.dtype(field.dtype).newbyteorder("<"), field.shape)
        for name, field in fields.items()
    ]
    return np.dtype(kinds)


def places(row: np.dtype[np.void]) -> dict[str, slice]:
    """Return where in a `record` the bytes of each array stand."""
    names = row.names or ()
    ends = accumulate((row[name].itemsize for name in names), initial=0)
    return {name: slice(*at) for name, at in zip(names, pairwise(ends), strict=True)}


def fields_of(arrays: Mapping[str, Any]) -> Fields:
    """Return the fields of examples, of arrays [n, ...] by name."""
    return {name: Field(one.dtype.name, tuple(one.shape[1:])) for name, one in arrays.items()}


def image_of(fields: Fields) -> str:
    """Return the name of the image, the first field that is uint8 [c, h, w], or ""."""
    return next((name for name, one in fields.items() if _is_image(one)), "")


def check_answer(fields: Fields, name: str, dtype: str, axes: int) -> None:
    """Refuse fields of which none, or another one, is the answer that the target stores there.

    Args:
        fields: of an example.
        name: what the answer is called there.
        dtype: NumPy's name of its type.
        axes: how many it has.

    Raises:
        UserError: so it is.
    """
    field = fields.get(name)
    kind = np.dtype(dtype).name
    if field is None or field.dtype != kind or len(field.shape) != axes:
        there = f"{field.dtype} {list(field.shape)}" if field else "none"
        raise UserError(
            f"data.py: an answer is the array `{name}`, {kind} with {axes} axes, of which `fields` "
            f"announces {there}; announce it, and let `decode` return it."
        )


def _is_image(field: Field) -> bool:
    return field.dtype == "uint8" and len(field.shape) == 3
