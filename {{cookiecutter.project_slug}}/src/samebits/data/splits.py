"""The split of an example: a function of its content and its name alone.

So an example stays in its split when others come or go, in any order, and copies of an example are
never on two sides. The order of the splits is that of the chain of assumptions: `train`,
`train_dev` (the same source, not trained on), `dev` and `test` (both from the target). Examples
that are neither evaluated nor learnt from are in no split.

If `task.time` names a time, the latest examples are test and those before them dev, because in use
a model meets later examples than it learnt from. Then newer examples move older ones.
"""

import hashlib
import math
import re
import signal
import threading
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from ..console.errors import UserError
from ..core.sections import Data
from .source import Source

SPLITS = ("train", "train_dev", "dev", "test")
LEFT_OUT = "left out"
PATIENCE = 5.0  # seconds per path


def group_of(source: Source, data: Data) -> str:
    """Return the group of an example, or "".

    A table names it, or the expression `data.group` matches it in the path below data/raw: by its
    own groups if it has any, otherwise by the whole match.
    """
    match = _search(data.group, source.path) if data.group else None
    if match is None:
        return source.group
    return "/".join(part or "" for part in match.groups()) or match.group()


def _search(expression: str, path: str) -> "re.Match[str] | None":
    """Search, but not forever: some expressions, such as (a+)+b, take longer than a lifetime.

    Raises:
        UserError: it took more than `PATIENCE` seconds, on systems with timers.
    """
    alarm = getattr(signal, "setitimer", None)
    if alarm is None or threading.current_thread() is not threading.main_thread():
        return re.search(expression, path)

    def stop(*_: object) -> None:
        raise UserError(
            f"data.group in params.yaml, '{expression}', takes too long to match against {path!r}; "
            "avoid nested repeats such as (a+)+."
        )

    before = signal.signal(signal.SIGALRM, stop)
    alarm(signal.ITIMER_REAL, PATIENCE)
    try:
        return re.search(expression, path)
    finally:
        alarm(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Cut(NamedTuple):
    """The times from which examples belong to dev, and to test."""

    dev: float
    test: float


def is_target(path: str, data: Data) -> bool:
    """Whether the example at `path` is from the target, as dev and test are."""
    return not data.evaluate_on or fnmatchcase(path, data.evaluate_on)


def cut_of(times: Sequence[float], data: Data) -> Cut | None:
    """Return where to cut the sorted times of examples from the target; None without times.

    Equal times stay on one side, so dev and test may be larger than their fractions.
    """

    if not times:
        return None
    latest = round(data.test_fraction * len(times))
    test = times[-latest] if latest else math.inf
    before = [time for time in times if time < test]
    latest = round(data.dev_fraction * len(times))
    dev = before[-min(latest, len(before))] if latest and before else test
    return Cut(dev, test)


def split_of(
    path: str, md5: str, group: str, data: Data, time: float | None = None, cut: Cut | None = None
) -> str:
    """Return the split of the example at `path` below data/raw whose content has this MD5.

    A `group` decides instead of the content. The split is one of SPLITS, or LEFT_OUT for examples
    that `data.train_on` or `data.train_fraction` keeps from training. Test is cut first, so another
    dev_fraction or train_dev_fraction does not change it. With a `cut`, its time decides between
    dev, test and the others.
    """
    unit = _unit(group, "group") if group else int(md5[:13], 16) / 16**13
    if cut and time is not None:
        if time >= cut.dev:
            # Training on other examples as late as these would leak what is to be predicted.
            late = "test" if time >= cut.test else "dev"
            return late if is_target(path, data) else LEFT_OUT
    elif is_target(path, data):
        if unit < data.test_fraction:
            return "test"
        if unit < data.test_fraction + data.dev_fraction:
            return "dev"
    if data.train_on and not fnmatchcase(path, data.train_on):
        return LEFT_OUT
    # A separate draw, so that train-dev stays when the fractions of dev and test change.
    if _unit(group or md5, "train-dev") < data.train_dev_fraction:
        return "train_dev"
    # Another draw, the same for every fraction: a larger fraction keeps all of a smaller one.
    return "train" if _unit(group or md5, "train") < data.train_fraction else LEFT_OUT


def _unit(text: str, purpose: str) -> float:
    """Return a number in [0, 1) that follows from the text and the purpose."""
    return int(hashlib.sha256(f"{purpose}/{text}".encode()).hexdigest()[:13], 16) / 16**13
