"""The value of a metric, and the metric of a name."""

import difflib
import math
import re
from collections.abc import Sequence

from ..console.errors import UserError
from ..data.targets import spoken
from .registry import METRICS, OF_CLASS, Metric, metrics_of
from .sample import Sample

# Coarser than the last bits, in which two CPUs' logarithms may differ.
DECIMALS, DIGITS = 6, 9
MORE = 4  # digits that an end may have beyond these
MOST_DECIMALS = 300  # a float64 has hardly more


def value(metric: Metric, sample: Sample) -> float:
    """Return one metric of a sample; what an own metric makes of it must be finite.

    Raises:
        UserError: it is not, or the metric's function failed.
    """
    if metric.compute is not None:
        return float(metric.compute(sample.sums())[0])
    assert metric.own is not None
    try:
        found = float(metric.own(sample.scored))
    except MemoryError:  # of this machine
        raise
    except Exception as error:
        raise UserError(
            f"your metric `{metric.title}` failed: {type(error).__name__}: {error}; mend its "
            "function in metrics.py."
        ) from error
    if not math.isfinite(found):
        raise UserError(
            f"your metric `{metric.title}` gave {found}, not a number; mend its function in "
            "metrics.py."
        )
    return found


def find(metric: str, classes: Sequence[str] = (), target: str = "") -> Metric:
    """Return the metric of a name such as `accuracy` or, of one class, `recall[cat]`.

    Args:
        metric: the name.
        classes: their names, where one of them may be named.
        target: what an answer is, as params.yaml has it; "" where the metric is known to fit.

    Raises:
        UserError: there is none of that name, or no such class; the message suggests one.
    """
    known = metrics_of(target) if target else METRICS
    if metric in known:
        return known[metric]
    named = re.fullmatch(r"(\w+)\[(.+)\]", metric)
    if named and named[1] in OF_CLASS and target in ("", *OF_CLASS[named[1]](0).targets):
        if named[2] in classes:
            return OF_CLASS[named[1]](list(classes).index(named[2]))
        shown = ", ".join(list(classes)[:20]) + (", ..." if len(classes) > 20 else "")
        raise UserError(f"`{metric}` names a class that is not there; the classes are {shown}.")
    plain = str(metric).lower().replace("-", "_").replace(" ", "_")
    of_class = [f"{name}[class]" for name in OF_CLASS] if classes else []
    names = [*known, *of_class]
    near = difflib.get_close_matches(plain, names, n=1, cutoff=0.3)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    of_this = f" of {spoken(target)}" if metric in METRICS or named else ""
    words = f"unknown metric{of_this} `{metric}`: choose one of {', '.join(names)}"
    raise UserError(f"{words}{hint or '.'}")


def rounded(found: float, decimals: int = DECIMALS) -> float:
    """Return a figure with the decimals that every file here has; never a negative zero."""
    return round(float(found), decimals) + 0.0


def decimals_of(sample: Sample, seen: float, *ends: float) -> int:
    """Return how many decimals tell a figure of a sample and the ends of its interval.

    Six of shares. What has the unit of the data may be of any size: there the largest of the three
    has nine digits, or some more, where that is an end and the figure itself would get lost.
    """
    if sample.share:
        return DECIMALS
    largest = decimals_for(max(map(abs, (seen, *ends))))
    return min(decimals_for(seen), largest + MORE) if seen else largest


def decimals_for(size: float, digits: int = DIGITS) -> int:
    """Return the decimals of a number of this size that has so many digits."""
    exponent = int(f"{size:e}".partition("e")[2]) if size and math.isfinite(size) else 0
    return min(digits - 1 - exponent, MOST_DECIMALS)
