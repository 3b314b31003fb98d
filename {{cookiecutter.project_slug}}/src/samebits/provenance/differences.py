"""The differences between two runs: outputs, the loss of each step, and possible causes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from ..console.colour import GREEN, RED, coloured
from ..remote.revisions import Lock, Record, entries, flat

# The parts of a record of provenance, likeliest cause first: the settings, the software, the code
# and data, then the machine from the processor outwards. Other parts rank just before the last.
PARAMS = "identity.params"
LIKELIEST = (
    f"{PARAMS}.reproducibility.level",
    f"{PARAMS}.reproducibility.seed",
    f"{PARAMS}.reproducibility.device",
    f"{PARAMS}.reproducibility.shards",
    PARAMS,
    f"{PARAMS}.reproducibility.threads",
    "machine.threads",
    "identity.lock",
    "machine.torch",
    "machine.torch_parts",
    "machine.python",
    "identity.code",
    "identity.data",
    "identity.examples",
    "identity.inputs",
    "overridden",
    "environment",
    "machine.processor",
    "machine.flags",
    "machine.architecture",
    "machine.libc",
    "machine.system",
    "machine.distribution",
    "machine.kernel",
    "machine.gpus",
    "machine.driver",
    "machine.processors",
    "machine.memory",
    "processes",
)
# Parts that describe a run and cause nothing.
LABELS = ("stage", "started", "seconds", "git", "outputs")
NAMES = {
    "identity.lock": "requirements/runtime.lock",
    "identity.code": "code of the stage",
    "identity.data": "version of the data",
    "identity.examples": "prepared examples",
    "identity.inputs": "other inputs",
    "machine.threads": "threads in use",
    "machine.torch_parts": "parts of torch",
}
SHOWN, WIDEST = 6, 80


@dataclass(frozen=True, slots=True)
class Comparison:
    """One output of one stage, and whether two runs gave it the same bytes."""

    stage: str
    path: str
    same: bool


@dataclass(frozen=True, slots=True)
class RecordDifference:
    """A difference between two records of provenance: its key, and both values as text."""

    key: str
    old: str
    new: str

    @property
    def name(self) -> str:
        """Its name for people."""
        if self.key.startswith("overridden."):
            return f"{self.key.partition('.')[2]} of the shell"
        parts = ("identity.params.", "machine.", "environment.")
        short = next((self.key.removeprefix(p) for p in parts if self.key.startswith(p)), self.key)
        return NAMES.get(self.key, short)


def compare(expected: Lock, actual: Lock) -> list[Comparison]:
    """Compare the hashes of every output in two versions of dvc.lock, in the pipeline's order."""
    rows = []
    for stage in _pipeline(expected, actual):
        before, after = entries(expected, stage, "outs"), entries(actual, stage, "outs")
        for path in sorted(before.keys() | after.keys()):
            same = path in before and before.get(path) == after.get(path)
            rows.append(Comparison(stage, path, same))
    return rows


def table(rows: Sequence[Comparison]) -> str:
    """Return the comparison as text, with a line for each output."""
    width = max(len(row.path) for row in rows)
    same, different = coloured("same", GREEN), coloured("DIFFERENT", RED)
    return "\n".join(
        f"  {row.stage:<10} {row.path:<{width}}  {same if row.same else different}" for row in rows
    )


def loss(old: str | None, new: str | None) -> str:
    """Return the first step whose loss differs in any bit, with both losses, as text.

    Args:
        old: a content of reports/losses.csv, whose digits hold each float32 exactly; None if it is
            not available.
        new: another.
    """
    if old is None or new is None:
        return "not known: one of the two reports/losses.csv is neither here nor on a remote"
    before, after = (text.splitlines()[1:] for text in (old, new))
    for first, second in zip_longest(before, after, fillvalue=""):
        if first != second:
            step = (first or second).partition(",")[0]
            values = [row.partition(",")[2] or "none" for row in (first, second)]
            return f"step {step}: {values[0]} -> {values[1]}"
    return f"no step: all {len(before)} losses have the same bits"


def causes(old: Record, new: Record) -> list[RecordDifference]:
    """Return the differences between two records of provenance, likeliest cause first."""
    before, after = flat(_facts(old)), flat(_facts(new))
    keys = [key for key in before | after if before.get(key) != after.get(key)]
    values = ((key, before.get(key), after.get(key)) for key in sorted(keys, key=_rank))
    return [RecordDifference(key, *_shown(key, old, new)) for key, old, new in values]


def _pipeline(expected: Lock, actual: Lock) -> list[str]:
    """The stages in order of dependencies; dvc.lock keeps the order of first runs."""
    locks = {name: lock for lock in (actual, expected) for name in lock["stages"]}
    ordered: list[str] = []
    visited = set[str]()

    def visit(name: str) -> None:
        if name in visited:
            return
        visited.add(name)
        needed = entries(locks[name], name, "deps")
        for other, lock in locks.items():
            made = entries(lock, other, "outs")
            if any(_overlap(need, output) for need in needed for output in made):
                visit(other)
        ordered.append(name)

    for name in [*expected["stages"], *actual["stages"]]:
        visit(name)
    return ordered


def _overlap(path: str, other: str) -> bool:
    return path == other or path.startswith(f"{other}/") or other.startswith(f"{path}/")


def _facts(record: Record) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in LABELS}


def _rank(key: str) -> tuple[int, str]:
    fits = [part for part in LIKELIEST if key == part or key.startswith(f"{part}.")]
    # The longest match: `threads` has a rank of its own among the params.
    return LIKELIEST.index(max(fits, key=len, default=LIKELIEST[-1])), key


def _shown(key: str, old: Any, new: Any) -> tuple[str, str]:
    before, after = _parts(key, old), _parts(key, new)
    if before is None or after is None:
        return _plain(old), _plain(new)
    # Of a hundred flags, show only those that one side has and the other lacks.
    return _some(before, after), _some(after, before)


def _parts(key: str, value: Any) -> list[str] | None:
    if isinstance(value, list):
        return [str(part) for part in value]
    return value.split() if key == "machine.flags" and isinstance(value, str) else None


def _some(parts: Sequence[str], others: Sequence[str]) -> str:
    own = [part for part in parts if part not in set(others)]
    more = f" and {len(own) - SHOWN} more" if len(own) > SHOWN else ""
    return ", ".join(own[:SHOWN]) + more if own else "no others"


def _plain(value: Any) -> str:
    text = "none" if value is None else str(value)
    text = text[:12] if re.fullmatch(r"[0-9a-f]{32,}(\.dir)?", text) else text
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}..."
