"""How bright and how large the examples are, and how that has moved since the last release.

data/reference.json holds the figures of the two latest releases, the latest at the end: of data
that are released themselves the one before is the last. `write_reference` adds those of
reports/data.json when the data are released; until then it holds [] and nothing has drifted.
"""

import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..console.errors import UserError
from ..core.files import read_json, write_json
from ..core.sections import Data
from ..data.findings import Finding

FILE = Path("data/reference.json")
BINS = {"brightness": 20, "size": 40}
RULES = {"brightness": "brightness-drift", "size": "size-drift"}

Statistics = dict[str, list[int]]
# {"version": its number, "data": DVC's hash of data/raw, "statistics": Statistics}
Release = dict[str, Any]


def statistics(database: sqlite3.Connection) -> Statistics:
    """Count the examples of the view `examples` by brightness and by size, where these are facts.

    Returns:
        "brightness": 20 counts, in equal steps from black to white. "size": 40 counts by the area
        in pixels, the n-th of those from 2**n up to 2**(n+1).
    """
    counts: Statistics = {kind: [0] * bins for kind, bins in BINS.items()}
    query = """SELECT min(CAST(brightness * :bins AS INTEGER), :bins - 1), count(*)
               FROM examples WHERE brightness IS NOT NULL GROUP BY 1"""
    for place, count in database.execute(query, {"bins": BINS["brightness"]}):
        counts["brightness"][place] += count
    query = "SELECT width * height, count(*) FROM examples WHERE width > 0 GROUP BY 1"
    for area, count in database.execute(query):
        # Not by a logarithm, whose last bit differs between machines.
        counts["size"][min(int(area).bit_length(), BINS["size"]) - 1] += count
    return counts


def distance(before: list[int], now: list[int]) -> float:
    """Return the largest difference between the two cumulative shares, 0 to 1.

    Source: the statistic of Kolmogorov and Smirnov, on binned values.
    """
    totals = sum(before), sum(now)
    if not all(totals):
        return 0.0
    below, most = [0, 0], 0
    for counts in zip(before, now, strict=True):
        below = [sum(pair) for pair in zip(below, counts, strict=True)]
        most = max(most, abs(below[0] * totals[1] - below[1] * totals[0]))
    return most / math.prod(totals)


def drift_findings(now: Statistics, before: Release | None, data: Data) -> Iterator[Finding]:
    """Yield a finding for each statistic that has moved further than `data.drift`."""
    if before is None:
        return
    for kind, rule in RULES.items():
        moved = distance(before["statistics"][kind], now[kind])
        if moved > data.drift:
            words = (
                f"{kind} of the examples: {100 * moved:.1f} % of them have moved since data "
                f"version {before['version']}, more than data.drift, {100 * data.drift:g} %; "
                "see whether the new ones were taken in another way."
            )
            yield Finding(rule, words)


def last_release(path: Path, content: str) -> Release | None:
    """Return the latest release of other data than those that DVC calls `content`, if any.

    Raises:
        UserError: the file at `path` is not what `write_reference` writes.
    """
    others = [one for one in _releases(path) if one["data"] != content]
    return others[-1] if others else None


def write_reference(report: Path, version: str, path: Path = FILE) -> None:
    """Add the data that `report` (reports/data.json) describes to the releases in the file `path`.

    Args:
        report: what `validate` has written of the data that are released.
        version: the number of the release.
        path: the file that keeps the two latest.

    Raises:
        UserError: a file is not there, or is not what it should be.
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
        for one in content:
            for kind, bins in BINS.items():
                distance(one["statistics"][kind], [1] * bins)
            if not isinstance(one["version"], str) or not isinstance(one["data"], str):
                raise ValueError
        return list(content)
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError):
        raise UserError(
            f"{path.as_posix()} is not what a release writes; restore it from Git."
        ) from None
