"""What differs between two versions of the data, example by example: a pure function of two lists.

An example is its content: the same content under another class was relabelled, under another name
in the same class renamed. A file whose content is new is one example less and one more. The same
image with another mask was relabelled, too.
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

    `group` is what a table says of it; it is no part of what differs between versions.
    """

    path: str
    label: str
    md5: str
    group: str = ""


Pair = tuple[Versioned, Versioned]


class Changes(NamedTuple):
    """What came and went, and (old, new) of what has another class or another name; by path."""

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
    """Return the examples of a version, by path; hidden files are none, nor what has no answer.

    Args:
        listing: path below data/raw → MD5.
        corrections: the text of data/corrections.csv, where the answer is not as it stands.
        reader: what finds the examples.
        raw: a folder with the tables that it needs.

    Raises:
        UserError: a table is not what it must be.
    """
    rows = csv.DictReader(corrections.splitlines())
    right = {(row.get("md5"), _named(row, "old")): _named(row, "new") for row in rows}
    files = (
        Source(path, "", 0, 0, md5)
        for path, md5 in sorted(listing.items())
        if not any(part.startswith(".") for part in PurePosixPath(path).parts)
    )
    # Of a row the stamp is the MD5 of its content, as that of a file is here.
    known = [one for one in reader.examples(files, raw) if not one.rule]
    found = ((one, *reader.listed(one)) for one in known)
    return sorted(
        Versioned(one.path, right.get((md5, answer)) or answer, md5, one.group)
        for one, answer, md5 in found
    )


def _named(row: Mapping[str, str | None], column: str) -> str:
    return named(row.get(column) or "")


def changes(old: Iterable[Versioned], new: Iterable[Versioned]) -> Changes:
    """Return what differs between two versions."""
    before, after = _by_content(old), _by_content(new)
    found = Changes([], [], [], [])
    for md5 in before.keys() | after.keys():
        _match(before.get(md5, []), after.get(md5, []), found)
    for part in found:
        part.sort()
    return found


def _by_content(examples: Iterable[Versioned]) -> dict[str, list[Versioned]]:
    found = defaultdict[str, list[Versioned]](list)
    for one in examples:
        # Of an image with its mask, that of the image.
        found[one.md5[:HALF]].append(one._replace(group=""))
    return found


def _match(old: list[Versioned], new: list[Versioned], found: Changes) -> None:
    """Sort the copies of one example into what became of them: likest first."""
    if old == new:
        return
    before, after = sorted(set(old) - set(new)), sorted(set(new) - set(old))
    for one in [*before]:
        if other := next((two for two in after if two.label == one.label), None):
            found.renamed.append((one, other))
            before.remove(one)
            after.remove(other)
    shared = min(len(before), len(after))
    found.relabelled.extend(zip(before[:shared], after[:shared], strict=True))
    found.removed.extend(before[shared:])
    found.added.extend(after[shared:])


def balance(examples: Iterable[Versioned], target: str = "class") -> dict[str, int]:
    """Return how many examples each class has, by name.

    As "" all of them, where that is not the sum: without classes, and with several for each.
    """
    names = (name for one in examples for name in _counted(one.label, target))
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
    """Return how each split changed, both versions split as `data` says.

    What is left out of all of them counts as one more, where there is any.
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
    found = {split: Counter[str]() for split in (*SPLITS, LEFT_OUT)}
    for one in examples:
        group = group_of(Source(one.path, "", 0, 0, "", group=one.group), data)
        found[split_of(one.path, one.md5, group, data)][one.md5] += 1
    return found
