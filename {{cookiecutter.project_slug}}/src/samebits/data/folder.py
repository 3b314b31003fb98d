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
from .readers import FOLDERS, Reader
from .source import Source, refuse
from .splits import group_of


@dataclass(frozen=True)
class Labelled:
    """Examples: arrays [n, ...] by name, class numbers [n] and the names of their groups."""

    arrays: Arrays
    labels: NDArray[np.int64]
    groups: list[str]


def read_labelled(
    folder: Path, decoder: Decoder, classes: list[str], reader: Reader = FOLDERS
) -> Labelled:
    """Return the examples of a folder that is like data/raw, as `prepare` makes them.

    Nothing is written. A class may be missing; one that the model does not know may not be there.

    Raises:
        UserError: there is no such folder, it holds no example, or one that cannot be read, or one
            without an answer that the model knows.
    """
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}; name one with {reader.wanted()}.")
    # Of two with the same name the later counts, as in data/raw.
    found = {one.path: one for one in reader.sources(folder)}
    if not found:
        raise UserError(f"{folder} holds no example; put there {reader.wanted()}.")
    _check(folder, found, classes)
    numbers = {name: number for number, name in enumerate(classes)}
    decoded = [_decoded(one, folder, decoder, reader) for one in found.values()]
    return Labelled(
        {name: np.stack([one[name] for one in decoded]) for name in decoder.fields},
        np.array([numbers[one.answer] for one in found.values()], dtype=np.int64),
        [group_of(path, decoder.data) for path in found],
    )


def _check(folder: Path, found: dict[str, Source], classes: list[str]) -> None:
    problems = [
        f"{folder}: {shown(one.path)}: {one.problem}." for one in found.values() if one.rule
    ]
    refuse(problems)
    unknown = sorted({one.answer for one in found.values()} - set(classes))
    if unknown:
        some = ", ".join(classes[:20]) + (", ..." if len(classes) > 20 else "")
        raise UserError(
            f"{folder} has a class {shown(unknown[0])} that the model does not know; its classes "
            f"are {some}."
        )


def _decoded(one: Source, folder: Path, decoder: Decoder, reader: Reader) -> Arrays:
    try:
        decoded = decoder(reader.content(one, folder))
        if lost := decoded.facts.get("lost"):
            raise Unreadable(str(lost))
    except Unreadable as problem:
        raise UserError(
            f"{folder}: {shown(one.path)} is no readable example ({problem}); mend it, or take it "
            "out."
        ) from None
    return decoded.arrays
