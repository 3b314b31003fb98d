"""What an answer is: one of a few classes, a number, or a mask with a class for each pixel.

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
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from .findings import shown

NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
LARGEST = 1e100  # of a number, so that squares of many can be added up


@dataclass(frozen=True)
class Answers:
    """What an answer is: `target` as params.yaml has it; the names of `classes`, [] of none."""

    target: str
    classes: list[str]


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


class Target(ABC):
    """The answers of a data set, seen one by one before any is stored.

    `dtype` is that of an answer as it is stored, `axes` how many it has; it stands in labels.npy,
    or in the array `field` of the example. `counts` are the examples by split and class, "" of
    none.

    Args:
        known: the names in `data.classes`.
    """

    dtype: ClassVar[str]
    axes: ClassVar[int] = 0
    field: ClassVar[str] = ""

    def __init__(self, known: Sequence[str] = ()) -> None:
        self.known = [*known]
        self.counts = Counter[tuple[str, str]]()

    @abstractmethod
    def see(self, path: str, label: str, split: str) -> None:
        """Look at the answer of an example; what is none is a UserError."""

    @abstractmethod
    def stored(self, label: str) -> float | None:
        """Return what labels.npy has for an answer, when all have been seen; None without it."""

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

    dtype, axes, field = "|u1", 2, "mask"

    def see(self, path: str, label: str, split: str) -> None:
        """Count it."""
        self.counts[split, ""] += 1

    def stored(self, label: str) -> None:
        """Return None, for the mask stands among the arrays of the example."""

    @property
    def classes(self) -> list[str]:
        """Those that are named."""
        return self.known


TARGETS: Mapping[str, type[Target]] = {"class": Classes, "number": Numbers, "mask": Masks}
MASK = Masks.field


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
