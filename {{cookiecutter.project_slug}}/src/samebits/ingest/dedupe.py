"""Remove exact copies from data/raw: the same bytes under several names.

Run: samebits data dedupe            list them, and change nothing
     samebits data dedupe --apply    remove all but one of each, and give the data a version

Copies that contradict each other stay: which of them is right, a person must say. One copy of each
stays at every moment, so a kill loses no example, and the same command then removes the rest.
"""

import hashlib
import io
import sys
from argparse import Namespace
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from ..checks.accepted import FILE as ACCEPTED
from ..checks.accepted import Accepted
from ..console.errors import UserError
from ..core.config import read
from ..core.files import named, write_bytes
from ..core.sections import Data, Task
from ..data.corrections import FILE as CORRECTIONS
from ..data.corrections import read_labels
from ..data.findings import DataFinding, shown
from ..data.raw_pointer import alone, imported, refuse_parts
from ..data.reader_labels import LABELS, PATH
from ..data.readers import Labels, Lines, Pairs, Reader, reader_of
from ..data.rows import csv_rows
from ..data.source import Source, archives
from ..data.splits import group_of, is_target
from ..versions.working_data import POINTER, RAW, keep, working_version

ANSWERS = (
    "their answers differ; write the right one into data/corrections.csv, or remove the wrong file"
)
MASKS = "their masks differ; remove the wrong mask with its image"
PLACES = (
    "their groups, times or origins differ (data.group, task.group_by, task.time, "
    "data.evaluate_on, data.train_on); remove the wrong file"
)
LINKED = "one is a link, or below a linked folder; put the file itself in its place"


class Copy(NamedTuple):
    """A file, the MD5 of its content, its answer, and the label that is learnt, "" for none.

    A `mask` belongs to it where the answer is one.
    """

    source: Source
    md5: str
    label: str
    mask: str = ""

    def files(self) -> list[str]:
        """Return the paths of its files below data/raw."""
        return [self.source.path, *filter(None, [self.mask])]


class Copies(NamedTuple):
    """Files of one content: the one to keep, the others, and why these must stay, or ""."""

    kept: Copy
    others: list[Copy]
    problem: str


def main(given: Namespace) -> None:
    """List the copies, and remove them if asked to."""
    data = read(Data)
    reader = reader_of(read(Task), data)
    with alone():
        refuse_parts()
        _refuse(reader)
        known = [*copies(RAW, reader, data)]
        free = [same for same in known if not same.problem]
        sys.stdout.write(f"{told(known)}\n")
        if free and not given.apply:
            sys.stdout.write("'samebits data dedupe --apply' removes all but the first of each.\n")
        if given.apply:
            sys.stdout.write(_applied(known, reader))


def _applied(known: Sequence[Copies], reader: Reader) -> str:
    """Remove copies, give the data its version, and return what to do next."""
    before = working_version()
    tables = remove(known, reader)
    keep()  # even if there was nothing to remove: an earlier call may have been killed before this
    version = working_version()
    changed = [*([POINTER] if version != before else []), *tables]
    names = " and ".join(path.as_posix() for path in changed)
    following = f"next: commit {names}, then run 'dvc repro' and commit dvc.lock\n"
    return f"{RAW.as_posix()}: version {version}\n{following if changed else ''}"


def _refuse(reader: Reader) -> None:
    if isinstance(reader, Lines):
        raise UserError(
            "examples that are rows have no copies to remove, for equal rows may be separate "
            "observations; 'samebits run validate' counts them."
        )
    if imported(POINTER):
        raise UserError(
            f"{POINTER.as_posix()} says that DVC imported {RAW.as_posix()}, and 'dvc update' would "
            "bring the copies again; remove them where they came from."
        )
    if RAW.is_dir() and archives(RAW):
        raise UserError(
            f"{RAW.as_posix()} is packed; set data.layout to files, run 'samebits data pack', and "
            "this again."
        )


def copies(raw: Path, reader: Reader, data: Data) -> Iterator[Copies]:
    """Yield the contents that several files hold, but for those whose copies are accepted.

    Raises:
        UserError: the reader refuses the data, or data/corrections.csv has a row that is not valid.
    """
    corrections, accepted = read_labels(CORRECTIONS), Accepted.read(ACCEPTED)
    # Only files of one size can be equal, so that few are read.
    by_size = defaultdict[int, list[Source]](list)
    for source in reader.sources(raw):
        # A file that labels.csv does not name, or no longer, may still be a copy of one.
        if not source.rule or (isinstance(reader, Labels) and source.rule == "unlabelled"):
            by_size[source.size].append(source)
    by_content = defaultdict[str, list[Copy]](list)
    for sources in by_size.values():
        for source in sources if sources[1:] else ():
            source_read = _read(source, raw, reader, corrections)
            by_content[source_read.md5].append(source_read)
    for md5, same in by_content.items():
        paths = tuple(copy.source.path for copy in same)
        finding = DataFinding("copies", "", paths, (md5,) * len(paths))
        covered = any(row.covers(finding) for _, row in accepted.rows)
        if same[1:] and any(copy.label for copy in same) and not covered:
            yield _sorted(same, raw, data)


