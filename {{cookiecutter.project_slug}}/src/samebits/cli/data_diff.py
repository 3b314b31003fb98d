"""Say what differs between two versions of the data, in words and in examples.

Run: samebits data diff 1.0 1.1
"""

import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..console.aligned import aligned
from ..core.config import read
from ..core.files import write_bytes
from ..core.sections import CLASSED, Data
from ..core.yours import Yours, examples_name
from ..data.decoder import Decoder
from ..data.example import Unreadable
from ..report.looks import Look, drawing, look
from ..report.sheet import Shown, sheet, spread
from ..versions.changelog import by_class, summary
from ..versions.changes import Changes, Pair, Versioned, balance, changes, moves
from ..versions.released_data import Release
from ..versions.tags import find

REPORTS = Path("reports")
FEW = 5
See = Callable[[bytes], Look]  # from the content of a file to how it is shown
TITLES = {"added": "Added", "removed": "Removed", "relabelled": "Relabelled"}


def main(given: Namespace, yours: Yours) -> None:
    """Print what differs and write a sheet of examples."""
    a, b = find(given.A), find(given.B)
    data = read(Data)
    old, new = a.examples(), b.examples()
    changed = changes(old, new)
    timed = bool(a.reader.time or b.reader.time) or a.reader.group != b.reader.group
    target = a.target if a.target == b.target else ""
    examples = examples_name()
    told = described(
        *(a.name, b.name, old, new, changed, data, examples), timed=timed, target=target
    )
    sys.stdout.write(f"{told}\n")
    if changed.any():
        path = REPORTS / f"data-{a.name}-{b.name}.html"
        decode, show = Decoder.of(yours.data, data), drawing(yours.show)
        page = examples_page(a, b, changed, lambda content: look(*decode(content), show), examples)
        write_bytes(path, page.encode())
        sys.stdout.write(f"\n{examples.capitalize()}: {path.as_posix()}\n")


def described(
    a: str,
    b: str,
    old: Sequence[Versioned],
    new: Sequence[Versioned],
    changed: Changes,
    data: Data,
    examples: str = "examples",
    *,
    timed: bool = False,
    target: str = "class",
) -> str:
    """Return what differs between the versions named `a` and `b`, as text.

    It gives the number of examples by class if the `target` of both has classes. How the splits
    differ is unknown if they are `timed`, cut by a column of times, or if either has other groups.
    """
    parts = [
        summary(changed, a, examples),
        *(_few(kind, getattr(changed, kind)) for kind in changed._fields),
    ]
    if target in CLASSED:
        parts += ["by class", _balance(a, b, old, new, changed, target)]
    if not timed:
        parts += ["by split, as params.yaml has it", _moves(a, b, old, new, data)]
    else:
        parts += ["by split: unknown, because times or other groups decide the splits"]
    return "\n".join(part for part in parts if part)


def _few(kind: str, rows: Sequence[Versioned | Pair]) -> str:
    lines = [f"  {_name(row)}" for row in rows[:FEW]]
    more = [f"  and {len(rows) - FEW} more"] if len(rows) > FEW else []
    return "\n".join([kind, *lines, *more]) if rows else ""


def _name(row: Versioned | Pair) -> str:
    if isinstance(row, Versioned):
        return row.path
    old, new = row
    if old.path == new.path and old.md5 != new.md5:  # of an image, which is the same
        return f"{old.path}: another mask"
    if old.path == new.path:  # a correction changes the answer alone
        return f"{old.path}: {old.label} -> {new.label}"
    return f"{old.path} -> {new.path}"


def _balance(
    a: str,
    b: str,
    old: Sequence[Versioned],
    new: Sequence[Versioned],
    changed: Changes,
    target: str,
) -> str:
    before, after = balance(old, target), balance(new, target)
    rows = [["  class", a, "share", b, "share", "added", "removed", "to it", "from it"]]
    for label, count, *counts in by_class(after, changed)[:-1]:
        parts = (before.get(label, 0) / max(1, len(old)), int(count) / max(1, len(new)))
        shares = [f"{100 * part:.1f} %" for part in parts]
        rows.append([f"  {label}", str(before.get(label, 0)), shares[0], count, shares[1], *counts])
    return aligned(rows)


def _moves(a: str, b: str, old: Sequence[Versioned], new: Sequence[Versioned], data: Data) -> str:
    rows = [["  split", a, b, "came", "left"]]
    for split, row in moves(old, new, data).items():
        rows.append([f"  {split}", *map(str, row)])
    return aligned(rows)


def examples_page(
    a: Release, b: Release, changed: Changes, see: See, examples: str = "examples"
) -> str:
    """Return a page with examples of what was added, removed and relabelled, as HTML."""
    rows = {kind: _chosen(getattr(changed, kind), spread) for kind in TITLES}
    new = [_now(row) for kind in ("added", "relabelled") for row in rows[kind]]
    contents = a.contents([_now(row) for row in rows["removed"]]) | b.contents(new)
    parts = [
        (heading, len(getattr(changed, kind)), [_shown(row, contents, see) for row in rows[kind]])
        for kind, heading in TITLES.items()
        if rows[kind]
    ]
    shown = f"{examples.capitalize()} are shown as the network sees them."
    lead = f"{summary(changed, a.name, examples)} {shown}"
    return sheet(f"Data {a.name} → {b.name}", lead, parts, examples)


def _chosen(
    rows: Sequence[Versioned | Pair], spread: Callable[[int], list[int]]
) -> list[Versioned | Pair]:
    return [rows[number] for number in spread(len(rows))]


def _now(row: Versioned | Pair) -> Versioned:
    return row if isinstance(row, Versioned) else row[1]


def _shown(row: Versioned | Pair, contents: Mapping[Versioned, bytes], see: See) -> Shown:
    old, new = (row, row) if isinstance(row, Versioned) else row
    title = new.label if old.label == new.label else f"{old.label} → {new.label}"
    content = contents.get(new)
    try:
        seen = see(content) if content else None
    except Unreadable:  # an example may have been removed because no decoder can read it
        seen = None
    return Shown(seen, title, new.path)
