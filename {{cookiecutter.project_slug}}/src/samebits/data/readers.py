"""Where examples stand with their answers: what the section `task` calls a reader.

Each makes of the files below data/raw the examples: their contents, and the text of their answers.
What cannot be an example is told with the rule of findings.py that refuses it, so that `validate`
finds all of it at once; a table whose columns are not as they must be is an error.
"""

import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, NamedTuple

from ..console.errors import UserError
from ..core.file_names import name_problem
from ..core.files import md5
from ..core.sections import Data, Task
from .findings import shown
from .rows import (
    BrokenTable,
    Row,
    cells_problem,
    column_problems,
    csv_rows,
    json_object,
    json_rows,
)
from .source import Source, classes, refuse, sources, unfit_name
from .targets import SIGN, classes_of, joined
from .times import Clock

LABELS, PATH = "labels.csv", "path"
TABLES = (".csv", ".jsonl")
NO_FILE = "there is no such file, or a hidden one"


class Reader:
    """What all readers share; `examples` is what they differ in."""

    unit: ClassVar[str] = "files"  # what the examples are
    time: str = ""  # the column that says when they were taken, if one does

    def sources(self, raw: Path) -> Iterator[Source]:
        """Yield every example below `raw`; of two with the same path the later one counts.

        Raises:
            UserError: as `sources` of source.py, or a table is not what it must be.
        """
        return self.examples(sources(raw), raw)

    def examples(self, files: Iterable[Source], raw: Path) -> Iterator[Source]:
        """Yield the examples that some files hold.

        Args:
            files: the files, each as if it were an example.
            raw: the folder below which at least those of them stand that `is_table` names.

        Raises:
            UserError: a table is not what it must be; the message lists all that is wrong.
        """
        raise NotImplementedError

    def wanted(self) -> str:
        """Return in a few words what data/raw must hold."""
        raise NotImplementedError

    def is_table(self, path: str) -> bool:
        """Whether the file at this path below data/raw says which examples or answers there are."""
        return False

    def classes(self, raw: Path) -> list[str]:
        """Return the classes that are there even if no example is in them, sorted."""
        return []

    def content(self, source: Source, raw: Path) -> bytes:
        """Return the content of an example, which `decode` gets; its answer is no part of it.

        Raises:
            UserError: it is not what it was when it was listed.
        """
        return source.content(raw)


@dataclass(frozen=True)
class Folders(Reader):
    """Files in a folder for each class."""

    def wanted(self) -> str:
        """Return what data/raw must hold."""
        return "files in a folder for each class, as cat/tom.jpg"

    def examples(self, files: Iterable[Source], raw: Path) -> Iterator[Source]:
        """Yield each file with the name of its folder as its answer."""
        for one in files:
            folder, _, name = one.path.partition("/")
            if folder and name and "/" not in name:
                yield one._replace(answer=folder)
            else:
                table = PurePosixPath(one.path).suffix in TABLES
                cure = "for a table set task.reader" if table else "move it to one"
                yield one.without("misplaced", f"files stand in one folder per class; {cure}")

    def classes(self, raw: Path) -> list[str]:
        """Return the names of the folders."""
        return classes(raw)


class _Entry(NamedTuple):
    """What labels.csv says of a path: the answer, or a problem and its rule; and in which line."""

    answer: str
    line: int
    rule: str = ""
    problem: str = ""
    time: float | None = None


class _Unfit(ValueError):
    """Says that a row is no example, by which rule and why."""

    def __init__(self, rule: str, problem: str) -> None:
        super().__init__(problem)
        self.rule, self.problem = rule, problem


