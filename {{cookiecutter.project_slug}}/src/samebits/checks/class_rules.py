"""Rules about classes: their names, and how many examples each has."""

import re
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby, product
from pathlib import PurePosixPath
from typing import NamedTuple

from ..core.sections import Data
from ..data.findings import DataFinding, shown
from ..data.targets import SIGN

# Names of folders of images and of folders of their masks, and parts of the names of files in them.
IMAGES = frozenset(("image", "images", "img", "imgs"))
ANSWERS = frozenset(
    "mask masks label labels annotation annotations segmentation segmentations".split()
)

FEW_CLASSES = 50  # no more than that raise no doubt
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def class_findings(database: sqlite3.Connection, data: Data) -> Iterator[DataFinding]:
    """Yield findings about classes.

    Args:
        database: that of a catalogue, with the view `examples`.
        data: what is expected.
    """
    folders = [name for (name,) in database.execute("SELECT label FROM classes ORDER BY label")]
    query = "SELECT label, count(DISTINCT md5) FROM examples GROUP BY label"
    counts = Counter[str](dict(database.execute(query)))
    moved = {name for (name,) in database.execute("SELECT DISTINCT old FROM corrected")}
    yield from _many_classes(database, sorted(counts))
    yield from _joined_classes(sorted(counts))
    yield from _paired_folders(database, sorted(counts))
    yield from findings_of_classes(Named(folders, counts, moved), data)


class Named(NamedTuple):
    """Classes: the names in the data, the number of examples of each, and names corrected away."""

    there: Sequence[str]
    counts: Counter[str]
    moved: Collection[str]


def findings_of_classes(named: Named, data: Data) -> Iterator[DataFinding]:
    """Yield findings about the names of classes and the number of examples of each."""
    counts = dict.fromkeys([*named.there, *data.classes], 0) | named.counts
    present = {name: count for name, count in counts.items() if count or name in named.there}
    filled = sorted(name for name, count in present.items() if count)
    if len(filled) < 2:
        words = f"{len(filled)} class(es) with examples in data/raw; learning needs at least 2."
        yield DataFinding("few-classes", words, classes=tuple(filled))
    yield from _small_classes(named.moved, present, data)
    yield from _similar_classes(present)
    for name in data.classes:
        if not counts[name]:
            words = f"{shown(name)} has no example, but data.classes expects it; add some."
            yield DataFinding("missing-class", words, classes=(name,))
    for name in sorted(present) if data.classes else ():
        if name not in data.classes:
            words = f"{shown(name)} is not in data.classes; rename it or add it there."
            yield DataFinding("unexpected-class", words, classes=(name,))
    yield from _imbalance({name: count for name, count in present.items() if count}, data)


def _many_classes(database: sqlite3.Connection, names: Sequence[str]) -> Iterator[DataFinding]:
    """Doubt that answers are classes if hardly any two are alike."""
    (count,) = database.execute("SELECT count(*) FROM examples").fetchone()
    if len(names) <= FEW_CLASSES or 2 * len(names) <= count:
        return
    said = f"the answers have {len(names)} different values among {count} examples"
    if all(map(NUMBER.fullmatch, names)) and any("." in name for name in names):
        words = f"{said}, as numbers do; set task.target to number, or choose another answer."
    else:
        words = f"{said}, so hardly any two share a class; check whether they are classes at all."
    yield DataFinding("many-classes", words)


def _joined_classes(names: Sequence[str]) -> Iterator[DataFinding]:
    """Doubt that a name is a single class if its parts recur in other names."""
    several = [name for name in names if SIGN in name]
    parts = Counter(part.strip() for name in names for part in name.split(SIGN))
    if len(several) > 1 and all(parts[part.strip()] > 1 for part in SIGN.join(several).split(SIGN)):
        words = (
            f"{len(several)} answers name several classes with {SIGN!r} between them, such as "
            f"{shown(several[0])}; set task.target to classes, or accept it if each is one class."
        )
        yield DataFinding("many-classes", words)


def _small_classes(
    moved: Collection[str], counts: dict[str, int], data: Data
) -> Iterator[DataFinding]:
    for name, count in sorted(counts.items()):
        if count == 0 and (name in moved or name in data.classes):
            # Its last example was corrected, so the class is gone; or the class is expected, and
            # missing-class reports it.
            continue
        if count == 0:
            words = f"{shown(name)} has no readable example; add some or remove it."
            yield DataFinding("empty-class", words, classes=(name,))
        elif count < data.least_examples:
            words = (
                f"{shown(name)} has {count} example(s) of its own, fewer than data.least_examples, "
                f"{data.least_examples}; add some, or remove the class."
            )
            yield DataFinding("small-class", words, classes=(name,))


def _similar_classes(names: Iterable[str]) -> Iterator[DataFinding]:
    def plain(name: str) -> str:
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())

    for _, same in groupby(sorted(names, key=lambda name: (plain(name), name)), key=plain):
        together = tuple(same)
        if len(together) > 1:
            listed = " and ".join(map(shown, together))
            words = (
                f"{listed} differ only in case or in how accents are encoded; merge or rename them."
            )
            yield DataFinding("similar-classes", words, classes=together)


def _paired_folders(database: sqlite3.Connection, names: Sequence[str]) -> Iterator[DataFinding]:
    """Yield a finding for a folder of images next to a folder of masks under the same names."""
    image_folders = [name for name in names if name.casefold() in IMAGES]
    mask_folders = [name for name in names if name.casefold() in ANSWERS]
    for images, masks in product(image_folders, mask_folders):
        stems, others = _stems(database, images), _stems(database, masks)
        if 2 * len(stems & others) > len(others):
            words = (
                f"{shown(images)} and {shown(masks)} hold files of the same names, as images and "
                "their masks do, but each folder of data/raw is a class; set task.reader to pairs, "
                "or put the files into a folder for each class."
            )
            yield DataFinding("paired-folders", words, classes=(images, masks))


def _stems(database: sqlite3.Connection, label: str) -> set[str]:
    """The bare names of a class's files: `17` for `17.jpg`, `17_mask.png` and `img-17`.

    In memory, unlike elsewhere in this room: few data sets have folders with such names.
    """
    paths = database.execute("SELECT path FROM files WHERE label = ?", (label,))
    names = (re.split("[-_ ]", PurePosixPath(path).stem.casefold()) for (path,) in paths)
    return {"-".join(part for part in parts if part not in IMAGES | ANSWERS) for parts in names}


def _imbalance(counts: dict[str, int], data: Data) -> Iterator[DataFinding]:
    if not counts:
        return
    least, most = (choose(sorted(counts), key=counts.__getitem__) for choose in (min, max))
    if counts[most] > data.imbalance * counts[least]:
        words = (
            f"{shown(most)} has {counts[most]} examples, {shown(least)} {counts[least]}: more than "
            f"{data.imbalance:g} times as many; add examples of the rare ones, decide by macro_f1, "
            "show rare classes more often (optimization.balance) or weigh them more "
            "(optimization.class_weights)."
        )
        yield DataFinding("imbalance", words, classes=(most, least))
