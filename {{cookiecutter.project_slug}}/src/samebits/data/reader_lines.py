"""The reader `lines`: examples are rows of CSV and JSONL files."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ..console.errors import UserError
from ..core.files import md5
from .findings import shown
from .reader_base import TABLES, Reader, Unfit, answer_of, group_in, time_of
from .rows import (
    BrokenTable,
    Row,
    cells_problem,
    column_problems,
    csv_rows,
    json_object,
    json_rows,
)
from .source import Source, refuse
from .times import Clock


@dataclass(frozen=True)
class Lines(Reader):
    """The rows of CSV files and the lines of JSONL files; a column or key `answer` is the answer.

    The content is the row as JSON in UTF-8, without the answer: its columns in their order, each
    cell of CSV as a string, each value of JSONL unchanged. With `several`, an answer may name any
    number of classes, in the form of targets.py; in JSONL it may be a list of texts.
    """

    unit = "rows"

    answer: str
    time: str = ""
    group: str = ""
    several: bool = False
    # The columns of the listed CSV files, by path; a row alone does not tell them.
    columns: dict[Path, list[str]] = field(default_factory=dict, repr=False, compare=False)

    def wanted(self) -> str:
        """Return what data/raw must hold."""
        return f"{' or '.join(TABLES)} files with a column or key {self.answer}"

    def is_table(self, path: str) -> bool:
        """Whether it holds examples."""
        return PurePosixPath(path).suffix.lower() in TABLES

    def examples(self, files: Iterable[Source], raw: Path) -> Iterator[Source]:
        """Yield every row of every file, and the files that are not tables."""
        problems, clock = list[str](), Clock(self.time)
        first: Path | None = None  # CSV file: the others must have its columns
        for source in files:
            path = raw / source.path
            if source.file or not self.is_table(source.path):
                words = (
                    f"examples belong in {' and '.join(TABLES)} files; make it one, or remove it"
                )
                yield source.without("misplaced", words)
                continue
            with path.open("rb") as file:
                if _is_json(source.path):
                    rows = json_rows(file)
                else:
                    rows = csv_rows(file)
                    if faults := self._header(rows, path, first or path):
                        problems += faults
                        continue
                    first = first or path
                try:
                    yield from (self._example(source.path, path, row, clock) for row in rows)
                except BrokenTable as error:
                    problems.append(f"{path.as_posix()}, {error}")
        refuse(problems)

    def content(self, source: Source, raw: Path) -> bytes:
        """Return the row as JSON."""
        path = raw / source.file
        file = io.BytesIO(source.content(raw))
        try:
            if not _is_json(source.file) and path not in self.columns:
                with path.open("rb") as table:
                    self.columns[path] = next(csv_rows(table)).cells
            row = next((json_rows if _is_json(source.file) else csv_rows)(file, part=True))
            values = self._values(row, path)
            answer_of(values, self.answer, several=self.several)
            content = row_content(values)
        except (ValueError, StopIteration):
            content = b""
        if md5(content) != source.stamp:
            raise UserError(f"{source.path} has changed while it was read; run it again.")
        return content

    def _header(self, rows: Iterator[Row], path: Path, first: Path) -> list[str]:
        """Remember the columns of a CSV file; return their problems."""
        name = path.as_posix()
        try:
            header = next(rows, None)
        except BrokenTable as error:
            return [f"{name}, {error}"]
        problems = column_problems(
            header, [self.answer, *filter(None, [self.time, self.group])], name
        )
        if problems or header is None:
            return problems
        self.columns[path] = header.cells
        if len(header.cells) == 1:
            return [f"{name}, line {header.line}, has no column besides the answer; add some."]
        if header.cells != self.columns[first]:
            other = ", ".join(map(shown, self.columns[first]))
            return [
                f"{name}, line {header.line}, has other columns than {first.as_posix()}; give both "
                f"the same in the same order: {other}."
            ]
        return []

    def _example(self, name: str, path: Path, row: Row, clock: Clock) -> Source:
        place = Source(f"{name}:{row.line}", name, row.offset, row.size, "")
        try:
            values = self._values(row, path)
            time, group = time_of(values, self.time, clock), group_in(values, self.group)
            answer = answer_of(values, self.answer, several=self.several)
            stamp = md5(row_content(values))
            return place._replace(stamp=stamp, answer=answer, time=time, group=group)
        except Unfit as unfit:
            # Its content is never read, so its problem tells whether it has changed.
            return place.without(unfit.rule, unfit.problem)

    def _values(self, row: Row, path: Path) -> dict[str, Any]:
        return row_values(row, [] if _is_json(path.name) else self.columns[path])


def _is_json(name: str) -> bool:
    return name.lower().endswith(TABLES[1])


def row_values(row: Row, columns: Sequence[str]) -> dict[str, Any]:
    """Return the values of a row by column; without `columns`, of a line of JSONL.

    Raises:
        Unfit: it cannot be read.
    """
    if columns:
        if problem := cells_problem(row, columns):
            raise Unfit("unreadable", problem)
        return dict(zip(columns, row.cells, strict=True))
    if row.problem:
        raise Unfit("unreadable", row.problem)
    try:
        values = json_object(row.cells[0])
        row_content(values)
    except UnicodeEncodeError:
        raise Unfit("unreadable", "holds half a character, such as \\ud800; fix it") from None
    except ValueError as error:
        raise Unfit("unreadable", str(error)) from None
    return values


def row_content(values: Mapping[str, Any]) -> bytes:
    """Return the content of a row for `decode`."""
    return json.dumps(values, ensure_ascii=False).encode()
