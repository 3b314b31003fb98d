"""A folder of labelled examples outside the pipeline, such as some from use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from .decoder import Decoder
from .example import Unreadable
from .fields import Arrays
from .findings import shown
from .fitting import learnt
from .prepared import Example
from .readers import FOLDERS, Reader
from .source import Source, refuse
from .splits import group_of
from .targets import TARGETS, Answers, classes_of, marked, no_class, no_number, number

FITTED = Path("data/prepared/train")  # what was learnt of the training examples


@dataclass(frozen=True)
class Labelled:
    """Examples: arrays [n, ...] by name, answers [n] as labels.npy has them, and what is known."""

    arrays: Arrays
    labels: NDArray[Any]
    examples: list[Example]


def read_labelled(
    folder: Path, decoder: Decoder, answers: Answers, reader: Reader = FOLDERS
) -> Labelled:
    """Return the examples of a folder that is like data/raw, as `prepare` makes them.

    Nothing is written. A class may be missing; one that the model does not know may not be there.

    Raises:
        UserError: there is no such folder, it holds no example, or one that cannot be read, or one
            without an answer that the model could give.
    """
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}; name one with {reader.wanted()}.")
    # Of two with the same name the later counts, as in data/raw.
    found = {one.path: one for one in reader.sources(folder)}
    if not found:
        raise UserError(f"{folder} holds no example; put there {reader.wanted()}.")
    refuse([f"{folder}: {shown(one.path)}: {one.problem}." for one in found.values() if one.rule])
    labels = [(one.path, one.answer) for one in found.values()]
    groups = [group_of(one, decoder.data) for one in found.values()]
    field: str = TARGETS[answers.target].field
    stored: NDArray[Any] = np.empty(0)
    if not field:  # told before anything is decoded
        stored = STORED[answers.target](folder, labels, answers.classes)
    decoded = [_decoded(one, folder, decoder, reader) for one in found.values()]
    fitted = learnt(FITTED, decoder.fitting)
    arrays = dict(
        fitted({name: np.stack([one[name] for one in decoded]) for name in decoder.fields})
    )
    if field:
        stored = arrays.pop(field)
        _refuse_unknown(folder, labels, stored, len(answers.classes))
    return Labelled(
        arrays,
        stored,
        [
            Example(path, label, "", group, {})
            for (path, label), group in zip(labels, groups, strict=True)
        ],
    )


def _numbers(folder: Path, labels: Sequence[tuple[str, str]], _: list[str]) -> NDArray[np.float64]:
    problems, found = list[str](), list[float]()
    for path, label in labels:
        try:
            found.append(number(label))
        except ValueError:
            problems.append(f"{folder}: {no_number(path, label)}")
    refuse(problems)
    return np.array(found)


def _refuse_unknown(
    folder: Path, labels: Sequence[tuple[str, str]], masks: NDArray[np.uint8], classes: int
) -> None:
    tops = masks.reshape(len(masks), -1).max(axis=1).tolist()
    rows = zip(labels, tops, strict=True)
    refuse(
        [f"{folder}: {no_class(path, top, classes)}" for (path, _), top in rows if top >= classes]
    )


def _classes(
    folder: Path, labels: Sequence[tuple[str, str]], classes: list[str]
) -> NDArray[np.int64]:
    _check_known(folder, {label for _, label in labels}, classes)
    numbers = {name: at for at, name in enumerate(classes)}
    return np.array([numbers[label] for _, label in labels], dtype=np.int64)


def _sets(folder: Path, labels: Sequence[tuple[str, str]], classes: list[str]) -> NDArray[np.uint8]:
    _check_known(folder, {name for _, label in labels for name in classes_of(label)}, classes)
    numbers = {name: at for at, name in enumerate(classes)}
    return np.array([marked(label, numbers) for _, label in labels])


# How answers are stored, by what they are.
STORED: Mapping[str, Callable[[Path, Sequence[tuple[str, str]], list[str]], NDArray[Any]]] = {
    "class": _classes,
    "classes": _sets,
    "number": _numbers,
}


def _check_known(folder: Path, names: set[str], classes: list[str]) -> None:
    unknown = sorted(names - set(classes))
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
