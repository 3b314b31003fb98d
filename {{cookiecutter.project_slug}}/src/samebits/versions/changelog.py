"""data/CHANGELOG.md: an entry for each release of the data, the latest first."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..data.release_file import Record
from .changes import Changes, classes_in

CHANGELOG = Path("data/CHANGELOG.md")
HEADER = (
    "# Changelog of the data\n\n"
    '`samebits data release 1.0 "..."` writes an entry for each version of the data.\n'
)
_START = "\n## "


def with_entry(text: str, entry: str) -> str:
    """Return a changelog with a new first entry."""
    head, separator, rest = (text or HEADER).partition(_START)
    return f"{head.rstrip()}\n{_START}{entry.rstrip()}\n{_START if separator else ''}{rest}"


def without_latest(text: str) -> str:
    """Return a changelog without its first entry."""
    head, _, rest = text.partition(_START)
    _, separator, older = rest.partition(_START)
    return f"{head.rstrip()}\n{_START if separator else ''}{older}"


def entry(
    record: Record, date: str, since: str | None, changes: Changes, examples: str = "examples"
) -> str:
    """Return the entry of a release: its note, and its counts, by class where there are classes.

    Args:
        record: the release.
        date: the day of the release.
        since: name of the release before, or None for the first.
        changes: what has changed since then.
        examples: what people call them, such as "rows".
    """
    return "\n".join(
        [
            f"{record.release} ({date})",
            "",
            record.note,
            "",
            summary(changes, since, examples),
            f"Content: `{record.version}`"
            + (f", label corrections `{record.corrections}`." if record.corrections else "."),
            "",
            *_counts(record.classes, changes, examples),
        ]
    )


def _counts(classes: Mapping[str, int], changes: Changes, examples: str) -> list[str]:
    if [*classes] == [""]:
        return [f"{examples.capitalize()}: {classes['']}."]
    return [
        f"| class | {examples} | added | removed | relabelled to | relabelled from |",
        "|---|---:|---:|---:|---:|---:|",
        *(_row(cells) for cells in by_class(classes, changes)),
    ]


def summary(changes: Changes, since: str | None, examples: str = "examples") -> str:
    """Return in one sentence how many examples came, went and changed."""
    if since is None:
        return f"The first version: {len(changes.added)} {examples}."
    counts = {name: len(getattr(changes, name)) for name in changes._fields}
    changed = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"Since {since}: {changed}."


def by_class(classes: Mapping[str, int], changes: Changes) -> list[Sequence[str]]:
    """Return for each class: name, examples, added, removed, relabelled to it and from it.

    `classes` is as `balance` returns it; the last row is for all examples.
    """
    target, whole = ("classes", classes[""]) if "" in classes else ("class", sum(classes.values()))
    columns = (
        Counter(classes),
        _counted([example.label for example in changes.added], target),
        _counted([example.label for example in changes.removed], target),
        _gained([(old.label, new.label) for old, new in changes.relabelled], target),
        _gained([(new.label, old.label) for old, new in changes.relabelled], target),
    )
    names = sorted({name for column in columns for name in column} - {""})
    rows = [[name, *(str(column[name]) for column in columns)] for name in names]
    totals = (whole, len(changes.added), len(changes.removed), *[len(changes.relabelled)] * 2)
    return [*rows, ["all", *map(str, totals)]]


def _counted(labels: Iterable[str], target: str) -> Counter[str]:
    return Counter(name for label in labels for name in classes_in(label, target))


def _gained(pairs: Iterable[tuple[str, str]], target: str) -> Counter[str]:
    """Count the classes that the second label of a pair names and the first does not."""
    sides = ((classes_in(old, target), classes_in(new, target)) for old, new in pairs)
    return Counter(name for old, new in sides for name in new if name not in old)


def _row(cells: Sequence[str]) -> str:
    # A class may be called `|`, or have a line break in its name.
    name, *counts = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return f"| {name} | {' | '.join(counts)} |"
