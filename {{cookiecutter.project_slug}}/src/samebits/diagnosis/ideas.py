"""An idea: something to try, why, what it costs, and the command that tries it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..core.sections import Data, Evaluation, Optimization, Regularization
from .errors_base import Errors

QUICK, SAME, TWICE, FOUR, HAND = range(5)
COSTS = {
    QUICK: "no training, only another evaluation",
    SAME: "one run, as long as the last",
    TWICE: "one run, twice as long",
    FOUR: "one run, about four times as long",
    HAND: "work by hand",
}


@dataclass(frozen=True, slots=True)
class DiagnosisSettings:
    """The current values that ideas change: sections of params.yaml, and what an error is."""

    errors: Errors[Any]
    data: Data
    optimization: Optimization
    regularization: Regularization
    evaluation: Evaluation
    augmentation: Mapping[str, Any]  # the user's section, whatever its keys
    growth: Mapping[str, Mapping[str, Any]]  # other networks to try, as evaluate lists them
    timed: bool = False  # whether dev is later than train, and test later than dev
    left_out: Collection[str] = ()  # keys that params.yaml leaves to their defaults


@dataclass(frozen=True, slots=True)
class Idea:
    """Something to try; with `fits`, it is offered only for these causes."""

    idea: str
    why: str
    section: str
    command: str
    effort: int
    fits: tuple[str, ...] = ()

    def record(self, left_out: Collection[str] = ()) -> dict[str, Any]:
        """Return its entry in reports/diagnosis.json; params.yaml leaves out some keys."""
        return {
            "idea": self.idea,
            "why": self.why,
            "section": self.section,
            "command": _adding(self.command, left_out),
            "cost": COSTS[self.effort],
        }


def change(
    idea: str, why: str, effort: int = SAME, *, fits: tuple[str, ...] = (), **values: Any
) -> Idea:
    """Return an idea that changes keys of a section: change(..., model__width=64)."""
    section = next(iter(values)).partition("__")[0]
    return Idea(idea, why, section, run(**values), effort, fits)


def run(**values: Any) -> str:
    """Return the command that runs an experiment with values: run(model__width=64)."""
    parts = [f"-S {key.replace('__', '.')}={_text(value)}" for key, value in values.items()]
    return " ".join(["dvc exp run", *parts])


def _adding(command: str, left_out: Collection[str]) -> str:
    """Make a command add those keys to params.yaml; DVC sets only keys that are there."""
    plus = {key: f"+{key}" for key in left_out}
    return re.sub(r"(?<=-S )('?)([\w.]+)", lambda key: key[1] + plus.get(key[2], key[2]), command)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(float(f"{value:.4g}") if isinstance(value, float) else value)
