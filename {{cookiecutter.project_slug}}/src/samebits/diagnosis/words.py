"""How errors and scores are worded: as shares of the examples, or in the unit of the data."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

DIGITS, WIDEST = 3, 1e15  # significant digits; larger numbers do not show all before the point


class Words(ABC):
    """The words of one target.

    `answer` is what is asked for. `column` and `caption` head errors, `shared` heads parts of them,
    `unit` and `points` follow an error and a difference of two. `detail` is the column of
    reports/error-analysis.csv on a mistake, `nearly` says which right answers follow the mistakes,
    `goal` the wanted error and that of test, `cheaper` what a slice would save if it were
    as good as the rest, `corrected` how to fix wrong answers in the data. `examples` is what people
    call the examples, in the plural.
    """

    answer: ClassVar[str]
    column: ClassVar[str]
    caption: ClassVar[str]
    shared: ClassVar[str]
    unit: ClassVar[str]
    points: ClassVar[str]
    detail: ClassVar[str]
    nearly: ClassVar[str]
    goal: ClassVar[str]
    cheaper: ClassVar[str]
    corrected: ClassVar[str] = "write the right labels into data/corrections.csv"

    def __init__(self, examples: str = "examples") -> None:
        self.examples = examples

    def calling(self, examples: str) -> "Words":
        """Return these words for examples that people call so."""
        return type(self)(examples)

    @abstractmethod
    def bare(self, error: float, *, signed: bool = False, fine: bool = False) -> str:
        """Return an error, or a difference of two, without its unit; `fine` adds a digit."""

    @abstractmethod
    def score(self, value: float, *, signed: bool = False) -> str:
        """Return a figure for people to read."""

    @abstractmethod
    def exact(self, value: float, *, signed: bool = False) -> str:
        """Return a figure with the most digits that are ever shown."""

    @abstractmethod
    def happens(self, error: float, where: str) -> str:
        """Return a clause that states this mean error.

        Args:
            error: the mean.
            where: with its preposition, such as `on test`.
        """

    @abstractmethod
    def allowed(self, error: float) -> str:
        """Return a clause that this mean error is allowed."""

    @abstractmethod
    def flawless(self, place: str, allowed: float) -> str:
        """Return a clause that a place has no mistake."""

    @abstractmethod
    def fared(self, error: float, mistakes: int, examples: int) -> str:
        """Return a clause on how the examples just named fared."""

    @abstractmethod
    def far(self, detail: str) -> str:
        """Return the column `detail` in words."""

    def amount(self, error: float, *, signed: bool = False, fine: bool = False) -> str:
        """Return an error with its unit."""
        return f"{self.bare(error, signed=signed, fine=fine)}{self.unit}"

    def ends(self, low: float, high: float, *, signed: bool = False, fine: bool = False) -> str:
        """Return an interval of errors, without its unit."""
        first, last = (self.bare(end, signed=signed, fine=fine) for end in (low, high))
        return f"{first} to {last}"


class ClassWords(Words):
    """An error is the share of examples that get a wrong class."""

    answer, column, shared = "class", "Wrong", "Share of mistakes"
    caption = "Share of examples that get a wrong class"
    unit, points = " %", " points"
    detail, nearly = "confidence", "right answers, the least confident first"
    goal = "at most {} wrong; test has {}"
    cheaper = "how much smaller the share of wrong examples would be"

    def bare(self, error: float, *, signed: bool = False, fine: bool = False) -> str:
        """Return the error in per cent."""
        decimals = 2 if fine else 1
        return f"{100 * error:{'+' if signed else ''}.{decimals}f}"

    def score(self, value: float, *, signed: bool = False) -> str:
        """Return four decimals."""
        return f"{value:{'+' if signed else ''}.4f}"

    def exact(self, value: float, *, signed: bool = False) -> str:
        """Return six decimals."""
        return f"{value:{'+' if signed else ''}.6f}"

    def happens(self, error: float, where: str) -> str:
        """Return as `2.1 % of the examples get a wrong class on test`."""
        return f"{self.amount(error)} of the {self.examples} get a wrong class {where}"

    def allowed(self, error: float) -> str:
        """Return as `2.0 % are allowed`."""
        return f"{self.amount(error)} are allowed"

    def flawless(self, place: str, allowed: float) -> str:
        """Return that every answer is right."""
        return f"every {place} example was given its true class"

    def fared(self, error: float, mistakes: int, examples: int) -> str:
        """Return as `4 of them (1.4 %) got a wrong class`."""
        return f"{mistakes:,} of them ({100 * mistakes / examples:.1f} %) got a wrong class"

    def far(self, detail: str) -> str:
        """Return how sure the answer was."""
        return f"{100 * float(detail):.1f} % sure"


class ClassSetWords(ClassWords):
    """An error is the share of the answers, one for each class of an example, that are wrong."""

    answer, column, shared = "classes", "Wrong", "Share of the wrong answers"
    caption = "Share of the answers, one for each class of an example, that are wrong"
    detail, nearly = "error", "examples without a wrong answer, the least confident first"
    goal = "at most {} of the answers wrong; test has {}"
    cheaper = "how much smaller the share of wrong answers would be"

    def bare(self, error: float, *, signed: bool = False, fine: bool = False) -> str:
        """Return it in per cent, with one more digit than for a class: such shares are smaller."""
        decimals = 3 if fine else 2
        return f"{100 * error:{'+' if signed else ''}.{decimals}f}"

    def happens(self, error: float, where: str) -> str:
        """Return as `2.10 % of the answers, one for each class, are wrong on test`."""
        return f"{self.amount(error)} of the answers, one for each class, are wrong {where}"

    def flawless(self, place: str, allowed: float) -> str:
        """Return that every answer is right."""
        return f"every {place} example was given its true classes, and no other"

    def fared(self, error: float, mistakes: int, examples: int) -> str:
        """Return as `4 of them (1.4 %) lack a class or got a wrong one: 0.30 % of all answers`."""
        share = f"{mistakes:,} of them ({100 * mistakes / examples:.1f} %)"
        return f"{share} lack a class or got a wrong one: {self.amount(error)} of all answers"

    def far(self, detail: str) -> str:
        """Return how many answers were wrong."""
        return f"{100 * float(detail):.0f} % of the answers wrong"


class MaskWords(ClassWords):
    """An error is the share of pixels that get a wrong class."""

    answer, shared = "mask", "Share of the error"
    corrected = "put the right masks into data/raw"
    caption = "Share of pixels that get a wrong class"
    detail, nearly = "error", "masks that are good enough, those with the most wrong pixels first"
    goal = "at most {} of the pixels wrong; test has {}"
    cheaper = "how much smaller the share of wrong pixels would be"

    def happens(self, error: float, where: str) -> str:
        """Return as `2.1 % of the pixels get a wrong class on test`."""
        return f"{self.amount(error)} of the pixels get a wrong class {where}"

    def flawless(self, place: str, allowed: float) -> str:
        """Return that no mask has more wrong pixels than are allowed."""
        return f"no mask on {place} has more than {self.amount(allowed)} of its pixels wrong"

    def fared(self, error: float, mistakes: int, examples: int) -> str:
        """Return as `2.1 % of their pixels got a wrong class`."""
        return f"{self.amount(error)} of their pixels got a wrong class"

    def far(self, detail: str) -> str:
        """Return the share of its pixels that are wrong."""
        return f"{self.amount(float(detail))} of its pixels wrong"


class NumberWords(Words):
    """An error is how far an answer is from the truth, in the unit of the data."""

    answer, column, shared = "number", "Error", "Share of the error"
    caption = "Mean distance of the answers from the truth"
    unit, points = "", ""
    detail, nearly = "error", "answers that are close enough, the furthest first"
    goal = "at most {} away on average; test has {}"
    cheaper = "how much closer to the truth answers would be on average"

    def bare(self, error: float, *, signed: bool = False, fine: bool = False) -> str:
        """Return three significant digits."""
        return significant(error, DIGITS + fine, signed=signed)

    def score(self, value: float, *, signed: bool = False) -> str:
        """Return four significant digits."""
        return significant(value, DIGITS + 1, signed=signed)

    def exact(self, value: float, *, signed: bool = False) -> str:
        """Return seven significant digits."""
        return significant(value, 2 * DIGITS + 1, signed=signed)

    def happens(self, error: float, where: str) -> str:
        """Return as `answers on test are 3.2 away from the truth on average`."""
        return f"answers {where} are {self.amount(error)} away from the truth on average"

    def allowed(self, error: float) -> str:
        """Return as `0.9 is allowed`."""
        return f"{self.amount(error)} is allowed"

    def flawless(self, place: str, allowed: float) -> str:
        """Return that no answer is further away than is allowed."""
        return f"no answer on {place} is further from the truth than {self.amount(allowed)}"

    def fared(self, error: float, mistakes: int, examples: int) -> str:
        """Return as `answers are 3.2 away from the truth on average`."""
        return f"answers are {self.amount(error)} away from the truth on average"

    def far(self, detail: str) -> str:
        """Return how far the answer was from the truth."""
        return f"{significant(float(detail))} away"


WORDS: Mapping[str, Words] = {
    "class": ClassWords(),
    "classes": ClassSetWords(),
    "number": NumberWords(),
    "mask": MaskWords(),
}


def significant(value: float, digits: int = DIGITS, *, signed: bool = False) -> str:
    """Return a number with `digits` significant digits, and all those before its point."""
    if not value:
        return "0"
    sign, size = "+" if signed else "", int(f"{value:e}".partition("e")[2])
    whole = size >= digits - 1 and abs(value) < WIDEST
    return f"{value:{sign},.0f}" if whole else f"{value:{sign},.{digits}g}"
