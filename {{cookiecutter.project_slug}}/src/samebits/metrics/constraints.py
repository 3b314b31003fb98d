"""Constraints: what a model must reach to be taken at all, whatever its score.

Andrew Ng calls them satisficing metrics: good enough is enough, and better earns nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from ..console.errors import UserError
from ..core.sections import CONSTRAINT
from ..data.targets import Answers
from .intervals import Figure
from .registry import Metric
from .scores import DECIMALS, find, rounded

COSTS = ("parameters", "model_bytes")
LATENCY, WORST = "latency_ms", "worst_slice"


@dataclass(frozen=True)
class Constraint:
    """A figure that must be at least (`least`) or at most `bound`; `slice` "" means all."""

    text: str
    figure: str
    slice: str
    least: bool
    bound: float

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the constraint that `text` describes, of the shape that sections.py asks for."""
        found = CONSTRAINT.fullmatch(text)
        if found is None:
            raise UserError(f"constraint `{text}` cannot be read; write `recall[cat] >= 0.9`.")
        least = found["sign"] == ">="
        return cls(text, found["figure"], found["slice"] or "", least, float(found["bound"]))

    @property
    def name(self) -> str:
        """The figure with its slice."""
        return f"{self.figure}@{self.slice}" if self.slice else self.figure

    def margin(self, value: float) -> float:
        """Return by how much `value` is better than it must be; negative if it is worse."""
        return value - self.bound if self.least else self.bound - value


def parse(texts: Sequence[str], answers: Answers) -> list[Constraint]:
    """Return the constraints, in their order.

    Raises:
        UserError: one names what is not there, or can never be met, or two contradict each other
            or say the same.
    """
    found = [Constraint.of(text) for text in texts]
    for one in found:
        _check(one, answers)
    for position, one in enumerate(found):
        for other in found[:position]:
            _check_pair(other, one)
    return found


def judge(
    constraints: Sequence[Constraint], known: Mapping[str, Figure | float]
) -> list[dict[str, Any]]:
    """Return for each constraint what was found, whether it is met and by how much.

    `sure` says whether the whole interval is on the same side of the bound. What is measured on a
    machine, `latency_ms`, is no part of a result that every machine has: if it is not among what is
    known, its `met` is None.

    Args:
        constraints: as `parse` gives them.
        known: the figures by the constraints' names; a number stands for an exact one.
    """
    verdicts: list[dict[str, Any]] = []
    for one in constraints:
        if one.figure == LATENCY and LATENCY not in known:
            verdicts.append({"constraint": one.text, "met": None, "measured": "samebits latency"})
            continue
        seen = known[one.name]
        value = seen.rounded() if isinstance(seen, Figure) else seen
        decimals = seen.decimals if isinstance(seen, Figure) else DECIMALS
        interval = seen.interval() if isinstance(seen, Figure) else [seen, seen]
        ends = [one.margin(end) >= 0 for end in interval]
        verdicts.append(
            {
                "constraint": one.text,
                "value": value,
                "interval": interval,
                "met": one.margin(value) >= 0,
                "margin": rounded(one.margin(value), decimals),
                "sure": ends[0] == ends[1],
            }
        )
    return verdicts


def accepted(verdicts: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether no constraint is missed."""
    return all(one["met"] is not False for one in verdicts)


def _check(one: Constraint, answers: Answers) -> None:
    if one.figure in (*COSTS, LATENCY, WORST):
        if one.slice:
            raise UserError(f"constraint `{one.text}`: `{one.figure}` has no slices; drop `@`.")
        form = "any" if one.figure == WORST else "mean"
    else:
        form = _metric(one, answers).form
    if not math.isfinite(one.bound):
        raise UserError(f"constraint `{one.text}`: no bound is so large; write a smaller number.")
    check_bound(one, form)


def check_bound(one: Constraint, form: str) -> None:
    """Raise a `UserError` where a figure of that form, as in `Metric`, never comes to the bound."""
    if form in ("share", "area") and not 0 <= one.bound <= 1:
        raise UserError(
            f"constraint `{one.text}`: `{one.figure}` lies between 0 and 1; write 90 % as 0.9."
        )
    if form == "explained" and one.bound > 1:
        raise UserError(f"constraint `{one.text}`: `{one.figure}` is never above 1.")
    if form in ("mean", "gap") and one.bound < 0:
        raise UserError(
            f"constraint `{one.text}`: `{one.figure}` is never negative; write a bound above 0."
        )


def _metric(one: Constraint, answers: Answers) -> Metric:
    try:
        return find(one.figure, answers.classes, answers.target)
    except UserError as error:
        others = f" Beside metrics there are {', '.join((*COSTS, LATENCY, WORST))}."
        more = "" if "class that" in str(error) else others
        raise UserError(f"constraint `{one.text}`: {error}{more}") from None


def _check_pair(one: Constraint, other: Constraint) -> None:
    if one.name != other.name:
        return
    if one.least == other.least:
        raise UserError(
            f"constraints `{one.text}` and `{other.text}` say the same of one figure; keep one."
        )
    low, high = (one, other) if one.least else (other, one)
    if low.bound > high.bound:
        raise UserError(
            f"constraints `{one.text}` and `{other.text}` contradict each other: no model can meet "
            "both; change one of them."
        )
