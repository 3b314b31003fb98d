"""The kinds of answers: a class, several classes, a number, or a mask with a class per pixel.

In the data an answer is a text. This module checks answers and defines how they are stored;
training/ defines what a network learns of them, metrics/ how they are scored.
"""

import math
import re
from abc import ABC, abstractmethod
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from .findings import shown

NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
LARGEST = 1e100  # of a number, so that the squares of many can be added up
SIGN, NONE = ";", "none"  # between the names of several classes; and if there is none
SAID = 0.5  # the probability from which one of several classes is predicted


@dataclass(frozen=True)
class Answers:
    """The kind of the answers: `target` as in params.yaml, and the names of `classes`, if any."""

    target: str
    classes: list[str]


def spoken(target: str) -> str:
    """Return the name of an answer of a target, in words."""
    return "several classes" if target == "classes" else f"a {target}"


def number(text: str) -> float:
    """Return the number in a text.

    Raises:
        ValueError: it is not a number, or beyond `LARGEST`.
    """
    value = float(text) if NUMBER.fullmatch(text) else math.nan
    if not abs(value) <= LARGEST:
        raise ValueError(text)
    return value


def is_number(text: str) -> bool:
    """Whether `number` accepts a text."""
    try:
        number(text)
    except ValueError:
        return False
    return True


def classes_of(answer: str) -> list[str]:
    """Return the sorted names of the classes in an answer; none if it is empty or `NONE`.

    Raises:
        ValueError: a name is missing or repeated; the message follows the subject.
    """
    names = [name.strip() for name in answer.split(SIGN)] if answer.strip() else []
    if names == [NONE]:
        return []
    if "" in names:
        raise ValueError(f"has a {SIGN!r} without a class on either side; remove it, or add one")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"names the class {shown(twice[0])} twice; remove one of them")
    if NONE in names:
        raise ValueError(f"says {NONE} and also names classes; remove either")
    return sorted(names)


def joined(names: Sequence[str]) -> str:
    """Return the canonical text of these sorted classes."""
    return SIGN.join(names) or NONE


def unfit_classes(answer: str) -> str:
    """Return why a text is not one that `joined` returns, to follow it, or ""."""
    try:
        names = classes_of(answer)
    except ValueError as problem:
        return str(problem)
    return "" if joined(names) == answer else f"must be written {shown(joined(names))}"


class Target(ABC):
    """The answers of a data set, seen one by one before any is stored.

    `dtype` is that of a stored answer, in labels.npy or in the array `field` of the example; a
    network learns it as `learnt_as`, if set. `counts` are the examples by split and class (or "").

    Args:
        known: the names in `data.classes`.
    """

    dtype: ClassVar[str]
    learnt_as: ClassVar[str] = ""
    field: ClassVar[str] = ""

    def __init__(self, known: Sequence[str] = ()) -> None:
        self.known = [*known]
        self.counts = Counter[tuple[str, str]]()

    @abstractmethod
    def see(self, path: str, label: str, split: str) -> None:
        """Look at the answer of an example; an invalid answer is a UserError."""

    @abstractmethod
    def stored(self, label: str) -> float | NDArray[Any] | None:
        """Return the entry of labels.npy for an answer, after all were seen; None without it."""

    @classmethod
    def shape(cls, classes: Sequence[str]) -> tuple[int, ...]:
        """Return the shape of an answer for these classes; -1 is any length."""
        return ()

    @property
    def classes(self) -> list[str]:
        """The names of the classes, if any."""
        return []

    @property
    def scale(self) -> tuple[float, ...]:
        """The mean and standard deviation of the training answers; () for classes."""
        return ()


class Classes(Target):
    """A class for each example: its number in the order of the names, int64."""

    dtype = "<i8"
    _numbers: Mapping[str, int] | None = None

    def see(self, path: str, label: str, split: str) -> None:
        """Count the example."""
        self.counts[split, label] += 1

    def stored(self, label: str) -> int:
        """Return the number of the class."""
        if self._numbers is None:
            self._numbers = {name: at for at, name in enumerate(self.classes)}
        return self._numbers[label]

    @property
    def classes(self) -> list[str]:
        """The classes that any example has."""
        return sorted({label for _, label in self.counts})


class ClassSets(Target):
    """Any number of classes for each example: 1 for each that it has [classes], uint8."""

    dtype, learnt_as = "|u1", "<f4"
    _numbers: Mapping[str, int] | None = None

    def see(self, path: str, label: str, split: str) -> None:
        """Count each class of the example."""
        if problem := unfit_classes(label):
            raise UserError(no_classes(path, label, problem))
        for name in classes_of(label) or [""]:
            self.counts[split, name] += 1

    def stored(self, label: str) -> NDArray[np.uint8]:
        """Return 1 for each class of an answer."""
        if self._numbers is None:
            self._numbers = {name: at for at, name in enumerate(self.classes)}
        return marked(label, self._numbers)

    @classmethod
    def shape(cls, classes: Sequence[str]) -> tuple[int, ...]:
        """Return a place for each class."""
        return (len(classes),)

    @property
    def classes(self) -> list[str]:
        """The classes that any example has."""
        return sorted({label for _, label in self.counts} - {""})


