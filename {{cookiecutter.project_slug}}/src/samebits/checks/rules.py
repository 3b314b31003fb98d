"""Rules about files, classes and labels: each is a query over the catalogue's table `files`.

Queries stream and sort on disk, so that a million pictures take the memory of a thousand.
"""

import mimetypes
import re
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby, product
from pathlib import PurePosixPath
from typing import NamedTuple

from PIL import Image

from ..core.file_names import name_problem
from ..core.sections import Data
from ..data.findings import MOST_PATHS, Finding, shown
from ..data.labels import Labels
from ..data.splits import LEFT_OUT, SPLITS, Cut, split_of
from ..data.targets import SIGN

# What the content of a file is called → what its extension may say as well.
ALIASES = {"MPO": "JPEG", "DIB": "BMP"}

# What folders are called that hold images, and what is asked of each; and the files in them.
IMAGES = frozenset(("image", "images", "img", "imgs"))
ANSWERS = frozenset(
    "mask masks label labels annotation annotations segmentation segmentations".split()
)

FEW_CLASSES = 50  # so many are no cause for doubt
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")

# `examples` are what can be learned from: readable, in a class folder, under the corrected label.
VIEWS = """
DROP VIEW IF EXISTS temp.examples;
DROP TABLE IF EXISTS temp.corrected;
CREATE TEMP TABLE corrected (md5 TEXT, old TEXT, new TEXT, PRIMARY KEY (md5, old)) WITHOUT ROWID;
CREATE TEMP VIEW examples AS
    SELECT path, coalesce(new, label) AS label, files.md5 AS md5, width, height, mode, format,
           brightness, gist, block, place, checksum, lost, more, used, time, grouped,
           file <> '' AND substr(path, 1, length(file) + 1) = file || ':' AS is_row
    FROM files LEFT JOIN temp.corrected AS c ON c.md5 = files.md5 AND old = label
    WHERE problem = '';
"""
CUT = 0.05  # of the examples: of more, it is told that an end is cut off


def open_views(database: sqlite3.Connection, labels: Labels) -> None:
    """Make the temporary view `examples`, with the right labels, that the rules look at."""
    database.executescript(VIEWS)
    rows = ((md5, old, new) for (md5, old), new in sorted(labels.items()))
    database.executemany("INSERT INTO corrected VALUES (?, ?, ?)", rows)


def file_findings(database: sqlite3.Connection, data: Data) -> Iterator[Finding]:
    """Yield what is wrong with single files, and with the bits of all together."""
    yield from _unusable(database)
    yield from _lost(database)
    yield from _wrong_types(database)
    yield from _odd_names(database)
    yield from _more(database)
    yield from _unused_bits(database, data)


def _unusable(database: sqlite3.Connection) -> Iterator[Finding]:
    """Yield what is no example to learn from, as who read it has said."""
    query = "SELECT path, md5, rule, problem FROM files WHERE rule <> '' ORDER BY path"
    for path, md5, rule, problem in database.execute(query):
        yield Finding(rule, f"{shown(path)}: {problem}.", (path,), (md5,))


def _lost(database: sqlite3.Connection) -> Iterator[Finding]:
    query = "SELECT path, md5, lost FROM examples WHERE lost <> '' ORDER BY path"
    for path, md5, lost in database.execute(query):
        yield Finding("lost-content", f"{shown(path)}: {lost}.", (path,), (md5,))


def _more(database: sqlite3.Connection) -> Iterator[Finding]:
    words = "it has more frames, pages or channels than are learned from; save what counts alone."
    for path, md5 in database.execute("SELECT path, md5 FROM examples WHERE more ORDER BY path"):
        yield Finding("more-frames", f"{shown(path)}: {words}", (path,), (md5,))


def _unused_bits(database: sqlite3.Connection, data: Data) -> Iterator[Finding]:
    """One picture may be dark; where all are, they come from a camera of fewer bits."""
    kinds = {"LIKE 'I%'": ("grey", data.bits), "NOT LIKE 'I%'": ("colour", 16)}
    for mode, (kind, bits) in kinds.items():
        those = f"FROM examples WHERE used > 0 AND lost = '' AND mode {mode}"
        count, used = database.execute(f"SELECT count(*), max(used) {those}").fetchone()
        if count and used < bits:
            words = (
                f"of {count} picture(s) with 16 bits of {kind} none uses more than {used} of "
                f"{bits}, so that {2 ** (used - bits + 8)} of 256 levels are left; "
            )
            words += (
                f"set data.bits to {used} if that is what the camera has."
                if kind == "grey"
                else "save them with 8 bits a colour."
            )
            query = f"SELECT path, md5 {those} ORDER BY path LIMIT ?"
            paths, hashes = zip(*database.execute(query, (MOST_PATHS,)), strict=True)
            yield Finding("unused-bits", words, paths, hashes)