def _read(
    source: Source, raw: Path, reader: Reader, corrections: Mapping[tuple[str, str], str]
) -> Copy:
    md5 = hashlib.md5(source.content(raw)).hexdigest()
    if isinstance(reader, Pairs):
        mask = (raw / source.answer).read_bytes()
        return Copy(source, md5, hashlib.md5(mask).hexdigest(), source.answer)
    return Copy(source, md5, corrections.get((md5, source.answer), source.answer))


def _sorted(same: Sequence[Copy], raw: Path, data: Data) -> Copies:
    """Put the copy to keep first: one whose answer is right without a correction."""

    def rank(copy: Copy) -> tuple[bool, bool, str]:
        right = bool(copy.mask) or copy.label == copy.source.answer
        return not copy.label, not right, copy.source.path

    kept, *others = sorted(same, key=rank)
    labelled = [copy for copy in same if copy.label]
    problem = ""
    if any(_linked(path, raw) for copy in same for path in copy.files()):
        problem = LINKED
    elif len({copy.label for copy in labelled}) > 1:
        problem = MASKS if kept.mask else ANSWERS
    elif len({_origin(copy.source, data) for copy in labelled}) > 1:
        problem = PLACES
    return Copies(kept, others, problem)


def _linked(path: str, raw: Path) -> bool:
    """Whether a path leads to another file of the data, which must not go with its link."""
    here, real = raw.resolve() / path, (raw / path).resolve()
    elsewhere = (raw / path).parent.resolve() != here.parent
    return elsewhere or (real != here and real.is_relative_to(raw.resolve()))


def _origin(source: Source, data: Data) -> tuple[object, ...]:
    """What decides, besides the content, which split an example is in."""
    trained = not data.train_on or fnmatchcase(source.path, data.train_on)
    return group_of(source, data), source.time, is_target(source.path, data), trained


def told(known: Sequence[Copies]) -> str:
    """Return which files are copies, a line for each content, and what is left to a person."""
    free = [copies for copies in known if not copies.problem]
    lines = []
    if free:
        others = [copy for copies in free for copy in copies.others]
        size = sum(copy.source.size for copy in others)
        lines += [
            f"{RAW.as_posix()}: {len(others)} copies ({size:,} bytes), each after what stays:"
        ]
        lines += [f"  {_listed(copies)}" for copies in free]
    for problem in (ANSWERS, MASKS, PLACES, LINKED):
        if left := [copies for copies in known if copies.problem == problem]:
            lines += [f"{RAW.as_posix()}: copies that stay, because {problem}:"]
            lines += [f"  {_listed(copies)}" for copies in left]
    if not known:
        return f"{RAW.as_posix()}: no two files hold the same example."
    return "\n".join(lines)


def _listed(copies: Copies) -> str:
    words = []
    for copy in (copies.kept, *copies.others):
        answer = copy.mask or copy.source.answer
        words.append(shown(copy.source.path) + (f" ({shown(answer)})" if copies.problem else ""))
    return ", ".join(words)


def remove(known: Sequence[Copies], reader: Reader) -> list[Path]:
    """Remove all but the first of each; return which tables beside data/raw have changed."""
    gone = [copy for copies in known if not copies.problem for copy in copies.others]
    paths = {copy.source.path for copy in gone}
    if isinstance(reader, Labels):
        # First: a copy that the table does not name is found again, a row without a file is not.
        _drop_rows(RAW / LABELS, lambda row: row.get(PATH, "").strip() in paths)
    for copy in gone:
        for path in copy.files():
            (RAW / path).unlink()
    left = {
        (copy.md5, copy.source.answer)
        for copies in known
        for copy in (copies.kept, *(copies.others if copies.problem else ()))
    }
    stale = {(copy.md5, copy.source.answer) for copy in gone} - left
    changed = _drop_rows(CORRECTIONS, lambda row: (row["md5"].lower(), named(row["old"])) in stale)
    return [CORRECTIONS] if changed else []


def _drop_rows(table: Path, wanted: Callable[[Mapping[str, str]], bool]) -> bool:
    """Remove rows of a CSV file, and leave the bytes of the others; whether there were any."""
    content = table.read_bytes() if table.is_file() else b""
    rows, parts, at = [*csv_rows(io.BytesIO(content))], list[bytes](), 0
    for row in rows[1:]:
        cells = map(str.strip, row.cells)
        if wanted(dict(zip(rows[0].cells, cells, strict=False))):
            parts, at = [*parts, content[at : row.offset]], row.offset + row.size
    if at:
        write_bytes(table, b"".join([*parts, content[at:]]))
    return bool(at)