@dataclass(frozen=True)
class Labels(Reader):
    """Files anywhere, and their answers in the column `answer` of a table beside them.

    An answer may name `several` classes, as targets.py reads them, or none.
    """

    answer: str
    time: str = ""
    several: bool = False

    def wanted(self) -> str:
        """Return what data/raw must hold."""
        return f"files, and {LABELS} with the columns {' and '.join(self._named())}"

    def _named(self) -> list[str]:
        """Return the columns that must be there."""
        return [PATH, self.answer, *filter(None, [self.time])]

    def is_table(self, path: str) -> bool:
        """Whether it is the table."""
        return path == LABELS

    def examples(self, files: Iterable[Source], raw: Path) -> Iterator[Source]:
        """Yield each file with its answer in the table, then what the table names in vain."""
        entries = self._entries(raw / LABELS)
        absent = dict.fromkeys(entries)
        for one in files:
            if one.path == LABELS and not one.file:
                continue
            absent.pop(one.path, None)
            entry = entries.get(one.path)
            if "" in one.path.split("/"):
                yield one.without("misplaced", "it is packed under a name that leads elsewhere")
            elif entry is None:
                yield one.without("unlabelled", f"{LABELS} does not name it; add it, or remove it")
            elif entry.problem:
                yield one.without(entry.rule, entry.problem)
            else:
                yield one._replace(answer=entry.answer, time=entry.time)
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
                f"{name} is not there; write it, with the columns {' and '.join(self._named())}."
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
        """Note a row; return what is wrong where it says nothing of any path."""
        at = columns.index(PATH)
        path = row.cells[at].strip() if at < len(row.cells) else ""
        if row.problem or not path:
            return row.problem or f"has no {PATH}; fill it in, or remove the line"
        try:
            if known := entries.get(path):
                words = f"names it, and so does line {known.line}; keep one of them"
                raise _Unfit("unlabelled", words)
            if problem := cells_problem(row, columns):
                raise _Unfit("unlabelled", problem)
            values = dict(zip(columns, row.cells, strict=True))
            # One object, not a million, for each class.
            answer = sys.intern(_answer(values, self.answer, several=self.several))
            time = _time(values, self.time, clock)
            entries[path] = _Entry(answer, row.line, time=time)
        except _Unfit as unfit:
            words = f"{LABELS}, line {row.line}, {unfit.problem}"
            entries[path] = _Entry("", row.line, unfit.rule, words)
        return ""


@dataclass(frozen=True)
class Lines(Reader):
    """The rows of CSV files and the lines of JSONL files; a column or key `answer` is the answer.

    The content is the row as JSON in UTF-8, without the answer: its columns in their order, each
    cell of CSV as a string, each value of JSONL as it is there. An answer may name `several`
    classes, as targets.py reads them, or none; in JSONL it may be a list of texts.
    """

    unit = "rows"

    answer: str
    time: str = ""
    several: bool = False
    # The columns of the CSV files that were listed, by path: a row alone does not tell them.
    columns: dict[Path, list[str]] = field(default_factory=dict, repr=False, compare=False)

    def wanted(self) -> str:
        """Return what data/raw must hold."""
        return f"{' or '.join(TABLES)} files, of which a column or key is {self.answer}"

    def is_table(self, path: str) -> bool:
        """Whether it holds examples."""
        return PurePosixPath(path).suffix.lower() in TABLES

    def examples(self, files: Iterable[Source], raw: Path) -> Iterator[Source]:
        """Yield every row of every file, and files that hold none."""
        problems, clock = list[str](), Clock(self.time)
        first: Path | None = None  # of the CSV files: the others must have its columns
        for one in files:
            path = raw / one.path
            if one.file or not self.is_table(one.path):
                words = f"examples stand in {' and '.join(TABLES)} files; make it one, or remove it"
                yield one.without("misplaced", words)
                continue
            with path.open("rb") as file:
                if _is_json(one.path):
                    rows = json_rows(file)
                else:
                    rows = csv_rows(file)
                    if faults := self._header(rows, path, first or path):
                        problems += faults
                        continue
                    first = first or path
                try:
                    yield from (self._example(one.path, path, row, clock) for row in rows)
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
            _answer(values, self.answer, several=self.several)
            content = _json(values)
        except (ValueError, StopIteration):
            content = b""
        if md5(content) != source.stamp:
            raise UserError(f"{source.path} has changed while it was read; run it again.")
        return content

    def _header(self, rows: Iterator[Row], path: Path, first: Path) -> list[str]:
        """Note the columns of a CSV file; return what is wrong with them."""
        name = path.as_posix()
        try:
            header = next(rows, None)
        except BrokenTable as error:
            return [f"{name}, {error}"]
        problems = column_problems(header, [self.answer, *filter(None, [self.time])], name)
        if problems or header is None:
            return problems
        self.columns[path] = header.cells
        if len(header.cells) == 1:
            return [f"{name}, line {header.line}, has no column beside the answer; add some."]
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
            time = _time(values, self.time, clock)
            answer = _answer(values, self.answer, several=self.several)
            return place._replace(stamp=md5(_json(values)), answer=answer, time=time)
        except _Unfit as unfit:
            # It is never read, so that its words tell whether it has changed.
            return place.without(unfit.rule, unfit.problem)

    def _values(self, row: Row, path: Path) -> dict[str, Any]:
        if not _is_json(path.name):
            columns = self.columns[path]
            if problem := cells_problem(row, columns):
                raise _Unfit("unreadable", problem)
            return dict(zip(columns, row.cells, strict=True))
        if row.problem:
            raise _Unfit("unreadable", row.problem)
        try:
            values = json_object(row.cells[0])
            _json(values)
        except UnicodeEncodeError:
            raise _Unfit("unreadable", "holds half of a letter, as \\ud800 is; mend it") from None
        except ValueError as error:
            raise _Unfit("unreadable", str(error)) from None
        return values


