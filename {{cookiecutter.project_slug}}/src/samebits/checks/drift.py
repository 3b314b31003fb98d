"""Statistics of the examples, such as brightness, size and length, and their drift since a release.

data/reference.json holds the statistics of the two latest releases, the latest last: data that is
itself a release is compared with the one before. `write_reference` adds the statistics of
reports/data.json at each release; before the first, the file holds [] and there is no drift.
"""

import math
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..console.errors import UserError
from ..core.files import read_json, write_json
from ..core.sections import Data
from ..data.findings import DataFinding
from .columns import Columns

FILE = Path("data/reference.json")
BINS = {"brightness": 20, "size": 40}
RULES = {"brightness": "brightness-drift", "size": "size-drift"}
NUMBERS, CATEGORIES, VALUES = "numbers", "categories", "value-drift"
# Facts that have a rule of their own, or that are about the file only.
OWN = frozenset(("width", "height", "brightness", "lost", "more", "used"))
PARTS = 8  # of the binary mantissa: the bins of numbers, four from 1 to 2
MOST = 100  # categories of a column with a count of their own; the others are counted together

# For images "brightness" and "size"; for other facts and for columns "numbers" and "categories".
Statistics = dict[str, Any]
# {"version": its number, "data": DVC's hash of data/raw, "statistics": Statistics}
Release = dict[str, Any]


def statistics(database: sqlite3.Connection, columns: Columns) -> Statistics:
    """Count the examples of the view `examples` by their facts and columns.

    Returns:
        What the examples have of: "brightness": 20 counts, in equal bins from black to white;
        "size": 40 counts by the area in pixels, the n-th for areas from 2**n up to 2**(n+1);
        other facts and columns, as "numbers" and "categories", by name, {start of a bin: count}.
    """
    counts: Statistics = {kind: [0] * bins for kind, bins in BINS.items()}
    query = """SELECT min(CAST(brightness * :bins AS INTEGER), :bins - 1), count(*)
               FROM examples WHERE brightness IS NOT NULL GROUP BY 1"""
    for place, count in database.execute(query, {"bins": BINS["brightness"]}):
        counts["brightness"][place] += count
    query = "SELECT width * height, count(*) FROM examples WHERE width > 0 GROUP BY 1"
    for area, count in database.execute(query):
        # Not math.log2, whose last bit differs between machines.
        counts["size"][min(int(area).bit_length(), BINS["size"]) - 1] += count
    return {kind: bins for kind, bins in counts.items() if any(bins)} | _of_values(
        database, columns
    )


def _of_values(database: sqlite3.Connection, columns: Columns) -> Statistics:
    numbers = defaultdict[str, Counter[str]](Counter)
    query = """SELECT key, value, count(*) FROM files, json_each(facts)
               WHERE problem = '' AND json_each.type IN ('integer', 'real') GROUP BY 1, 2"""
    for name, value, count in database.execute(query):
        if name not in OWN:
            numbers[f"fact {name}"][_step(value)] += count
    categories = dict[str, Counter[str]]()
    for name, (values, there) in columns.items():
        counts = Counter(values[there].tolist())
        if values.dtype.kind == "f":
            for value, count in counts.items():
                numbers[f"column {name}"][_step(value)] += count
        else:
            known = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            others = {"": rest} if (rest := sum(count for _, count in known[MOST:])) else {}
            categories[f"column {name}"] = Counter(
                {str(value): count for value, count in known[:MOST]} | others
            )
    counted = {
        NUMBERS: {
            name: dict(sorted(counts.items(), key=lambda item: float(item[0])))
            for name, counts in sorted(numbers.items())
        },
        CATEGORIES: {
            name: dict(sorted(counts.items())) for name, counts in sorted(categories.items())
        },
    }
    return {kind: names for kind, names in counted.items() if names}


def _step(value: float) -> str:
    """Return the end nearer to zero of the bin of a number, exactly."""
    part, power = math.frexp(value)
    return str(math.ldexp(math.trunc(part * PARTS) / PARTS, power))


