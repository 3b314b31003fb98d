"""The reader `labels`: examples are files, and their answers are in a table next to them."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..console.errors import UserError
from ..core.file_names import name_problem
from .reader_base import Reader, Unfit, answer_of, group_in, time_of
from .rows import BrokenTable, Row, cells_problem, column_problems, csv_rows
from .source import Source, refuse
from .times import Clock

LABELS, PATH = "labels.csv", "path"
NO_FILE = "there is no such file, or a hidden one"


class _Entry(NamedTuple):
    """A row of labels.csv: the answer for a path, or a problem and its rule; and its line."""

    answer: str
    line: int
    rule: str = ""
    problem: str = ""
    time: float | None = None
    group: str = ""


@dataclass(frozen=True)
class Labels(Reader):
    """Files anywhere, and their answers in the column `answer` of a table next to them.

    With `several`, an answer may name any number of classes, in the form of targets.py.
    """

    answer: str
    time: str = ""
    group: str = ""
    several: bool = False

    def wanted(self) -> str:
        """Return what data/raw must hold."""
        return f"files, and {LABELS} with the columns {' and '.join(self._named())}"

    def _named(self) -> list[str]:
        """Return the required columns."""
        return [PATH, self.answer, *filter(None, [self.time, self.group])]

    def is_table(self, path: str) -> bool:
        """Whether it is the table."""
        return path == LABELS

    def examples(self, files: Iterable[Source], raw: Path) -> Iterator[Source]:
        """Yield each file with its answer, then what the table names without a file."""
        entries = self._entries(raw / LABELS)
        absent = dict.fromkeys(entries)
        for source in files:
            if source.path == LABELS and not source.file:
                continue
            absent.pop(source.path, None)
            entry = entries.get(source.path)
            if "" in source.path.split("/"):
                yield source.without("misplaced", "it is packed under a name that leads elsewhere")
            elif entry is None:
                words = f"{LABELS} does not name it; add it, or remove it"
                yield source.without("unlabelled", words)
            elif entry.problem:
                yield source.without(entry.rule, entry.problem)
            else:
                yield source._replace(answer=entry.answer, time=entry.time, group=entry.group)
        for path in absent:
            why = name_problem(path)
            why = f"this {why}; write a path below data/raw" if why else NO_FILE
            words = f"{LABELS}, line {entries[path].line}, names it, but {why}"
            yield Source(path, "", 0, 0, "").without("missing-file", words)

    def _entries(self, path: Path) -> dict[str, _Entry]:
        problems, entries = list[str](), dict[str, _Entry]()
        name = path.as_posix()
        if not path.is_file():
            raise UserError(
                f"{name} is missing; write it, with the columns {' and '.join(self._named())}."
            )
        clock = Clock(self.time)
        with path.open("rb") as file:
            rows = csv_rows(file)
            try:
                header = next(rows, None)
                problems += column_problems(header, self._named(), name)
                columns = header.cells if header and not problems else []
                for row in rows if columns else ():
                    if problem := self._enter(row, columns, entries, clock):
                        problems.append(f"{name}, line {row.line}, {problem}.")
            except BrokenTable as error:
                problems.append(f"{name}, {error}")
        refuse(problems)
        return entries

    def _enter(self, row: Row, columns: list[str], entries: dict[str, _Entry], clock: Clock) -> str:
        """Enter a row; return its problem if it names no path."""
        at = columns.index(PATH)
        path = row.cells[at].strip() if at < len(row.cells) else ""
        if row.problem or not path:
            return row.problem or f"has no {PATH}; fill it in, or remove the line"
        try:
            if known := entries.get(path):
                words = f"names it, and so does line {known.line}; keep one of them"
                raise Unfit("unlabelled", words)
            if problem := cells_problem(row, columns):
                raise Unfit("unlabelled", problem)
            values = dict(zip(columns, row.cells, strict=True))
            # One object for each class instead of a million.
            answer = sys.intern(answer_of(values, self.answer, several=self.several))
            time = time_of(values, self.time, clock)
            group = sys.intern(group_in(values, self.group))
            entries[path] = _Entry(answer, row.line, time=time, group=group)
        except Unfit as unfit:
            words = f"{LABELS}, line {row.line}, {unfit.problem}"
            entries[path] = _Entry("", row.line, unfit.rule, words)
        return ""
