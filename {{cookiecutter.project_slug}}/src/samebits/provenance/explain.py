"""Explain what differs between two commits or experiments, and what that changed.

Git has what each is made of: code, data, params, pins. dvc.lock has the results, the record in
provenance/ where they were made; the cache or a remote has the losses and the score.

Run: samebits explain A B
"""

import csv
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from operator import eq

from ..audit.requirements import locked
from ..core.files import read_json
from ..core.seals import path_of
from ..core.yours import examples_name
from ..programs import git
from ..remote.revisions import LOSSES, Revision, entries, same_value
from .differences import RecordDifference, causes, compare, loss

# Names with what to say of them, for each thing that may change or move.
Rows = list[tuple[str, str]]
PINS, METRICS = "requirements/runtime.lock", "reports/metrics.json"
SPLITS = ("train", "train_dev", "dev", "test")
SOFTWARE = ("machine.python", "machine.torch", "machine.torch_parts")
PLACES = ("machine", "environment", "overridden", "processes")
FEW = 3


def main(given: Namespace) -> None:
    """Print what differs between A and B, and what that moved."""
    sys.stdout.write(f"{explanation(Revision.find(given.A), Revision.find(given.B))}\n")


def explanation(a: Revision, b: Revision) -> str:
    """Return what differs between two revisions, and what that moved, as aligned text.

    Raises:
        UserError: a revision has no usable dvc.lock or params.yaml.
    """
    changed, moved = differing(a, b), _moved(a, b)
    lines = [_title("A", a), _title("B", b), ""]
    if not moved and not any(changed.values()):
        lines += ["Nothing differs: same code, data, params and environment, same outputs."]
    else:
        hidden = None in (a.record(), b.record())
        shown = changed | ({"hardware": [("not known", "")]} if hidden else {})
        lines += ["what changed, A -> B", *_aligned(shown), ""]
        lines += ["what that moved", *(_aligned(moved) or ["  nothing: all outputs are the same"])]
    if moved and not any(changed.values()):
        lines += ["", "No change explains what moved; run 'make verify' in both."]
    notes = [*_notes("A", a), *_notes("B", b)]
    return "\n".join([*lines, *([""] if notes else []), *notes])


def differing(a: Revision, b: Revision) -> dict[str, Rows]:
    """Return what differs in code, data, params, environment and hardware, each as rows."""
    old, new = a.record(), b.record()
    ran = causes(old, new) if old and new else []
    software = [cause for cause in ran if cause.key in SOFTWARE]
    hardware = [cause for cause in ran if cause.key.startswith(PLACES) and cause not in software]
    return {
        "code": _code(a, b),
        "data": _changes(_data(a), _data(b)) + _split(a, b),
        "params": _changes(a.params(), b.params(), same_value, absent="unset"),
        "environment": _pins(a, b) + _shown(software),
        "hardware": _shown(hardware),
    }


def _moved(a: Revision, b: Revision) -> dict[str, Rows]:
    moved: dict[str, Rows] = {}
    for row in compare(a.lock, b.lock):
        # A seal differs if an input does, which is listed above.
        if not row.same and row.path != path_of(row.stage):
            sides = [row.path in entries(side.lock, row.stage, "outs") for side in (a, b)]
            how = "" if all(sides) else "added" if sides[1] else "removed"
            moved.setdefault(row.stage, []).append((row.path, how))
    if any(path == LOSSES for rows in moved.values() for path, _ in rows):
        moved["loss"] = [("first to differ", loss(a.losses(), b.losses()))]
    if moved:
        moved["score"] = [_score(a, b)]
    return moved


def _code(a: Revision, b: Revision) -> Rows:
    old, new = (side.files("src", "dvc.yaml") for side in (a, b))
    rows = []
    for path in sorted(path for path in old | new if old.get(path) != new.get(path)):
        how = "added" if path not in old else "removed" if path not in new else "changed"
        stages = [
            stage
            for stage in dict.fromkeys([*a.lock["stages"], *b.lock["stages"]])
            if any(path in entries(side.lock, stage, "deps") for side in (a, b))
        ]
        where = f"enters {', '.join(stages)}" if stages else "no stage depends on it"
        rows.append((path, how if path == "dvc.yaml" else f"{how}; {where}"))
    return rows


