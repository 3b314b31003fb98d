"""Find a metric by its name, compute its value, and round it."""

import difflib
import math
import re
from collections.abc import Sequence

from ..console.errors import UserError
from ..data.targets import spoken
from .registry import METRICS, OF_CLASS, Metric, metrics_of
from .sample import Sample

# Coarser than the last bits, in which logarithms may differ between processors.
DECIMALS, DIGITS = 6, 9
MORE = 4  # digits that an end may have beyond those
MOST_DECIMALS = 300  # a float64 has hardly more


def value(metric: Metric, sample: Sample) -> float:
    """Return the value of a metric for a sample.

    Raises:
        UserError: the function of the project's own metric failed, or its value is not finite.
    """
    if metric.compute is not None:
        return float(metric.compute(sample.sums())[0])
    assert metric.own is not None
    try:
        number = float(metric.own(sample.scored))
    except MemoryError:  # the machine's fault, not the metric's
        raise
    except Exception as error:
        raise UserError(
            f"your metric `{metric.title}` failed: {type(error).__name__}: {error}; fix its "
            "function in metrics.py."
        ) from error
    if not math.isfinite(number):
        raise UserError(
            f"your metric `{metric.title}` returned {number}, not a finite number; fix its "
            "function in metrics.py."
        )
    return number


def find(metric: str, classes: Sequence[str] = (), target: str = "") -> Metric:
    """Return the metric with a name such as `accuracy` or, for one class, `recall[cat]`.

    Args:
        metric: the name.
        classes: their names, if the metric may be one of a class.
        target: what an answer is, as in params.yaml; "" if the metric is known to fit.

    Raises:
        UserError: there is no metric or class of that name; the message suggests a similar one.
    """
    known = metrics_of(target) if target else METRICS
    if metric in known:
        return known[metric]
    named = re.fullmatch(r"(\w+)\[(.+)\]", metric)
    if named and named[1] in OF_CLASS and target in ("", *OF_CLASS[named[1]](0).targets):
        if named[2] in classes:
            return OF_CLASS[named[1]](list(classes).index(named[2]))
        shown = ", ".join(list(classes)[:20]) + (", ..." if len(classes) > 20 else "")
        raise UserError(f"`{metric}` names an unknown class; the classes are {shown}.")
    plain = str(metric).lower().replace("-", "_").replace(" ", "_")
    of_class = [f"{name}[class]" for name in OF_CLASS] if classes else []
    names = [*known, *of_class]
    near = difflib.get_close_matches(plain, names, n=1, cutoff=0.3)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    of_this = f" of {spoken(target)}" if metric in METRICS or named else ""
    words = f"unknown metric{of_this} `{metric}`: choose one of {', '.join(names)}"
    raise UserError(f"{words}{hint or '.'}")


def rounded(figure: float, decimals: int = DECIMALS) -> float:
    """Return a figure with the decimals that reports have; never a negative zero."""
    return round(float(figure), decimals) + 0.0


def decimals_of(sample: Sample, figure: float, *ends: float) -> int:
    """Return how many decimals to show of a figure of a sample and of its interval's ends.

    Shares have six. Figures in the unit of the data may be of any size: the largest of the three
    has nine digits, or a few more if it is an end and the figure itself would be lost.
    """
    if sample.share:
        return DECIMALS
    largest = decimals_for(max(map(abs, (figure, *ends))))
    return min(decimals_for(figure), largest + MORE) if figure else largest


def decimals_for(size: float, digits: int = DIGITS) -> int:
    """Return how many decimals a number of this size has if it is shown with `digits`."""
    exponent = int(f"{size:e}".partition("e")[2]) if size and math.isfinite(size) else 0
    return min(digits - 1 - exponent, MOST_DECIMALS)