def _is_json(name: str) -> bool:
    return name.lower().endswith(TABLES[1])


def _answer(values: dict[str, Any], name: str, *, several: bool = False) -> str:
    """Take the answer out of a row, and return it as text.

    Raises:
        _Unfit: there is none, or it is one that tables cannot hold.
    """
    if name not in values:
        raise _Unfit("unlabelled", f"has no key {shown(name)}; add it, or remove the line")
    value = values.pop(name)
    answer = _several(value) if several else _text(value)
    if answer is None:
        raise _Unfit("unlabelled", f"has a list or an object as {shown(name)}; write a text")
    if not answer:
        raise _Unfit("unlabelled", f"has no {shown(name)}; fill it in, or remove the line")
    if problem := unfit_name(answer):
        words = f"has as {shown(name)} what no table of answers can hold, for {problem}"
        raise _Unfit("unlabelled", words)
    return answer


def _several(value: Any) -> str | None:
    """Return the classes that a cell names, or those in a list of texts, as one text.

    Raises:
        _Unfit: they are not named as they should be.
    """
    if isinstance(value, list) and all(isinstance(one, str) and SIGN not in one for one in value):
        value = SIGN.join(value) if value != [""] else SIGN
    answer = _text(value)
    try:
        return None if answer is None else joined(classes_of(answer))
    except ValueError as problem:
        raise _Unfit("unlabelled", str(problem)) from None


def _time(values: Mapping[str, Any], name: str, clock: Clock) -> float | None:
    """Return the time in a row, if one is asked for.

    Raises:
        _Unfit: there is none.
    """
    if not name:
        return None
    try:
        return clock(_text(values.get(name)) or "")
    except ValueError as error:
        raise _Unfit("untimed", str(error)) from None


def _text(value: Any) -> str | None:
    """Return a value of JSON as text; None where it is none, but several."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list | dict):
        return None
    return "" if value is None else json.dumps(value)


def _json(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode()


FOLDERS = Folders()


def reader_of(task: Task, data: Data) -> Reader:
    """Return the reader that the section `task` names.

    Raises:
        UserError: other keys do not go with it.
    """
    if task.reader == "folders":
        for key, value in (("answer", task.answer), ("time", task.time)):
            if value:
                raise UserError(
                    f"params.yaml: 'task.{key}' is {value!r}, but the reader folders has no table "
                    "of which it could be a column, for the folder is the answer; set it to ''."
                )
        if task.target == "classes":
            raise UserError(
                "params.yaml: 'task.target' is classes, but the reader folders gives a file the "
                "one class of its folder; set task.reader to labels or lines, or target to class."
            )
        return FOLDERS
    if not task.answer:
        raise UserError(
            f"params.yaml: 'task.answer' is empty, but the reader {task.reader} needs it; name the "
            "column that holds the answer."
        )
    if task.reader == "labels":
        if task.answer == PATH:
            raise UserError(
                f"params.yaml: 'task.answer' is {PATH!r}, but that column of {LABELS} names the "
                "files; name another."
            )
    elif data.layout != "files":
        raise UserError(
            f"params.yaml: 'data.layout' is {data.layout}, but the reader lines has few files "
            "already; set it to files."
        )
    if task.time == task.answer:
        raise UserError(
            f"params.yaml: 'task.time' and 'task.answer' are both {task.time!r}; let another "
            "column say the time."
        )
    if task.time and data.group:
        raise UserError(
            "params.yaml: 'task.time' and 'data.group' are both set, but a group can last from "
            "train to test; set one of them to ''."
        )
    return reader_named(task.reader, task.answer, task.time, task.target)


def reader_named(name: str, answer: str, time: str = "", target: str = "class") -> Reader:
    """Return a reader by its name in params.yaml, where answers are of a target.

    Raises:
        KeyError: there is none of this name.
    """
    kinds: dict[str, Callable[[str, str, bool], Reader]] = {"labels": Labels, "lines": Lines}
    return FOLDERS if name == "folders" else kinds[name](answer, time, target == "classes")
