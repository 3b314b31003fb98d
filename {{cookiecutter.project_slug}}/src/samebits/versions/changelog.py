"""data/CHANGELOG.md: an entry for each release of the data, the latest first."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..data.release_file import Record
from .diff import Changes, classes_in

CHANGELOG = Path("data/CHANGELOG.md")
HEADER = (
    "# Changelog of the data\n\n"
    '`samebits data release 1.0 "..."` writes an entry for each version of the data.\n'
)
_START = "\n## "


def with_entry(text: str, entry: str) -> str:
    """Return a changelog with an entry above the others."""
    head, found, rest = (text or HEADER).partition(_START)
    return f"{head.rstrip()}\n{_START}{entry.rstrip()}\n{_START if found else ''}{rest}"


def without_latest(text: str) -> str:
    """Return a changelog without its first entry."""
    head, _, rest = text.partition(_START)
    _, found, older = rest.partition(_START)
    return f"{head.rstrip()}\n{_START if found else ''}{older}"


def entry(record: Record, date: str, since: str | None, found: Changes) -> str:
    """Return the entry of a release: its note, and its counts, by class where there are classes.

    Args:
        record: the release.
        date: the day of it.
        since: name of the release before, or None for the first.
        found: what has changed since then.
    """
    return "\n".join(
        [
            f"{record.release} ({date})",
            "",
            record.note,
            "",
            summary(found, since),
            f"Content: `{record.version}`"
            + (f", label corrections `{record.corrections}`." if record.corrections else "."),
            "",
            *_counts(record.classes, found),
        ]
    )


def _counts(classes: Mapping[str, int], found: Changes) -> list[str]:
    if [*classes] == [""]:
        return [f"Examples: {classes['']}."]
    return [
        "| class | examples | added | removed | relabelled to | relabelled from |",
        "|---|---:|---:|---:|---:|---:|",
        *(_row(cells) for cells in by_class(classes, found)),
    ]


def summary(found: Changes, since: str | None) -> str:
    """Return in one sentence how many examples came, went and changed."""
    if since is None:
        return f"The first version: {len(found.added)} examples."
    counts = {name: len(getattr(found, name)) for name in found._fields}
    return f"Since {since}: {', '.join(f'{count} {name}' for name, count in counts.items())}."


def by_class(classes: Mapping[str, int], found: Changes) -> list[Sequence[str]]:
    """Return for each class: name, examples, added, removed, relabelled to it and from it.

    `classes` are as `balance` has them; the last row is of all examples.
    """
    target, whole = ("classes", classes[""]) if "" in classes else ("class", sum(classes.values()))
    columns = (
        Counter(classes),
        _counted([one.label for one in found.added], target),
        _counted([one.label for one in found.removed], target),
        _gained([(old.label, new.label) for old, new in found.relabelled], target),
        _gained([(new.label, old.label) for old, new in found.relabelled], target),
    )
    names = sorted({name for column in columns for name in column} - {""})
    rows = [[name, *(str(column[name]) for column in columns)] for name in names]
    totals = (whole, len(found.added), len(found.removed), *[len(found.relabelled)] * 2)
    return [*rows, ["all", *map(str, totals)]]


def _counted(labels: Iterable[str], target: str) -> Counter[str]:
    return Counter(name for label in labels for name in classes_in(label, target))


def _gained(pairs: Iterable[tuple[str, str]], target: str) -> Counter[str]:
    """The classes that are named by the second label of a pair, and not by the first."""
    sides = ((classes_in(old, target), classes_in(new, target)) for old, new in pairs)
    return Counter(name for old, new in sides for name in new if name not in old)


def _row(cells: Sequence[str]) -> str:
    # A class may be called `|`, or have a line break in its name.
    name, *counts = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return f"| {name} | {' | '.join(counts)} |"
