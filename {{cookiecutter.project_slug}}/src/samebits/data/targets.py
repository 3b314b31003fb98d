"""What an answer is: a class, several classes, a number, or a mask with a class for each pixel.

An answer stands in the data as a text. What it is stored as, and what must hold for it, is said
here; what a network learns of it, in training/; how it is scored, in metrics/.
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
LARGEST = 1e100  # of a number, so that squares of many can be added up
SIGN, NONE = ";", "none"  # between the names of several classes; and in place of no name
SAID = 0.5  # the probability from which on one of several classes is said to be there


@dataclass(frozen=True)
class Answers:
    """What an answer is: `target` as params.yaml has it; the names of `classes`, [] of none."""

    target: str
    classes: list[str]


def spoken(target: str) -> str:
    """Return what an answer of a target is, in words."""
    return "several classes" if target == "classes" else f"a {target}"


def number(text: str) -> float:
    """Return the number that a text is.

    Raises:
        ValueError: it is none, or beyond `LARGEST`.
    """
    found = float(text) if NUMBER.fullmatch(text) else math.nan
    if not abs(found) <= LARGEST:
        raise ValueError(text)
    return found


def is_number(text: str) -> bool:
    """Whether a text is such a number."""
    try:
        number(text)
    except ValueError:
        return False
    return True


def classes_of(answer: str) -> list[str]:
    """Return the names of the classes in an answer, sorted; an empty one, or `NONE`, has none.

    Raises:
        ValueError: names are missing or doubled; the message goes on after what holds the answer.
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
        raise ValueError(f"says {NONE}, and classes as well; remove either")
    return sorted(names)


def joined(names: Sequence[str]) -> str:
    """Return the one text that says these classes, sorted."""
    return SIGN.join(names) or NONE


def unfit_classes(answer: str) -> str:
    """Return why a text is not what `joined` gives, to go on after it; "" where it is."""
    try:
        names = classes_of(answer)
    except ValueError as problem:
        return str(problem)
    return "" if joined(names) == answer else f"must be written {shown(joined(names))}"


