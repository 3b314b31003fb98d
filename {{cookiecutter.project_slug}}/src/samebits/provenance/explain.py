"""Explain what differs between two commits or experiments, and what that moved.

Git says what each is made of: code, data, params, pins. dvc.lock says what came of it, the record
in provenance/ where that was; the cache or a remote hold the losses and the score.

Run: python -m samebits explain A B
"""

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from operator import eq

from ..audit.requirements import locked
from ..core.files import read_json
from ..core.seals import path_of
from ..programs import git
from ..remote.revisions import LOSSES, Revision, entries, same_value
from .differences import Difference, causes, compare, loss

# A name and what is to say of it; a list of them for each thing that may change or move.
Rows = list[tuple[str, str]]
PINS, METRICS = "requirements/runtime.lock", "reports/metrics.json"
SPLITS = ("train", "train_dev", "dev", "test")
SOFTWARE = ("machine.python", "machine.torch", "machine.torch_parts")
PLACES = ("machine", "environment", "overridden", "processes")
FEW = 3


def main() -> None:
    """Print what differs between A and B, and what that moved."""
    parser = argparse.ArgumentParser(description="Explain what differs between two results.")
    parser.add_argument("A", help="a commit, tag, branch or DVC experiment")
    parser.add_argument("B", help="another")
    arguments = parser.parse_args()
    a, b = Revision.find(arguments.A), Revision.find(arguments.B)
    sys.stdout.write(f"{explanation(a, b)}\n")


def explanation(a: Revision, b: Revision) -> str:
    """Return what differs between two revisions, and what that moved, as aligned text.

    Raises:
        UserError: one of them has no usable dvc.lock or params.yaml.
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
    software = [one for one in ran if one.key in SOFTWARE]
    hardware = [one for one in ran if one.key.startswith(PLACES) and one not in software]
    return {
        "code": _code(a, b),
        "data": _changes(_data(a), _data(b)) + _split(a, b),
        "params": _changes(a.params(), b.params(), same_value, absent="unset"),
        "environment": _pins(a, b) + _shown(software),
        "hardware": _shown(hardware),
    }


def _moved(a: Revision, b: Revision) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    for row in compare(a.lock, b.lock):
        # A seal differs wherever an input does, and that is said above.
        if not row.same and row.path != path_of(row.stage):
            sides = [row.path in entries(one.lock, row.stage, "outs") for one in (a, b)]
            how = "" if all(sides) else "added" if sides[1] else "removed"
            found.setdefault(row.stage, []).append((row.path, how))
    if any(path == LOSSES for rows in found.values() for path, _ in rows):
        found["loss"] = [("first to differ", loss(a.losses(), b.losses()))]
    if found:
        found["score"] = [_score(a, b)]
    return found


def _code(a: Revision, b: Revision) -> Rows:
    old, new = (one.files("src", "dvc.yaml") for one in (a, b))
    rows = []
    for path in sorted(path for path in old | new if old.get(path) != new.get(path)):
        how = "added" if path not in old else "removed" if path not in new else "changed"
        stages = [
            stage
            for stage in dict.fromkeys([*a.lock["stages"], *b.lock["stages"]])
            if any(path in entries(one.lock, stage, "deps") for one in (a, b))
        ]
        where = f"enters {', '.join(stages)}" if stages else "no stage depends on it"
        rows.append((path, how if path == "dvc.yaml" else f"{how}; {where}"))
    return rows


def _data(revision: Revision) -> dict[str, str]:
    """The version and the number of files of whatever a .dvc file stands for, and its release."""
    found = {}
    release = _release(revision)
    for path, out in revision.pointed().items():
        count = f" ({out['nfiles']} files)" if "nfiles" in out else ""
        version = out.get("md5", "no version")
        named = f"{release['release']}, " if release.get("version") == version else ""
        found[path] = f"{named}{version[:12]}{count}"
    return found


def _release(revision: Revision) -> dict[str, str]:
    """What data/release.json says, where there is one that can be read."""
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
            numbers = f"{old.total()} -> {new.total()} examples: {came} came, {left} left"
            rows.append((split, numbers))
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
    found: dict[str, str] = {}
    for one in locked(revision.text(PINS) or ""):
        # A package may be there twice, for different versions of Python.
        found[one.name] = (
            f"{found[one.name]} or {one.version}" if one.name in found else one.version
        )
    return found | {"python": (revision.text(".python-version") or "not set").strip()}


def _score(a: Revision, b: Revision) -> tuple[str, str]:
    contents = [one.output(METRICS, fetch=True) for one in (a, b)]
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
    """What the rest does not say: where there is no record, and where dvc.lock is not current."""
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
    found = []
    for name in sorted({*old, *new}):
        before, after = old.get(name, absent), new.get(name, absent)
        if not same(before, after):
            found.append((name, f"{before} -> {after}"))
    return found


def _shown(found: Sequence[Difference]) -> Rows:
    return [(one.name, f"{one.old} -> {one.new}") for one in found]


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
