"""The differences between two versions of the data, example by example, computed from two lists.

An example is identified by its content: the same content in another class was relabelled, under
another name in the same class renamed. A file with new content is an example removed and another
added. An image with a new mask was relabelled, too.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ..core.files import named
from ..core.sections import Data
from ..data.joined import HALF
from ..data.readers import FOLDERS, Reader
from ..data.source import Source
from ..data.splits import LEFT_OUT, SPLITS, group_of, split_of
from ..data.targets import classes_of, unfit_classes


class Versioned(NamedTuple):
    """An example of a version: its path below data/raw, its class, the MD5 of its content.

    `group` comes from a table and is not compared between versions.
    """

    path: str
    label: str
    md5: str
    group: str = ""


Pair = tuple[Versioned, Versioned]


class Changes(NamedTuple):
    """Examples added and removed, and pairs (old, new) with another class or name; by path."""

    added: list[Versioned]
    removed: list[Versioned]
    relabelled: list[Pair]
    renamed: list[Pair]

    def any(self) -> bool:
        """Return whether anything differs."""
        return any(self)


def examples_of(
    listing: Mapping[str, str], corrections: str, reader: Reader = FOLDERS, raw: Path = Path()
) -> list[Versioned]:
    """Return the examples of a version, by path, without hidden files and those without an answer.

    Args:
        listing: path below data/raw → MD5.
        corrections: the text of data/corrections.csv, which overrides answers.
        reader: finds the examples.
        raw: a folder with the tables that the reader needs.

    Raises:
        UserError: a table is malformed.
    """
    rows = csv.DictReader(corrections.splitlines())
    right = {(row.get("md5"), _named(row, "old")): _named(row, "new") for row in rows}
    files = (
        Source(path, "", 0, 0, md5)
        for path, md5 in sorted(listing.items())
        if not any(part.startswith(".") for part in PurePosixPath(path).parts)
    )
    # The stamp of a row is the MD5 of its content, as it is here for a file.
    known = [source for source in reader.examples(files, raw) if not source.rule]
    answered = ((source, *reader.listed(source)) for source in known)
    return sorted(
        Versioned(source.path, right.get((md5, answer)) or answer, md5, source.group)
        for source, answer, md5 in answered
    )


def _named(row: Mapping[str, str | None], column: str) -> str:
    return named(row.get(column) or "")


def changes(old: Iterable[Versioned], new: Iterable[Versioned]) -> Changes:
    """Return what differs between two versions."""
    before, after = _by_content(old), _by_content(new)
    differences = Changes([], [], [], [])
    for md5 in before.keys() | after.keys():
        _match(before.get(md5, []), after.get(md5, []), differences)
    for part in differences:
        part.sort()
    return differences


def _by_content(examples: Iterable[Versioned]) -> dict[str, list[Versioned]]:
    by_content = defaultdict[str, list[Versioned]](list)
    for example in examples:
        # For an image with its mask, the hash of the image.
        by_content[example.md5[:HALF]].append(example._replace(group=""))
    return by_content


def _match(old: list[Versioned], new: list[Versioned], differences: Changes) -> None:
    """Sort the copies of an example by what became of them, the most similar first."""
    if old == new:
        return
    before, after = sorted(set(old) - set(new)), sorted(set(new) - set(old))
    for example in [*before]:
        if renamed := next((later for later in after if later.label == example.label), None):
            differences.renamed.append((example, renamed))
            before.remove(example)
            after.remove(renamed)
    shared = min(len(before), len(after))
    differences.relabelled.extend(zip(before[:shared], after[:shared], strict=True))
    differences.removed.extend(before[shared:])
    differences.added.extend(after[shared:])


def balance(examples: Iterable[Versioned], target: str = "class") -> dict[str, int]:
    """Return the number of examples of each class, by name.

    "" is the number of all examples if that is not the sum: without classes, or with several each.
    """
    names = (name for example in examples for name in _counted(example.label, target))
    return dict(sorted(Counter(names).items()))


def classes_in(label: str, target: str) -> list[str]:
    """Return the classes that an answer names."""
    if target == "class":
        return [label]
    return classes_of(label) if target == "classes" and not unfit_classes(label) else []


def _counted(label: str, target: str) -> list[str]:
    names = classes_in(label, target)
    return names if target == "class" else [*names, ""]


class Moves(NamedTuple):
    """How a split changed: its size before and after, and the examples that came and left."""

    before: int
    after: int
    came: int
    left: int


def moves(old: Iterable[Versioned], new: Iterable[Versioned], data: Data) -> dict[str, Moves]:
    """Return how each split changed, with both versions split by the section `data`.

    Examples left out of every split count as a further one, if there are any.
    """
    before, after = _splits(old, data), _splits(new, data)
    return {
        split: Moves(
            before[split].total(),
            after[split].total(),
            (after[split] - before[split]).total(),
            (before[split] - after[split]).total(),
        )
        for split in (*SPLITS, LEFT_OUT)
        if split in SPLITS or before[split] or after[split]
    }


def _splits(examples: Iterable[Versioned], data: Data) -> dict[str, Counter[str]]:
    counts = {split: Counter[str]() for split in (*SPLITS, LEFT_OUT)}
    for example in examples:
        group = group_of(Source(example.path, "", 0, 0, "", group=example.group), data)
        counts[split_of(example.path, example.md5, group, data)][example.md5] += 1
    return counts
