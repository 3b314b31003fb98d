"""The chain of assumptions: what a model must fit step by step, and the gaps between the steps.

Target, train, train-dev, dev, test and, if there are examples of it, the real world: the mean error
at each, and how much is lost from one to the next. Source: Andrew Ng, Machine Learning Yearning
(2018), on bias, variance and data mismatch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..metrics.intervals import LEVEL
from ..metrics.predictions import Predictions
from ..metrics.proportions import Measured, measured, newcombe
from ..metrics.scores import DECIMALS, decimals_for, rounded
from ..metrics.sums import Values, numbered

TARGET, REAL = "target", "real world"
MATTERS = 0.1  # of the error above the target, or of the target: a smaller gap is not worth closing
# Without data.evaluate_on and data.train_on, train-dev and dev are drawn from the same examples:
# only chance lies between them, so a gap is believed only if chance hardly ever makes it.
SAME_SOURCE = 0.999


class Link(NamedTuple):
    """A link of the chain: its name, its gap's name, and the section that moves it."""

    name: str
    title: str
    section: str


LINKS = (
    Link("bias", "avoidable bias", "model"),
    Link("variance", "variance", "regularization"),
    Link("mismatch", "data mismatch", "data"),
    Link("dev", "overfitting to dev", "data"),
    Link("real world", "real-world mismatch", "evaluation"),
)


LATER = Link("dev", "drift from dev to test", "data")  # where test is later than dev


@dataclass(frozen=True)
class Gap:
    """The error lost from one place to the next; `size` is how much of it a remedy could win back.

    `decimals` is how many are shown.
    """

    link: Link
    start: Measured
    end: Measured
    low: float
    high: float
    size: float
    real: bool
    decimals: int = DECIMALS

    @property
    def value(self) -> float:
        """The difference of the errors."""
        return rounded(self.end.error - self.start.error, self.decimals)

    def record(self) -> dict[str, Any]:
        """Return its entry in reports/diagnosis.json."""
        return {
            "name": self.link.name,
            "title": self.link.title,
            "from": self.start.name,
            "to": self.end.name,
            "value": self.value,
            "interval": [rounded(end, self.decimals) for end in (self.low, self.high)],
            "real": self.real,
            "section": self.link.section,
        }


def target(error: float, *, share: bool = True) -> Measured:
    """Return the start of the chain; `share` as in `measured`."""
    decimals = DECIMALS if share else decimals_for(error)
    return Measured(TARGET, error, error, error, 0, decimals)


def gaps(
    chain: Sequence[Measured],
    predictions: Mapping[str, Predictions],
    apart: bool,
    timed: bool = False,
) -> list[Gap]:
    """Return the gaps of a chain, from the target on.

    Args:
        chain: the target, the four data sets and, perhaps, the real world.
        predictions: of the data sets, to look at several of them together.
        apart: whether dev and test come from other sources (data.evaluate_on, data.train_on).
        timed: whether dev is later than train, and test later than dev (task.time).
    """
    apart = apart or timed
    excess = max(chain[-1].error - chain[0].error, 0.0)
    decimals = max(chain, key=lambda place: place.error).decimals
    least = rounded(MATTERS * max(excess, chain[0].error), decimals)
    known = {place.name: place for place in chain}
    differences = []
    for link, start, end in zip(LINKS, chain, chain[1:], strict=False):
        size = sure = None
        link = LATER if timed and link.name == LATER.name else link
        if link.name == "variance" and not apart:
            # From one source, both say how the model does on examples that it has not seen.
            end = together(predictions, ("train_dev", "dev"))
        elif link.name == "variance":
            # A remedy cannot win back an error that dev does not show.
            size = min(end.error, known["dev"].error) - start.error
        elif link.name == "dev" and not apart:
            # Neither was used to choose a model.
            end = together(predictions, ("train_dev", "test"))
        elif link.name == "mismatch" and not apart:
            sides = [together(predictions, (place.name,), SAME_SOURCE) for place in (start, end)]
            sure = newcombe(*sides)[0]
        low, high = newcombe(start, end)
        size = rounded(end.error - start.error if size is None else size, decimals)
        real = rounded(low if sure is None else sure, decimals) > 0 and size >= least
        differences.append(Gap(link, start, end, low, high, size, real, decimals))
    return differences


def together(
    predictions: Mapping[str, Predictions],
    names: Sequence[str],
    level: float = LEVEL,
    without: frozenset[str] = frozenset(),
) -> Measured:
    """Return the error on several data sets taken together.

    Args:
        predictions: for every data set.
        names: the data sets to take.
        level: of the interval.
        without: hashes of examples to leave out.
    """
    errors, groups, share, each = list[Values](), list[str](), True, 1
    for name in names:
        split = predictions[name]
        kept = np.array([example.md5 not in without for example in split.examples], dtype=bool)
        errors.append(split.sample.errors[kept].astype(np.float64))
        share, each = split.sample.share, split.sample.each
        groups += [
            example.group or f"{name}/{row}"
            for row, example in enumerate(split.examples)
            if kept[row]
        ]
    joined = np.concatenate(errors)
    if not len(joined):
        return Measured(" and ".join(names), 0.0, 0.0, 1.0, 0)
    of = numbered(groups)
    return measured(" and ".join(names), joined, of, level, share=share, each=each)


def largest(candidates: Sequence[Gap]) -> Gap | None:
    """Return the largest real gap; of ties the later, which is cheaper to close."""
    real = [(gap.size, place, gap) for place, gap in enumerate(candidates) if gap.real]
    return max(real, key=lambda ranked: ranked[:2])[2] if real else None
