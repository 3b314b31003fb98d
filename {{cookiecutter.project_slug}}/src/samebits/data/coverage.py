"""Checks, before anything learns, that every split has examples, and examples of every class.

The split of an example follows from its content alone, or from its time (splits.py), so a split may
lack a small class. The splits do not move for that; more examples are the remedy.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ..core.sections import Data
from .findings import DataFinding, shown
from .splits import LEFT_OUT, SPLITS

UNLIKELY = 0.01  # the chance that a split gets none of the further examples

# (split, class or "") → examples
Counts = Mapping[tuple[str, str], int]


def coverage_findings(
    counts: Counts, data: Data, timed: bool = False, grouped: bool = False
) -> Iterator[DataFinding]:
    """Yield a finding for each empty split, otherwise for each class that train, dev or test lacks.

    Args:
        counts: the examples of each split and class.
        data: how they are split.
        timed: they are split by their times, so chance plays no part.
        grouped: whole groups share a split.
    """
    known = Counter[str]()
    for (split, _), count in counts.items():
        known[split] += count
    empty = [split for split in SPLITS if not known[split]]
    classes = sorted({label for _, label in counts} - {""})
    for split in empty if known else ():
        which = "no group of examples" if grouped else "no example"
        yield DataFinding("empty-split", f"{which} falls into {split}; {_remedy(split, data)}.")
    for label in classes if not empty else ():
        if not counts.get(("train", label)):
            yield _lacking("unlearnt-class", label, ["train"], counts, data, timed, grouped)
        unseen = [split for split in ("dev", "test") if not counts.get((split, label))]
        if unseen:
            yield _lacking("unseen-class", label, unseen, counts, data, timed, grouped)


def _lacking(
    rule: str,
    label: str,
    splits: Sequence[str],
    counts: Counts,
    data: Data,
    timed: bool,
    grouped: bool,
) -> DataFinding:
    by_split = {split: counts.get((split, label), 0) for split in (*SPLITS, LEFT_OUT)}
    if not by_split[LEFT_OUT]:
        del by_split[LEFT_OUT]
    counted = ", ".join(f"{count} {split.replace('_', '-')}" for split, count in by_split.items())
    rarest = min(splits, key=lambda split: _share(split, data))
    more = math.ceil(math.log(UNLIKELY) / math.log(1 - _share(rarest, data)))
    kind = "groups of examples" if grouped else "examples"
    chance = f"about {more} more {kind} would make that unlikely, 1 %; "
    words = (
        f"{shown(label)} has no example in {' and '.join(splits)} (it has {counted}); "
        f"{'' if timed else chance}{_remedy(rarest, data)}"
    )
    accept = "" if rule == "unlearnt-class" else ", or accept it in data/accepted.csv"
    return DataFinding(rule, f"{words}{accept}.", classes=(label,))


def _share(split: str, data: Data) -> float:
    """The share of the examples from the target distribution that falls into a split."""
    if split in ("dev", "test"):
        return float(getattr(data, f"{split}_fraction"))
    learnt = 1 - data.dev_fraction - data.test_fraction
    return learnt * (1 - data.train_dev_fraction) * data.train_fraction


def _remedy(split: str, data: Data) -> str:
    """How to get more examples into a split."""
    if split != "train":
        key = "train_on" if split == "train_dev" else "evaluate_on"
        return f"add examples, or raise data.{split}_fraction{_widen(key, data)}"
    less = f", or raise data.train_fraction, {data.train_fraction:g}"
    more = less if data.train_fraction < 1 else ""
    return (
        f"add examples, or lower data.dev_fraction or test_fraction{more}{_widen('train_on', data)}"
    )


def _widen(key: str, data: Data) -> str:
    pattern = getattr(data, key)
    return f", or widen data.{key} '{pattern}'" if pattern else ""