class Target(ABC):
    """The answers of a data set, seen one by one before any is stored.

    `dtype` is that of an answer as it is stored, in labels.npy or in the array `field` of the
    example; a network learns it as `learnt_as`, where that is another. `counts` are the examples by
    split and class, "" of none.

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
        """Look at the answer of an example; what is none is a UserError."""

    @abstractmethod
    def stored(self, label: str) -> float | NDArray[Any] | None:
        """Return what labels.npy has for an answer, when all have been seen; None without it."""

    @classmethod
    def shape(cls, classes: Sequence[str]) -> tuple[int, ...]:
        """Return the shape of an answer, given the names of the classes; -1 is any length."""
        return ()

    @property
    def classes(self) -> list[str]:
        """The names of the classes; [] where there are none."""
        return []

    @property
    def scale(self) -> tuple[float, ...]:
        """The mean of the training answers and their standard deviation; () of classes."""
        return ()


class Classes(Target):
    """One class for each example: its number in the order of the names, int64."""

    dtype = "<i8"
    _numbers: Mapping[str, int] | None = None

    def see(self, path: str, label: str, split: str) -> None:
        """Count it."""
        self.counts[split, label] += 1

    def stored(self, label: str) -> int:
        """Return the number of the class."""
        if self._numbers is None:
            self._numbers = {name: at for at, name in enumerate(self.classes)}
        return self._numbers[label]

    @property
    def classes(self) -> list[str]:
        """Those that any example has."""
        return sorted({label for _, label in self.counts})


class ClassSets(Target):
    """Several classes for each example, or none: 1 for each that it has [classes], uint8."""

    dtype, learnt_as = "|u1", "<f4"
    _numbers: Mapping[str, int] | None = None

    def see(self, path: str, label: str, split: str) -> None:
        """Count each of its classes."""
        if problem := unfit_classes(label):
            raise UserError(no_classes(path, label, problem))
        for name in classes_of(label) or [""]:
            self.counts[split, name] += 1

    def stored(self, label: str) -> NDArray[np.uint8]:
        """Return which classes it has."""
        if self._numbers is None:
            self._numbers = {name: at for at, name in enumerate(self.classes)}
        return marked(label, self._numbers)

    @classmethod
    def shape(cls, classes: Sequence[str]) -> tuple[int, ...]:
        """Return a place for each class."""
        return (len(classes),)

    @property
    def classes(self) -> list[str]:
        """Those that any example has."""
        return sorted({label for _, label in self.counts} - {""})


class Numbers(Target):
    """One number for each example: itself, float64."""

    dtype = "<f8"

    def __init__(self, known: Sequence[str] = ()) -> None:
        super().__init__(known)
        self._learnt = array("d")

    def see(self, path: str, label: str, split: str) -> None:
        """Count it."""
        try:
            found = number(label)
        except ValueError:
            raise UserError(no_number(path, label)) from None
        self.counts[split, ""] += 1
        if split == "train":
            self._learnt.append(found)

    def stored(self, label: str) -> float:
        """Return the number."""
        return number(label)

    @property
    def scale(self) -> tuple[float, ...]:
        """The mean of the training answers and their standard deviation."""
        middle, spread = scale_of(self._learnt)
        if not spread:
            raise UserError(
                f"all examples to learn from have the answer {middle:g}; there is nothing to learn."
            )
        return middle, spread


class Masks(Target):
    """A class for each pixel, uint8 [h, w]: its number among the names in `data.classes`."""

    dtype, learnt_as, field = "|u1", "<i8", "mask"

    def see(self, path: str, label: str, split: str) -> None:
        """Count it."""
        self.counts[split, ""] += 1

    def stored(self, label: str) -> None:
        """Return None, for the mask stands among the arrays of the example."""

    @classmethod
    def shape(cls, classes: Sequence[str]) -> tuple[int, ...]:
        """Return two sides of any length."""
        return (-1, -1)

    @property
    def classes(self) -> list[str]:
        """Those that are named."""
        return self.known


TARGETS: Mapping[str, type[Target]] = {
    "class": Classes,
    "classes": ClassSets,
    "number": Numbers,
    "mask": Masks,
}
MASK = Masks.field


def marked(label: str, numbers: Mapping[str, int]) -> NDArray[np.uint8]:
    """Return 1 for each class that an answer says, of all that have `numbers`: uint8 [classes].

    Raises:
        KeyError: it says another one.
    """
    found = np.zeros(len(numbers), dtype=np.uint8)
    found[[numbers[name] for name in classes_of(label)]] = 1
    return found


def rarest(labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return for each example [n] its class that fewest have; the number of classes for none.

    Args:
        labels: 1 for each class that an example has, [n, classes].
    """
    order = np.argsort(labels.sum(axis=0, dtype=np.int64), kind="stable")
    by_size = labels[:, order]
    found = np.where(by_size.any(axis=1), order[by_size.argmax(axis=1)], labels.shape[1])
    return np.asarray(found, dtype=np.int64)


def no_classes(path: str, label: str, problem: str) -> str:
    """Return what to say of an example whose answer names no classes as it should."""
    return (
        f"{shown(path)}: the answer {shown(label)} {problem}; correct it in the data, or in "
        "data/corrections.csv."
    )


def no_number(path: str, label: str) -> str:
    """Return what to say of an example whose answer is no number."""
    return (
        f"{shown(path)} has the answer {shown(label)}, which is no number such as 12.5; correct it "
        "in the data, or in data/corrections.csv."
    )


def no_class(path: str, value: int, classes: int) -> str:
    """Return what to say of an example whose mask has a value that is no class."""
    return (
        f"{shown(path)}: its mask has the value {value}, and data.classes names {classes} classes, "
        f"0 to {classes - 1}; save it with the number of a class in each pixel, or name more."
    )


def scale_of(numbers: Sequence[float]) -> tuple[float, float]:
    """Return the mean of some numbers and their standard deviation, to the last bit."""
    if min(numbers) == max(numbers):
        return numbers[0], 0.0  # their sum may be off by a little
    middle = math.fsum(numbers) / len(numbers)
    apart = (one - middle for one in numbers)
    return middle, math.sqrt(math.fsum(one * one for one in apart) / len(numbers))


def median(numbers: NDArray[np.float64]) -> float:
    """Return the middle of some numbers [n], at least one; of an even count the mean of two."""
    # By a stable sort: NumPy's own median parts its numbers by a kernel of the processor's own.
    ordered = np.sort(numbers, kind="stable")
    return float((ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2)


def standard(numbers: NDArray[np.float64], scale: Sequence[float]) -> NDArray[np.float32]:
    """Return numbers as a network learns them: so many standard deviations from the mean."""
    middle, spread = scale
    return ((numbers - middle) / spread).astype(np.float32)
