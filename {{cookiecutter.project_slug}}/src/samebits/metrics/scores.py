"""The value of a metric, and the metric of a name."""

import difflib
import math
import re
from collections.abc import Sequence

from ..console.errors import UserError
from .registry import METRICS, OF_CLASS, Metric
from .sample import Sample

DECIMALS = 6  # coarser than the last bits, in which two CPUs' logarithms may differ


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


def find(metric: str, classes: Sequence[str] = ()) -> Metric:
    """Return the metric of a name such as `accuracy` or, of one class, `recall[cat]`.

    Raises:
        UserError: there is none of that name, or no such class; the message suggests one. Or an own
            metric could not be entered.
    """
    if metric in METRICS:
        return METRICS[metric]
    named = re.fullmatch(r"(\w+)\[(.+)\]", metric)
    if named and named[1] in OF_CLASS:
        if named[2] in classes:
            return OF_CLASS[named[1]](list(classes).index(named[2]))
        shown = ", ".join(list(classes)[:20]) + (", ..." if len(classes) > 20 else "")
        raise UserError(f"`{metric}` names a class that is not there; the classes are {shown}.")
    plain = str(metric).lower().replace("-", "_").replace(" ", "_")
    of_class = [f"{name}[class]" for name in OF_CLASS] if classes else []
    names = [*METRICS, *of_class]
    near = difflib.get_close_matches(plain, names, n=1, cutoff=0.3)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    raise UserError(f"unknown metric `{metric}`: choose one of {', '.join(names)}{hint or '.'}")


def rounded(found: float) -> float:
    """Return a figure with the six decimals that every file here has; never a negative zero."""
    return round(float(found), DECIMALS) + 0.0