class Numbers(Target):
    """A number for each example, float64."""

    dtype = "<f8"

    def __init__(self, known: Sequence[str] = ()) -> None:
        super().__init__(known)
        self._learnt = array("d")

    def see(self, path: str, label: str, split: str) -> None:
        """Count the example."""
        try:
            value = number(label)
        except ValueError:
            raise UserError(no_number(path, label)) from None
        self.counts[split, ""] += 1
        if split == "train":
            self._learnt.append(value)

    def stored(self, label: str) -> float:
        """Return the number."""
        return number(label)

    @property
    def scale(self) -> tuple[float, ...]:
        """The mean and standard deviation of the training answers."""
        middle, spread = scale_of(self._learnt)
        if not spread:
            raise UserError(
                f"all training examples have the answer {middle:g}; there is nothing to learn."
            )
        return middle, spread


class Masks(Target):
    """A class for each pixel, uint8 [h, w]: its number among the names in `data.classes`."""

    dtype, learnt_as, field = "|u1", "<i8", "mask"

    def see(self, path: str, label: str, split: str) -> None:
        """Count the example."""
        self.counts[split, ""] += 1

    def stored(self, label: str) -> None:
        """Return None, because the mask is among the arrays of the example."""

    @classmethod
    def shape(cls, classes: Sequence[str]) -> tuple[int, ...]:
        """Return two sides of any length."""
        return (-1, -1)

    @property
    def classes(self) -> list[str]:
        """The classes in `data.classes`."""
        return self.known


TARGETS: Mapping[str, type[Target]] = {
    "class": Classes,
    "classes": ClassSets,
    "number": Numbers,
    "mask": Masks,
}
MASK = Masks.field


def marked(label: str, numbers: Mapping[str, int]) -> NDArray[np.uint8]:
    """Return 1 for each class in an answer, at its place in `numbers`: uint8 [classes].

    Raises:
        KeyError: the answer names another class.
    """
    marks = np.zeros(len(numbers), dtype=np.uint8)
    marks[[numbers[name] for name in classes_of(label)]] = 1
    return marks


def rarest(labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return for each example [n] its rarest class; the number of classes if it has none.

    Args:
        labels: 1 for each class that an example has, [n, classes].
    """
    order = np.argsort(labels.sum(axis=0, dtype=np.int64), kind="stable")
    by_size = labels[:, order]
    chosen = np.where(by_size.any(axis=1), order[by_size.argmax(axis=1)], labels.shape[1])
    return np.asarray(chosen, dtype=np.int64)


def no_classes(path: str, label: str, problem: str) -> str:
    """Return the message for an example whose answer does not name classes correctly."""
    return (
        f"{shown(path)}: the answer {shown(label)} {problem}; correct it in the data, or in "
        "data/corrections.csv."
    )


def no_number(path: str, label: str) -> str:
    """Return the message for an example whose answer is not a number."""
    return (
        f"{shown(path)} has the answer {shown(label)}, which is not a number such as 12.5; correct "
        "it in the data, or in data/corrections.csv."
    )


def no_class(path: str, value: int, classes: int) -> str:
    """Return the message for an example whose mask has a value that is not a class."""
    return (
        f"{shown(path)}: its mask has the value {value}, and data.classes names {classes} classes, "
        f"0 to {classes - 1}; save it with the number of a class in each pixel, or name more."
    )


def scale_of(numbers: Sequence[float]) -> tuple[float, float]:
    """Return the exact mean and standard deviation of some numbers."""
    if min(numbers) == max(numbers):
        return numbers[0], 0.0  # their sum may be off by a little
    middle = math.fsum(numbers) / len(numbers)
    deviations = (value - middle for value in numbers)
    squares = (deviation * deviation for deviation in deviations)
    return middle, math.sqrt(math.fsum(squares) / len(numbers))


def median(numbers: NDArray[np.float64]) -> float:
    """Return the median of numbers [n], n > 0."""
    # By a stable sort, because NumPy's median partitions with a kernel chosen by processor.
    ordered = np.sort(numbers, kind="stable")
    return float((ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2)


def standard(numbers: NDArray[np.float64], scale: Sequence[float]) -> NDArray[np.float32]:
    """Return numbers as a network learns them, in standard deviations from the mean."""
    middle, spread = scale
    return ((numbers - middle) / spread).astype(np.float32)