def _wrong_types(database: sqlite3.Connection) -> Iterator[Finding]:
    extensions, others = Image.registered_extensions(), mimetypes.MimeTypes().types_map[True]
    query = "SELECT path, md5, format FROM examples WHERE format <> '' ORDER BY path"
    for path, md5, format_ in database.execute(query):
        extension = PurePosixPath(path).suffix.lower()
        # None where it says nothing, as in a name without one, or cat.001.
        said = extensions.get(extension) or others.get(extension)
        if said and ALIASES.get(said, said) != ALIASES.get(format_, format_):
            words = f"its content is {format_}, whatever {extension} says; rename or convert it."
            yield Finding("wrong-type", f"{shown(path)}: {words}", (path,), (md5,))


def _odd_names(database: sqlite3.Connection) -> Iterator[Finding]:
    # Of the lines of a file, the first says how that is called.
    query = """SELECT min(path), md5, iif(substr(path, 1, length(file) + 1) = file || ':'
                                          AND file <> '', file, path) AS name
               FROM files WHERE rule <> 'missing-file' GROUP BY name ORDER BY name"""
    for path, md5, name in database.execute(query):
        if problem := name_problem(name):
            yield Finding("odd-name", f"{shown(name)} {problem}; rename it.", (path,), (md5,))