def distance(before: list[int], now: list[int]) -> float:
    """Return the largest difference between the two cumulative shares, 0 to 1.

    This is the Kolmogorov-Smirnov statistic on binned values.
    """
    totals = sum(before), sum(now)
    if not all(totals):
        return 0.0
    below, most = [0, 0], 0
    for counts in zip(before, now, strict=True):
        below = [sum(pair) for pair in zip(below, counts, strict=True)]
        most = max(most, abs(below[0] * totals[1] - below[1] * totals[0]))
    return most / math.prod(totals)


def _apart(kind: str, before: Mapping[str, int], now: Mapping[str, int]) -> float:
    """Return the share of examples that moved: `distance` for numbers, the total for categories."""
    names = sorted({*before, *now}, key=float if kind == NUMBERS else None)
    counts = [[bins.get(name, 0) for name in names] for bins in (before, now)]
    if kind == NUMBERS:
        return distance(*counts)
    totals = sum(counts[0]), sum(counts[1])
    if not all(totals):
        return 0.0
    moved = sum(abs(a * totals[1] - b * totals[0]) for a, b in zip(*counts, strict=True))
    return float(moved / (2 * math.prod(totals)))


def drift_findings(now: Statistics, before: Release | None, data: Data) -> Iterator[DataFinding]:
    """Yield a finding for each statistic that has moved further than `data.drift`."""
    if before is None:
        return
    for kind, rule, moved in _moves(now, before["statistics"]):
        if moved > data.drift:
            words = (
                f"{kind}: {100 * moved:.1f} % of the examples have moved since data version "
                f"{before['version']}, more than data.drift, {100 * data.drift:g} %; check whether "
                "the new ones were collected differently."
            )
            yield DataFinding(rule, words)


def _moves(now: Statistics, before: Statistics) -> Iterator[tuple[str, str, float]]:
    """Yield each statistic's name, rule and distance; a new statistic has not moved."""
    for kind, rule in RULES.items():
        if kind in before and kind in now:
            yield kind, rule, distance(before[kind], now[kind])
    for kind in (NUMBERS, CATEGORIES):
        known = before.get(kind, {})
        for name, counts in now.get(kind, {}).items():
            if name in known:
                yield name, VALUES, _apart(kind, known[name], counts)


def last_release(path: Path, content: str) -> Release | None:
    """Return the latest release of data other than `content` (DVC's hash), if there is one.

    Raises:
        UserError: the file at `path` is not what `write_reference` writes.
    """
    others = [release for release in _releases(path) if release["data"] != content]
    return others[-1] if others else None


def write_reference(report: Path, version: str, path: Path = FILE) -> None:
    """Add the data described by `report` (reports/data.json) to the releases in the file `path`.

    Args:
        report: what `validate` wrote about the released data.
        version: the number of the release.
        path: the file that keeps the two latest.

    Raises:
        UserError: a file is missing or malformed.
    """
    try:
        content = read_json(report.read_text(encoding="utf-8"))
        data, statistics = content["version"], content["statistics"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise UserError(
            f"{report.as_posix()} is not what the validate stage writes; run 'dvc repro validate'."
        ) from None
    before = last_release(path, data)
    latest = {"version": version, "data": data, "statistics": statistics}
    write_json(path, [*([before] if before else []), latest])


def _releases(path: Path) -> list[Release]:
    try:
        content = read_json(path.read_text(encoding="utf-8"))
        for release in content:
            for kind, bins in BINS.items():
                counts = release["statistics"].get(kind, [1] * bins)
                if len(counts) != bins:
                    raise ValueError
                distance(counts, counts)
            for kind in (NUMBERS, CATEGORIES):
                for counts in release["statistics"].get(kind, {}).values():
                    _apart(kind, counts, counts)
            if not isinstance(release["version"], str) or not isinstance(release["data"], str):
                raise ValueError
        return list(content)
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(
            f"{path.as_posix()} is not what a release writes; restore it from Git."
        ) from None
