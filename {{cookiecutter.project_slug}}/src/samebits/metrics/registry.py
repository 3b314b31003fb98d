"""The table of metrics: the built-in ones, and those in the project's metrics.py."""

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
    """How a figure is computed, how it is described, and what kind of interval fits it.

    `compute` gives values `[r]` from sums, or `own` a single value from examples. `form` is "share"
    for figures from 0 to 1 that count right and wrong answers, "area" for other figures from 0 to
    1, "mean" for those that cannot be negative, "explained" for 1 less such a mean, "gap" for those
    that chance inflates, and "any". `summed` is the column that a mean adds up, "" for counts.
    `evidence` is the number of answers that a share rests on, `label` the class of a figure that is
    about one class. `targets` are those it is defined for, () for the project's own metrics.
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


# Names with another meaning in constraints and in reports/metrics.json.
TAKEN = (
    *("parameters", "model_bytes", "latency_ms", "worst_slice"),
    *("examples", "intervals", "absent"),
)

METRICS: dict[str, Metric] = {}
# Metrics of one class, such as `recall[cat]`: class number in, metric out.
OF_CLASS: dict[str, Callable[[int], Metric]] = {}


def metrics_of(target: str) -> dict[str, Metric]:
    """Return the metrics for a target by name, the project's own last."""
    return {
        name: metric
        for name, metric in METRICS.items()
        if not metric.targets or target in metric.targets
    }


class Scored(NamedTuple):
    """Examples of one class each, with the predictions.

    labels: true class numbers [n]. answers: predicted ones [n]. probabilities: [n, k].
    """

    labels: Labels
    answers: Labels
    probabilities: Values


class ScoredSets(NamedTuple):
    """Examples of several classes each, with the predictions.

    labels: 1 for each class of an example [n, k]. answers: 1 for each predicted class [n, k].
    probabilities: [n, k].
    """

    labels: Sets
    answers: Sets
    probabilities: Values


class ScoredNumbers(NamedTuple):
    """Examples of one number each, with the predictions.

    truth: true numbers [n]. answers: predicted ones [n]. Both are in the unit of the data.
    """

    truth: Values
    answers: Values


class ScoredMasks(NamedTuple):
    """Examples with a class for each pixel: how many pixels each class has, by example [n, k].

    true: in the true masks. said: in the predicted ones. right: in both, at the same pixel.
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
    """Return a metric: the mean over examples of what a function returns for each, [n].

    Args:
        name: its name in params.yaml.
        function: takes `Scored`, or `ScoredSets` for several classes, `ScoredNumbers` for numbers,
            `ScoredMasks` for masks. It must not draw random numbers. The mean of booleans is a
            share.
        higher_is_better: False if lower is.
        between_0_and_1: whether its values, and so its interval, stay from 0 to 1.
        meaning: a few words for the report.
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
    """Return a metric: the number that a function returns for all examples together.

    The function is called some hundred times on resampled examples, which give the interval; the
    other arguments are those of `mean_of`.
    """
    form = "area" if between_0_and_1 else "any"
    title = name.replace("_", " ").capitalize()
    return Metric(title, meaning or title, higher_is_better, form, own=function, name=name)


def enter(metrics: Sequence[Metric]) -> None:
    """Register the project's own metrics under their names.

    Raises:
        UserError: a name is taken, or cannot be written in params.yaml.
    """
    for metric in metrics:
        if metric.name in METRICS or metric.name in OF_CLASS or metric.name in TAKEN:
            raise UserError(
                f"metrics.py: the name `{metric.name}` is taken; give your metric another one."
            )
        if not re.fullmatch(r"[a-z]\w*", metric.name):
            raise UserError(
                f"metrics.py: `{metric.name}` cannot name a metric; begin with a lower-case "
                "letter, and use letters, digits and underscores only."
            )
        METRICS[metric.name] = metric