def class_findings(database: sqlite3.Connection, data: Data) -> Iterator[Finding]:
    """Yield what is wrong or odd with classes.

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
    """Classes: the names that are there, the examples of each, and names that were corrected."""

    there: Sequence[str]
    counts: Counter[str]
    moved: Collection[str]


def findings_of_classes(named: Named, data: Data) -> Iterator[Finding]:
    """Yield what is wrong or odd with the names of classes and with how many examples each has."""
    counts = dict.fromkeys([*named.there, *data.classes], 0) | named.counts
    present = {name: count for name, count in counts.items() if count or name in named.there}
    filled = sorted(name for name, count in present.items() if count)
    if len(filled) < 2:
        words = f"{len(filled)} class(es) with pictures in data/raw; learning needs at least 2."
        yield Finding("few-classes", words, classes=tuple(filled))
    yield from _small_classes(named.moved, present, data)
    yield from _similar_classes(present)
    for name in data.classes:
        if not counts[name]:
            words = f"{shown(name)} has no picture, but data.classes expects it; add some."
            yield Finding("missing-class", words, classes=(name,))
    for name in sorted(present) if data.classes else ():
        if name not in data.classes:
            words = f"{shown(name)} is not in data.classes; rename it or add it there."
            yield Finding("unexpected-class", words, classes=(name,))
    yield from _imbalance({name: count for name, count in present.items() if count}, data)


def _many_classes(database: sqlite3.Connection, names: Sequence[str]) -> Iterator[Finding]:
    """Doubt that answers of which hardly any two are alike are classes."""
    (count,) = database.execute("SELECT count(*) FROM examples").fetchone()
    if len(names) <= FEW_CLASSES or 2 * len(names) <= count:
        return
    said = f"the answers have {len(names)} different values among {count} examples"
    if all(map(NUMBER.fullmatch, names)) and any("." in one for one in names):
        words = f"{said}, as numbers have; set task.target to number, or take other answers."
    else:
        words = f"{said}, so that hardly two are of one class; see whether they are classes at all."
    yield Finding("many-classes", words)


def _joined_classes(names: Sequence[str]) -> Iterator[Finding]:
    """Doubt that names of which parts come again and again are one class each."""
    several = [name for name in names if SIGN in name]
    parts = Counter(part.strip() for name in names for part in name.split(SIGN))
    if len(several) > 1 and all(parts[part.strip()] > 1 for part in SIGN.join(several).split(SIGN)):
        words = (
            f"{len(several)} answers name several classes with {SIGN!r} between them, as "
            f"{shown(several[0])}; set task.target to classes, or accept it if each is one class."
        )
        yield Finding("many-classes", words)


def _small_classes(moved: Collection[str], counts: dict[str, int], data: Data) -> Iterator[Finding]:
    for name, count in sorted(counts.items()):
        if count == 0 and (name in moved or name in data.classes):
            # Its last picture was corrected, so there is no such class any more; or it is expected,
            # and missing-class says so.
            continue
        if count == 0:
            words = f"{shown(name)} has no readable picture; add some or remove it."
            yield Finding("empty-class", words, classes=(name,))
        elif count < data.least_examples:
            words = (
                f"{shown(name)} has {count} picture(s) of its own, fewer than data.least_examples, "
                f"{data.least_examples}; add some, or remove the class."
            )
            yield Finding("small-class", words, classes=(name,))


def _similar_classes(names: Iterable[str]) -> Iterator[Finding]:
    def plain(name: str) -> str:
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())

    for _, same in groupby(sorted(names, key=lambda name: (plain(name), name)), key=plain):
        together = tuple(same)
        if len(together) > 1:
            listed = " and ".join(map(shown, together))
            words = f"{listed} differ by case or accents' encoding only; merge or rename them."
            yield Finding("similar-classes", words, classes=together)


def _paired_folders(database: sqlite3.Connection, names: Sequence[str]) -> Iterator[Finding]:
    """Yield folders of images beside folders of what is asked of each, under the same names."""
    images = [name for name in names if name.casefold() in IMAGES]
    answers = [name for name in names if name.casefold() in ANSWERS]
    for one, other in product(images, answers):
        stems, others = _stems(database, one), _stems(database, other)
        if 2 * len(stems & others) > len(others):
            words = (
                f"{shown(one)} and {shown(other)} hold files of the same names, as images and "
                "their masks do, but each folder of data/raw is a class; set task.reader to pairs, "
                "or put the files into a folder for each class."
            )
            yield Finding("paired-folders", words, classes=(one, other))


def _stems(database: sqlite3.Connection, label: str) -> set[str]:
    """The names of a class's files without their type: `17` of `17.jpg`, `17_mask.png`, `img-17`.

    In memory, unlike elsewhere here: few data sets have folders that are called so.
    """
    paths = database.execute("SELECT path FROM files WHERE label = ?", (label,))
    parts = (re.split("[-_ ]", PurePosixPath(path).stem.casefold()) for (path,) in paths)
    return {"-".join(one for one in each if one not in IMAGES | ANSWERS) for each in parts}


def _imbalance(counts: dict[str, int], data: Data) -> Iterator[Finding]:
    if not counts:
        return
    least, most = (choose(sorted(counts), key=counts.__getitem__) for choose in (min, max))
    if counts[most] > data.imbalance * counts[least]:
        words = (
            f"{shown(most)} has {counts[most]} pictures, {shown(least)} {counts[least]}: more than "
            f"{data.imbalance:g} times as many; add to the rare ones, decide by macro_f1, or see "
            "rare classes more often (optimization.balance)."
        )
        yield Finding("imbalance", words, classes=(most, least))


def same_findings(
    database: sqlite3.Connection,
    data: Data,
    cut: Cut | None = None,
    *,
    classes: bool = True,
    answer: str = "number",
) -> Iterator[Finding]:
    """Yield the examples whose very bytes stand in several files or rows.

    Args:
        database: that of a catalogue, with the view `examples`.
        data: what is expected.
        cut: where times divide the splits.
        classes: whether answers are classes, of which one content has one; numbers may differ.
        answer: what to call an answer that is no class.
    """
    yield from _equal_rows(database, classes=classes)
    query = """SELECT md5, path, label, grouped, time FROM examples
               WHERE md5 IN (SELECT md5 FROM examples WHERE NOT is_row
                             GROUP BY md5 HAVING count(*) > 1)
               ORDER BY md5, path"""
    for md5, rows in groupby(database.execute(query), key=lambda row: str(row[0])):
        each = (
            (path, label if classes else answer, split_of(path, md5, group, data, at, cut))
            for _, path, label, group, at in rows
        )
        yield from _same(md5, each)


def _equal_rows(database: sqlite3.Connection, *, classes: bool) -> Iterator[Finding]:
    """Yield what equal rows of tables there are; unlike equal files, they may well be right."""
    query = """
        WITH equal AS (
            SELECT md5, count(*) AS n, count(DISTINCT label) > 1 AS several
            FROM examples WHERE is_row GROUP BY md5 HAVING n > 1
        )
        SELECT several, sum(n), min(md5) FROM equal GROUP BY several"""
    for several, count, md5 in database.execute(query).fetchall():
        query = f"""SELECT min(path) AS first, label FROM examples WHERE md5 = ?
                    GROUP BY {"label" if several else "path"} ORDER BY first LIMIT 2"""
        (one, label), (other, another) = database.execute(query, (md5,))
        if several and not classes:
            continue  # how far apart numbers are is looked at elsewhere
        if several:
            rule, words = (
                "two-answers",
                f"{count} rows equal others but for the answer, as {shown(one)} ({shown(label)}) "
                f"and {shown(other)} ({shown(another)}), so that no model can tell them apart; see "
                "whether a column that does is missing.",
            )
        else:
            rule, words = (
                "copies",
                f"{count} rows equal others, as {shown(one)} and {shown(other)}; they stay in one "
                "split, but keep one of each if they are not observations of their own.",
            )
        yield Finding(rule, words, (one, other), (md5, md5))


def _same(md5: str, rows: Iterable[tuple[str, str, str]]) -> Iterator[Finding]:
    by_label: dict[str, list[str]] = {}
    by_split: dict[str, list[str]] = {}
    count = 0
    for path, label, split in rows:
        count += 1
        for key, groups in ((label, by_label), (split, by_split)):
            if key == LEFT_OUT and groups is by_split:
                continue  # nothing sees it, so it gives nothing away
            paths = groups.setdefault(key, [])
            if len(paths) < MOST_PATHS:
                paths.append(path)
    if len(by_label) > 1:
        words = (
            f"{_listed(by_label)}: one picture; remove all but one label in data/corrections.csv."
        )
        yield _about("two-labels", words, by_label, md5)
    if len(by_split) > 1:
        groups = {name: by_split[name] for name in SPLITS if name in by_split}
        words = (
            f"{_listed(groups)}: one picture; keep one file, or let data.group and "
            "data.evaluate_on treat them alike."
        )
        yield _about("two-splits", words, groups, md5)
    if len(by_label) == 1 and len(by_split) < 2:
        words = f"{_listed(by_label)} and others, {count} files: one picture; keep one of them."
        yield _about("copies", words, by_label, md5)


def _listed(groups: dict[str, list[str]]) -> str:
    return ", ".join(f"{shown(paths[0])} ({shown(name)})" for name, paths in groups.items())


def _about(rule: str, words: str, groups: dict[str, list[str]], md5: str) -> Finding:
    # The first of each group, then the others.
    firsts = [paths[0] for paths in groups.values()]
    others = [path for paths in groups.values() for path in paths[1:]]
    paths = tuple((firsts + others)[:MOST_PATHS])
    return Finding(rule, words, paths, (md5,) * len(paths))


def cut_findings(database: sqlite3.Connection) -> Iterator[Finding]:
    """Yield how many examples are longer than what is kept of them, as the fact `cut` says."""
    query = """SELECT count(*), count(*) FILTER (WHERE cut > 0), max(cut)
               FROM (SELECT json_extract(facts, '$.cut') AS cut FROM files WHERE problem = '')"""
    whole, count, most = database.execute(query).fetchone()
    if count > CUT * whole:
        yield Finding(
            "cut-content",
            f"{count} of {whole} examples are longer than the section input keeps of them, one by "
            f"{most}; raise the length there, if the end tells something.",
        )


def odd_findings(database: sqlite3.Connection, data: Data) -> Iterator[Finding]:
    """Yield the pictures of another size or colour mode than most."""
    count = int(database.execute("SELECT count(*) FROM examples").fetchone()[0])
    if count:
        yield from _odd_sizes(database, count, data)
        yield from _odd_modes(database, count, data)


def _odd_sizes(database: sqlite3.Connection, count: int, data: Data) -> Iterator[Finding]:
    width, height = (
        database.execute(
            f"SELECT {side} FROM examples ORDER BY {side} LIMIT 1 OFFSET ?", (count // 2,)
        ).fetchone()[0]
        for side in ("width", "height")
    )
    query = """SELECT path, md5, width, height FROM examples
               WHERE max(1.0 * width / :width, 1.0 * :width / width) > :ratio
                  OR max(1.0 * height / :height, 1.0 * :height / height) > :ratio ORDER BY path"""
    bounds = {"width": width, "height": height, "ratio": data.odd_size}
    for path, md5, own_width, own_height in database.execute(query, bounds):
        words = (
            f"{own_width}×{own_height} pixels, where {width}×{height} is the middle; check it, or "
            f"raise data.odd_size, {data.odd_size:g}."
        )
        yield Finding("odd-size", f"{shown(path)}: {words}", (path,), (md5,))


def _odd_modes(database: sqlite3.Connection, count: int, data: Data) -> Iterator[Finding]:
    query = """SELECT path, md5, mode, n FROM examples
               JOIN (SELECT mode, count(*) AS n FROM examples GROUP BY mode) USING (mode)
               WHERE n < :part * :count ORDER BY path"""
    bounds = {"part": data.odd_mode, "count": count}
    for path, md5, mode, same in database.execute(query, bounds):
        words = f"colour mode {mode}, as {same} of {count} pictures are; convert or check it."
        yield Finding("odd-mode", f"{shown(path)}: {words}", (path,), (md5,))
