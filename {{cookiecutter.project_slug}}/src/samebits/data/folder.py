"""A folder of labelled examples outside the pipeline, such as examples from production."""

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

FITTED = Path("data/prepared/train")  # holds what was learnt from the training examples


@dataclass(frozen=True)
class Labelled:
    """Labelled examples: arrays [n, ...] by name, and answers [n] as in labels.npy."""

    arrays: Arrays
    labels: NDArray[Any]
    examples: list[Example]

    def only(self, rows: list[int]) -> "Labelled":
        """Return those in these rows."""
        arrays = {name: array[rows] for name, array in self.arrays.items()}
        return Labelled(arrays, self.labels[rows], [self.examples[row] for row in rows])


def read_labelled(
    folder: Path, decoder: Decoder, answers: Answers, reader: Reader = FOLDERS
) -> Labelled:
    """Return the examples of a folder that is like data/raw, as `prepare` makes them.

    Nothing is written. Classes may be missing, but all must be known to the model.

    Raises:
        UserError: the folder is missing or empty, or an example cannot be read or has an answer
            that the model cannot give.
    """
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}; name one with {reader.wanted()}.")
    # If two have the same path, the later counts, as in data/raw.
    sources = {source.path: source for source in reader.sources(folder)}
    if not sources:
        raise UserError(f"{folder} holds no example; it needs {reader.wanted()}.")
    refused = [source for source in sources.values() if source.rule]
    refuse([f"{folder}: {shown(source.path)}: {source.problem}." for source in refused])
    labels = [(source.path, source.answer) for source in sources.values()]
    groups = [group_of(source, decoder.data) for source in sources.values()]
    field: str = TARGETS[answers.target].field
    stored: NDArray[Any] = np.empty(0)
    if not field:  # refuse unknown answers before decoding
        stored = STORED[answers.target](folder, labels, answers.classes)
    read = [_decoded(source, folder, decoder, reader) for source in sources.values()]
    hashes, decoded = [md5 for md5, _ in read], [arrays for _, arrays in read]
    fitted = learnt(FITTED, decoder.fitting)
    arrays = dict(
        fitted({name: np.stack([example[name] for example in decoded]) for name in decoder.fields})
    )
    if field:
        stored = arrays.pop(field)
        _refuse_unknown(folder, labels, stored, len(answers.classes))
    return Labelled(
        arrays,
        stored,
        [
            Example(path, label, md5, group, {})
            for (path, label), md5, group in zip(labels, hashes, groups, strict=True)
        ],
    )


def _numbers(folder: Path, labels: Sequence[tuple[str, str]], _: list[str]) -> NDArray[np.float64]:
    problems, numbers = list[str](), list[float]()
    for path, label in labels:
        try:
            numbers.append(number(label))
        except ValueError:
            problems.append(f"{folder}: {no_number(path, label)}")
    refuse(problems)
    return np.array(numbers)


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


# How answers are stored, by target.
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


def _decoded(source: Source, folder: Path, decoder: Decoder, reader: Reader) -> tuple[str, Arrays]:
    """Return the MD5 of an example and its arrays."""
    content = reader.content(source, folder)
    try:
        decoded = decoder(content)
        if lost := decoded.facts.get("lost"):
            raise Unreadable(str(lost))
    except Unreadable as problem:
        raise UserError(
            f"{folder}: {shown(source.path)} is not a readable example ({problem}); fix it, or "
            "remove it."
        ) from None
    return reader.md5(content), decoded.arrays
