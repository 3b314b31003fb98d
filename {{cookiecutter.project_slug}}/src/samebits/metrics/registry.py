"""The table of metrics: the built-in ones, and those of the project's metrics.py."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..console.errors import UserError
from .sums import Labels, Sets, Sums, Values


@dataclass(frozen=True)
class Metric:
    """How a number is computed, how it reads, and what kind of interval fits it.

    `compute` makes `[r]` values of sums, or `own` one value of examples. `form` is "share" for what
    lies between 0 and 1 and is made of right and wrong answers, "area" for what lies there and is
    not, "mean" for what cannot be negative, "explained" for 1 less such a mean, "gap" for what
    chance alone makes greater than it is, and "any". `summed` is the column that a mean adds up, ""
    for what is counted. `evidence` is the number of answers that a share rests on, `label` the
    class that the number is of, if it is one class's. `targets` are those that it is for, () for
    what a project has of its own.
    """

    title: str
    meaning: str
    higher_is_better: bool
    form: str
    compute: Callable[[Sums], Values] | None = None
    own: "Callable[[Any], float] | None" = None
    summed: str = ""
    targets: tuple[str, ...] = ()
    evidence: Callable[[Sums], Values] = lambda sums: sums.examples
    label: int | None = None
    name: str = ""


# What stands beside metrics, in constraints and in reports/metrics.json.
TAKEN = (
    *("parameters", "model_bytes", "latency_ms", "worst_slice"),
    *("examples", "intervals", "absent"),
)

METRICS: dict[str, Metric] = {}
# Those of one class, as `recall[cat]`: class number in, metric out.
OF_CLASS: dict[str, Callable[[int], Metric]] = {}


def metrics_of(target: str) -> dict[str, Metric]:
    """Return the metrics for a target by name, the project's own at the end."""
    return {name: one for name, one in METRICS.items() if not one.targets or target in one.targets}


class Scored(NamedTuple):
    """Examples of one class each with what was said of them.

    labels: true class numbers [n]. answers: predicted ones [n]. probabilities: [n, k].
    """

    labels: Labels
    answers: Labels
    probabilities: Values


class ScoredSets(NamedTuple):
    """Examples of several classes each with what was said of them.

    labels: 1 for each class that an example has [n, k]. answers: for each that it was said to have
    [n, k]. probabilities: [n, k].
    """

    labels: Sets
    answers: Sets
    probabilities: Values


class ScoredNumbers(NamedTuple):
    """Examples of one number each with what was said of them.

    truth: true numbers [n]. answers: predicted ones [n]. Both are in the unit of the data.
    """

    truth: Values
    answers: Values


class ScoredMasks(NamedTuple):
    """Examples with a class for each pixel: how many pixels each class has, by example [n, k].

    true: in the true masks. said: in those predicted. right: in both at once.
    """

    true: Values
    said: Values
    right: Values


def mean_of(
    name: str,
    function: Callable[[Any], NDArray[Any]],
    *,
    higher_is_better: bool,
    between_0_and_1: bool = False,
    meaning: str = "",
) -> Metric:
    """Return the metric that is the mean of what a function gives each example, [n].

    Args:
        name: by which params.yaml names it.
        function: of `Scored`, of `ScoredSets` where answers are several classes, of `ScoredNumbers`
            where they are numbers, or of `ScoredMasks` where they are masks; it must not draw
            random numbers; of trues and falses, the mean is a share.
        higher_is_better: or lower.
        between_0_and_1: as a share does; its interval stays there too.
        meaning: in a few words, for the report.
    """

    def mean(scored: Any) -> float:
        return float(np.mean(function(scored)))

    return number_of(
        name,
        mean,
        higher_is_better=higher_is_better,
        between_0_and_1=between_0_and_1,
        meaning=meaning,
    )


def number_of(
    name: str,
    function: Callable[[Any], float],
    *,
    higher_is_better: bool,
    between_0_and_1: bool = False,
    meaning: str = "",
) -> Metric:
    """Return the metric that is one number of all examples.

    The function is called some hundred times on resampled examples, from which the interval
    follows; the other arguments are those of `mean_of`.
    """
    form = "area" if between_0_and_1 else "any"
    title = name.replace("_", " ").capitalize()
    return Metric(title, meaning or title, higher_is_better, form, own=function, name=name)


def enter(metrics: Sequence[Metric]) -> None:
    """Have metrics of the project's own known by their names.

    Raises:
        UserError: a name is taken, or params.yaml could not say it.
    """
    for one in metrics:
        if one.name in METRICS or one.name in OF_CLASS or one.name in TAKEN:
            raise UserError(
                f"metrics.py: something else is called `{one.name}`; give your metric another name."
            )
        if not re.fullmatch(r"[a-z]\w*", one.name):
            raise UserError(
                f"metrics.py: `{one.name}` is no name of a metric; begin it with a small letter."
            )
        METRICS[one.name] = one