def _data(revision: Revision) -> dict[str, str]:
    """The release, version and number of files of the data that each .dvc file tracks."""
    versions = {}
    release = _release(revision)
    for path, out in revision.pointed().items():
        count = f" ({out['nfiles']} files)" if "nfiles" in out else ""
        version = out.get("md5", "no version")
        named = f"{release['release']}, " if release.get("version") == version else ""
        versions[path] = f"{named}{version[:12]}{count}"
    return versions


def _release(revision: Revision) -> dict[str, str]:
    """The content of data/release.json, {} if it is missing or damaged."""
    try:
        content = read_json(revision.text("data/release.json") or "{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _split(a: Revision, b: Revision) -> Rows:
    rows = []
    for split in SPLITS:
        old, new = _examples(a, split), _examples(b, split)
        if old is not None and new is not None and old != new:
            came, left = (new - old).total(), (old - new).total()
            counts = f"{old.total()} -> {new.total()} {examples_name()}"
            rows.append((split, f"{counts}: {came} came, {left} left"))
    return rows


def _examples(revision: Revision, split: str) -> Counter[str] | None:
    table = revision.output(f"data/prepared/{split}/examples.csv")
    if table is None:
        return None
    return Counter(row["md5"] for row in csv.DictReader(table.decode().splitlines()))


def _pins(a: Revision, b: Revision) -> Rows:
    rows = _changes(_versions(a), _versions(b))
    if not rows and a.text(PINS) != b.text(PINS):
        rows = [(PINS, "same versions, other hashes")]
    return rows


def _versions(revision: Revision) -> dict[str, str]:
    """The locked version of each package, and that of Python."""
    versions: dict[str, str] = {}
    for pin in locked(revision.text(PINS) or ""):
        # A package may be pinned twice, for different versions of Python.
        versions[pin.name] = (
            f"{versions[pin.name]} or {pin.version}" if pin.name in versions else pin.version
        )
    return versions | {"python": (revision.text(".python-version") or "not set").strip()}


def _score(a: Revision, b: Revision) -> tuple[str, str]:
    contents = [side.output(METRICS, fetch=True) for side in (a, b)]
    if None in contents:
        return "not known", f"one of the two {METRICS} is neither here nor on a remote"
    try:
        (before, old), (after, new) = map(_scored, contents)
    except (ValueError, KeyError, TypeError):
        return "not known", f"one of the two {METRICS} is damaged; run 'dvc repro -f evaluate'"
    if before != after:
        return "metric", f"{before} {old} -> {after} {new}"
    if old == new:
        return after, f"{new} in both"
    return after, f"{old} -> {new} ({new - old:+.6f})"


def _scored(content: bytes | None) -> tuple[str, float]:
    metrics = read_json(content or "")
    return str(metrics["metric"]), float(metrics["score"])


def _notes(side: str, revision: Revision) -> list[str]:
    """Notes on a missing record, and on a dvc.lock that is not current."""
    notes = []
    if revision.record() is None:
        notes += [f"{side}: the hardware is not known; provenance/train.json is of other outputs."]
    if stale := revision.stale():
        more = f" and {len(stale) - FEW} more" if len(stale) > FEW else ""
        about = f"{', '.join(stale[:FEW])}{more}"
        notes += [f"{side}: its outputs were made before a change of {about}; run 'dvc repro'."]
    return notes


def _changes(
    old: Mapping[str, str],
    new: Mapping[str, str],
    same: Callable[[str, str], bool] = eq,
    absent: str = "none",
) -> Rows:
    changes = []
    for name in sorted({*old, *new}):
        before, after = old.get(name, absent), new.get(name, absent)
        if not same(before, after):
            changes.append((name, f"{before} -> {after}"))
    return changes


def _shown(differences: Sequence[RecordDifference]) -> Rows:
    return [
        (difference.name, f"{difference.old} -> {difference.new}") for difference in differences
    ]


def _title(side: str, revision: Revision) -> str:
    about = git("log", "-1", "--format=%h  %cs  %s", revision.commit).stdout.strip()
    return f"{side}  {revision.name}  {about}"


def _aligned(parts: Mapping[str, Rows]) -> list[str]:
    rows = [(part, *row) for part in parts for row in parts[part] or [("nothing", "")]]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)] if rows else []
    lines, last = [], ""
    for part, name, text in rows:
        shown = part if part != last else ""
        lines.append(f"  {shown:<{widths[0]}}  {name:<{widths[1]}}  {text}".rstrip())
        last = part
    return lines
