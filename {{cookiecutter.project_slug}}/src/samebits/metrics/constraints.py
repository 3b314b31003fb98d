"""Constraints: what a model must reach to be accepted at all, whatever its score.

Andrew Ng calls them satisficing metrics: good enough is enough, and better earns no credit.
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
        """Return the constraint that `text` describes, in the form that sections.py requires."""
        match = CONSTRAINT.fullmatch(text)
        if match is None:
            raise UserError(f"constraint `{text}` cannot be read; write `recall[cat] >= 0.9`.")
        least = match["sign"] == ">="
        return cls(text, match["figure"], match["slice"] or "", least, float(match["bound"]))

    @property
    def name(self) -> str:
        """The figure with its slice."""
        return f"{self.figure}@{self.slice}" if self.slice else self.figure

    def margin(self, value: float) -> float:
        """Return by how much `value` exceeds what is required; negative if it falls short."""
        return value - self.bound if self.least else self.bound - value


def parse(texts: Sequence[str], answers: Answers) -> list[Constraint]:
    """Return the constraints, in their order.

    Raises:
        UserError: a constraint names something unknown or can never be met, or two of them
            contradict or repeat each other.
    """
    constraints = [Constraint.of(text) for text in texts]
    for constraint in constraints:
        _check(constraint, answers)
    for position, constraint in enumerate(constraints):
        for earlier in constraints[:position]:
            _check_pair(earlier, constraint)
    return constraints


def judge(
    constraints: Sequence[Constraint], known: Mapping[str, Figure | float]
) -> list[dict[str, Any]]:
    """Return for each constraint its value, whether it is met and by how much.

    `sure` says whether the whole interval lies on one side of the bound. `latency_ms` depends on
    the machine, so it is not part of a reproducible result: if it is unknown, `met` is None.

    Args:
        constraints: as `parse` gives them.
        known: the figures by the constraints' names; a plain number is exact.
    """
    verdicts: list[dict[str, Any]] = []
    for constraint in constraints:
        if constraint.figure == LATENCY and LATENCY not in known:
            verdicts.append(
                {"constraint": constraint.text, "met": None, "measured": "samebits latency"}
            )
            continue
        figure = known[constraint.name]
        value = figure.rounded() if isinstance(figure, Figure) else figure
        decimals = figure.decimals if isinstance(figure, Figure) else DECIMALS
        interval = figure.interval() if isinstance(figure, Figure) else [figure, figure]
        ends = [constraint.margin(end) >= 0 for end in interval]
        verdicts.append(
            {
                "constraint": constraint.text,
                "value": value,
                "interval": interval,
                "met": constraint.margin(value) >= 0,
                "margin": rounded(constraint.margin(value), decimals),
                "sure": ends[0] == ends[1],
            }
        )
    return verdicts


def accepted(verdicts: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether no constraint is missed."""
    return all(verdict["met"] is not False for verdict in verdicts)


def _check(constraint: Constraint, answers: Answers) -> None:
    if constraint.figure in (*COSTS, LATENCY, WORST):
        if constraint.slice:
            raise UserError(
                f"constraint `{constraint.text}`: `{constraint.figure}` has no slices; drop `@`."
            )
        form = "any" if constraint.figure == WORST else "mean"
    else:
        form = _metric(constraint, answers).form
    if not math.isfinite(constraint.bound):
        raise UserError(
            f"constraint `{constraint.text}`: no bound is so large; write a smaller number."
        )
    check_bound(constraint, form)


def check_bound(constraint: Constraint, form: str) -> None:
    """Raise a `UserError` if figures of that form, as in `Metric`, can never reach the bound."""
    if form in ("share", "area") and not 0 <= constraint.bound <= 1:
        raise UserError(
            f"constraint `{constraint.text}`: `{constraint.figure}` lies between 0 and 1; "
            "write 90 % as 0.9."
        )
    if form == "explained" and constraint.bound > 1:
        raise UserError(
            f"constraint `{constraint.text}`: `{constraint.figure}` is never above 1; "
            "write a smaller bound."
        )
    if form in ("mean", "gap") and constraint.bound < 0:
        raise UserError(
            f"constraint `{constraint.text}`: `{constraint.figure}` is never negative; "
            "write a bound above 0."
        )


def _metric(constraint: Constraint, answers: Answers) -> Metric:
    try:
        return find(constraint.figure, answers.classes, answers.target)
    except UserError as error:
        others = f" Constraints may also name {', '.join((*COSTS, LATENCY, WORST))}."
        more = "" if "unknown class" in str(error) else others
        raise UserError(f"constraint `{constraint.text}`: {error}{more}") from None


def _check_pair(first: Constraint, second: Constraint) -> None:
    if first.name != second.name:
        return
    if first.least == second.least:
        raise UserError(
            f"constraints `{first.text}` and `{second.text}` bound the same figure in the same "
            "direction; keep one."
        )
    low, high = (first, second) if first.least else (second, first)
    if low.bound > high.bound:
        raise UserError(
            f"constraints `{first.text}` and `{second.text}` contradict each other: no model can "
            "meet both; change one of them."
        )
