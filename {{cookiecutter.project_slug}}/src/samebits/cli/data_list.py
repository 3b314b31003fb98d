"""List the versions of the data, and which of them is in use here.

Run: samebits data list [--json]
"""

import json
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..console.aligned import aligned
from ..core.yours import examples_name
from ..data.raw_pointer import cut_off
from ..data.release_file import release_of
from ..versions.released_data import Release
from ..versions.tags import releases
from ..versions.working_data import RAW, state, working_version


def main(given: Namespace) -> None:
    """Print the table and one sentence on what is here."""
    known, version, now = releases(), working_version(), state()
    here = release_of(version) if version else None
    if given.json:
        sys.stdout.write(f"{json.dumps(listed(known, version, here, now), indent=2)}\n")
        return
    if known:
        sys.stdout.write(
            f"{table(known, None if now == 'modified' else here, examples_name())}\n\n"
        )
    sys.stdout.write(f"{said(known, version, here, now)}\n")
    if name := cut_off():
        sys.stdout.write(f"'samebits data checkout {name}' was cut off; run it again.\n")


def listed(
    known: Sequence[Release], version: str | None, here: str | None, state: str
) -> dict[str, Any]:
    """Return `table` and `said` for programs; arguments are those of `said`."""
    rows = []
    for release in known:
        record = release.record
        rows.append(
            {"name": release.name, "date": release.date, **(asdict(record) if record else {})}
        )
    return {"versions": rows, "here": {"version": version, "release": here, "state": state}}


def table(known: Sequence[Release], here: str | None, examples: str = "examples") -> str:
    """Return a row for each release, with a star before the one that is in use."""
    rows = [("", "version", "date", examples, "classes", "note")]
    for release in known:
        record = release.record
        counts = _counts(record.classes) if record else ("?", "?")
        star = "*" if release.name == here else ""
        rows.append((star, release.name, release.date, *counts, record.note if record else ""))
    return aligned(rows, left=(0, 1, 2, 5))


def _counts(classes: Mapping[str, int]) -> tuple[str, str]:
    """The number of examples and of classes; numbers have no classes."""
    if "" not in classes:
        return str(sum(classes.values())), str(len(classes))
    return str(classes[""]), str(len(classes) - 1) if len(classes) > 1 else "-"


def said(known: Sequence[Release], version: str | None, here: str | None, state: str) -> str:
    """Return what is in data/raw, in one sentence.

    Args:
        known: all releases.
        version: the hash in data/raw.dvc, None if there is no such file.
        here: the release that is here, None if it is not a release.
        state: DVC's state of data/raw, as from `versions.state`.
    """
    pointed = f"version {here}" if here else f"no version ({str(version)[:12]})"
    if state == "deleted":
        named = f"; data/raw.dvc names {pointed}" if version else ""
        return f"{RAW.as_posix()} is not here{named}."
    if state == "modified" and version:
        return (
            f"The data here is not that of {here or str(version)[:12]}, which data/raw.dvc "
            "names: it was changed, or came with another commit."
        )
    if here:
        return f"The data here is {pointed}."
    last = f" The last version is {known[-1].name}." if known else ""
    return f"This data has no version; 'samebits data release' makes one.{last}"
