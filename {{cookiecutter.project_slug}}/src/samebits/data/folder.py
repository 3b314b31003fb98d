"""A folder of labelled examples outside the pipeline, such as some from use."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from .decoder import Decoder
from .example import Unreadable
from .fields import Arrays
from .findings import shown
from .source import Source, sources
from .splits import group_of


@dataclass(frozen=True)
class Labelled:
    """Examples: arrays [n, ...] by name, class numbers [n] and the names of their groups."""

    arrays: Arrays
    labels: NDArray[np.int64]
    groups: list[str]


def read_labelled(folder: Path, decoder: Decoder, classes: list[str]) -> Labelled:
    """Return the examples of a folder with one folder for each class, as `prepare` makes them.

    Nothing is written. A class may be missing; one that the model does not know may not be there.

    Raises:
        UserError: there is no such folder, it holds no picture, or one that cannot be read, or one
            that is in no folder of a class that the model knows.
    """
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}; name one with a folder for each class.")
    # Of two with the same name the later counts, as in data/raw.
    found = {one.path: one for one in sources(folder)}
    if not found:
        raise UserError(f"{folder} holds no picture; put some into a folder for each class.")
    _check(folder, found, classes)
    numbers = {name: number for number, name in enumerate(classes)}
    decoded = [_decoded(one, folder, decoder) for one in found.values()]
    return Labelled(
        {name: np.stack([one[name] for one in decoded]) for name in decoder.fields},
        np.array([numbers[one.label] for one in found.values()], dtype=np.int64),
        [group_of(path, decoder.data) for path in found],
    )


def _check(folder: Path, found: dict[str, Source], classes: list[str]) -> None:
    misplaced = [path for path, one in found.items() if not one.label]
    if misplaced:
        raise UserError(
            f"{folder}: {shown(misplaced[0])} is in no folder of a class; move it into one."
        )
    unknown = sorted({one.label for one in found.values()} - set(classes))
    if unknown:
        some = ", ".join(classes[:20]) + (", ..." if len(classes) > 20 else "")
        raise UserError(
            f"{folder} has a class {shown(unknown[0])} that the model does not know; its classes "
            f"are {some}."
        )


def _decoded(one: Source, folder: Path, decoder: Decoder) -> Arrays:
    try:
        decoded = decoder(one.content(folder))
        if lost := decoded.facts.get("lost"):
            raise Unreadable(str(lost))
    except Unreadable as problem:
        raise UserError(
            f"{folder}: {shown(one.path)} is no readable example ({problem}); mend it, or take it "
            "out."
        ) from None
    return decoded.arrays
