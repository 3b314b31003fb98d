"""The arrays of every example: their names, types and shapes, and their layout on disk."""

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
# Names of files next to the arrays, and of other parts of an example.
TAKEN = frozenset({"checksums", "example", "examples", "index", "label", "labels"})


class Field(NamedTuple):
    """An array of every example: NumPy's name of its type, and its shape."""

    dtype: str
    shape: Shape


Fields = Mapping[str, Field]  # in the order of an example's arrays on disk


def checked(declared: Any, by: str = "fields") -> Fields:
    """Return the fields that `fields`, or another function of data.py, declares.

    Raises:
        UserError: there are none, or one cannot be stored.
    """
    if not isinstance(declared, Mapping) or not declared:
        raise UserError(
            f"data.py: `{by}` declares no array; return at least one by its name, as in "
            "{'image': Field('uint8', (1, 8, 8))}."
        )
    for name, field in declared.items():
        problem = _problem(name, field, [*declared])
        if problem:
            raise UserError(f"data.py: `{by}` declares {problem}.")
    return {name: Field(field[0], tuple(field[1])) for name, field in declared.items()}


def _problem(name: Any, field: Any, names: list[Any]) -> str:
    if not (isinstance(name, str) and name.isascii() and name.isidentifier()):
        return f"an array {name!r}, which is not a valid name; use letters, digits and _"
    if name.lower() in TAKEN:
        return f"an array {name}, which is a reserved name; choose another"
    if [str(other).lower() for other in names].count(name.lower()) > 1:
        return f"{name} twice if case is ignored; rename one of them"
    if not isinstance(field, tuple) or len(field) != 2:
        return f"{name} as {field!r}; write Field(dtype, shape)"
    dtype, shape = field
    if dtype not in DTYPES:
        return f"{name} as {dtype!r}, which cannot be stored; use one of {', '.join(DTYPES)}"
    if not isinstance(shape, (tuple, list)) or not all(map(_is_side, shape)):
        return f"{name} with the shape {shape!r}; give the length of each axis, from 1 on"
    return ""


def _is_side(length: Any) -> bool:
    return isinstance(length, int) and not isinstance(length, bool) and length > 0


def record(fields: Fields) -> np.dtype[np.void]:
    """Return the type of an example as a single row: its arrays end to end, little endian."""
    kinds = [
        (name, np.dtype(field.dtype).newbyteorder("<"), field.shape)
        for name, field in fields.items()
    ]
    return np.dtype(kinds)


def places(row: np.dtype[np.void]) -> dict[str, slice]:
    """Return the bytes of each array within a `record`."""
    names = row.names or ()
    ends = accumulate((row[name].itemsize for name in names), initial=0)
    return {name: slice(*at) for name, at in zip(names, pairwise(ends), strict=True)}


def fields_of(arrays: Mapping[str, Any]) -> Fields:
    """Return the fields of arrays [n, ...] by name."""
    return {name: Field(array.dtype.name, tuple(array.shape[1:])) for name, array in arrays.items()}


def image_of(fields: Fields) -> str:
    """Return the name of the image, the first field that is uint8 [c, h, w], or ""."""
    return next((name for name, field in fields.items() if _is_image(field)), "")


def check_answer(fields: Fields, name: str, dtype: str, axes: int) -> None:
    """Refuse fields without the answer that the target stores in them.

    Args:
        fields: of an example.
        name: the field of the answer.
        dtype: NumPy's name of its type.
        axes: the number of its axes.

    Raises:
        UserError: the answer is missing, or has another type or number of axes.
    """
    field = fields.get(name)
    kind = np.dtype(dtype).name
    if field is None or field.dtype != kind or len(field.shape) != axes:
        declared = f"{field.dtype} {list(field.shape)}" if field else "none"
        raise UserError(
            f"data.py: an answer is the array `{name}`, {kind} with {axes} axes, but `fields` "
            f"declares {declared}; declare it, and return it from `decode`."
        )


def _is_image(field: Field) -> bool:
    return field.dtype == "uint8" and len(field.shape) == 3
