"""The table of metrics: the built-in ones of `scores.py` and your own of `own.py`."""

from collections.abc import Callable
from dataclasses import dataclass

from .probabilities import Labels, Values
from .sums import Sums

# True class numbers [n], predicted ones [n] and probabilities [n, k] in, one number out.
Own = Callable[[Labels, Labels, Values], float]


@dataclass(frozen=True)
class Metric:
    """How a number is computed, how it reads, and what kind of interval fits it.

    `compute` makes `[r]` values of sums, or `own` one value of examples. `form` is "share" for what
    lies between 0 and 1 and is made of right and wrong answers, "area" for what lies there and is
    not, "mean" for what cannot be negative, "gap" for what chance alone makes greater than it is,
    and "any". `evidence` is the number of answers that a share rests on, `label` the class that the
    number is of, if it is one class's.
    """

    title: str
    meaning: str
    higher_is_better: bool
    form: str
    compute: Callable[[Sums], Values] | None = None
    own: Own | None = None
    evidence: Callable[[Sums], Values] = lambda sums: sums.examples
    label: int | None = None


# What stands beside metrics, in constraints and in reports/metrics.json.
TAKEN = (
    *("parameters", "model_bytes", "latency_ms", "worst_slice"),
    *("examples", "intervals", "absent"),
)

METRICS: dict[str, Metric] = {}
# Those of one class, as `recall[cat]`: class number in, metric out.
OF_CLASS: dict[str, Callable[[int], Metric]] = {}
# What is wrong with own metrics, told by `scores.find`: nobody can while modules are imported.
PROBLEMS: list[str] = []


def metric(
    title: str, meaning: str, *, higher_is_better: bool = True, between_0_and_1: bool = False
) -> Callable[[Own], Own]:
    """Enter a function of labels, answers and probabilities as a metric under its own name.

    What has that name already, or a name that params.yaml could not say, is one of the `PROBLEMS`.
    """

    def enter(compute: Own) -> Own:
        name = compute.__name__
        if name in METRICS or name in OF_CLASS or name in TAKEN:
            PROBLEMS.append(f"something else is called `{name}`; give your metric another name.")
        elif not "a" <= name[0] <= "z":
            PROBLEMS.append(f"begin the name of your metric `{name}` with a letter from a to z.")
        else:
            form = "area" if between_0_and_1 else "any"
            METRICS[name] = Metric(title, meaning, higher_is_better, form, own=compute)
        return compute

    return enter
