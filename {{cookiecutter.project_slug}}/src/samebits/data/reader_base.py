"""The base of all readers: a reader finds the examples, and the texts of their answers."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from .findings import shown
from .source import Source, sources, unfit_name
from .targets import SIGN, classes_of, joined
from .times import Clock

TABLES = (".csv", ".jsonl")


class Reader:
    """The base of all readers, which differ in `examples`."""

    unit: ClassVar[str] = "files"  # what an example is, in words
    folders: ClassVar[tuple[str, ...]] = ()  # required in data/raw, by name
    time: str = ""  # the column with the time of an example, if any
    group: str = ""  # the column whose equal values keep examples in one split, if any

    def sources(self, raw: Path) -> Iterator[Source]:
        """Yield every example below `raw`; if two have the same path, the later counts.

        Raises:
            UserError: as `sources` of source.py, or a table is not valid.
        """
        return self.examples(sources(raw), raw)

    def examples(self, files: Iterable[Source], raw: Path) -> Iterator[Source]:
        """Yield the examples in `files`.

        Args:
            files: the files, each as if it were an example.
            raw: their folder, which must hold at least the files that `is_table` names.

        Raises:
            UserError: a table is not valid; the message lists all problems.
        """
        raise NotImplementedError

    def wanted(self) -> str:
        """Return in a few words what data/raw must hold."""
        raise NotImplementedError

    def is_table(self, path: str) -> bool:
        """Whether the file at this path below data/raw lists examples or answers."""
        return False

    def classes(self, raw: Path) -> list[str]:
        """Return the classes that exist even without examples, sorted."""
        return []

    def content(self, source: Source, raw: Path) -> bytes:
        """Return the content of an example for `decode`, without its answer.

        Raises:
            UserError: it has changed since it was listed.
        """
        return source.content(raw)

    def files(self, raw: Path) -> Iterator[Source]:
        """Yield the files of the examples, which the packed layout packs."""
        return self.sources(raw)

    def size(self, source: Source) -> int:
        """Return the size of the content of an example, in bytes."""
        return source.size

    def md5(self, content: bytes) -> str:
        """Return the MD5 that identifies the content of an example."""
        return hashlib.md5(content).hexdigest()

    def listed(self, source: Source) -> tuple[str, str]:
        """Return the answer and the MD5 of an example of files whose stamps are their MD5s."""
        return source.answer, source.stamp

    def told(self, count: int, answers: int) -> str:
        """Return the counts of examples and of different answers, in words."""
        return f"{count} {self.unit} in {answers} different answers"


class Unfit(ValueError):
    """Says that a row is not an example, by which rule and why."""

    def __init__(self, rule: str, problem: str) -> None:
        super().__init__(problem)
        self.rule, self.problem = rule, problem


def answer_of(values: dict[str, Any], name: str, *, several: bool = False) -> str:
    """Remove the answer from a row, and return it as text.

    Raises:
        Unfit: it is missing, or tables cannot hold it.
    """
    if name not in values:
        raise Unfit("unlabelled", f"has no key {shown(name)}; add it, or remove the line")
    value = values.pop(name)
    answer = _several(value) if several else _text(value)
    if answer is None:
        raise Unfit("unlabelled", f"has a list or an object as {shown(name)}; write a text")
    if not answer:
        raise Unfit("unlabelled", f"has no {shown(name)}; fill it in, or remove the line")
    if problem := unfit_name(answer):
        words = f"has as {shown(name)} what no table of answers can hold, for {problem}"
        raise Unfit("unlabelled", words)
    return answer


def _several(value: Any) -> str | None:
    """Return the classes in a cell, or in a list of texts, as a single text.

    Raises:
        Unfit: the classes are not written correctly.
    """
    if isinstance(value, list) and all(
        isinstance(name, str) and SIGN not in name for name in value
    ):
        value = SIGN.join(value) if value != [""] else SIGN
    answer = _text(value)
    try:
        return None if answer is None else joined(classes_of(answer))
    except ValueError as problem:
        raise Unfit("unlabelled", str(problem)) from None


def time_of(values: Mapping[str, Any], name: str, clock: Clock) -> float | None:
    """Return the time in a row; None without a column `name`.

    Raises:
        Unfit: it is missing, or not a time.
    """
    if not name:
        return None
    try:
        return clock(_text(values.get(name)) or "")
    except ValueError as error:
        raise Unfit("untimed", str(error)) from None


def group_in(values: Mapping[str, Any], name: str) -> str:
    """Return the group in a row; "" without a column `name`.

    Raises:
        Unfit: it is missing, or tables cannot hold it.
    """
    if not name:
        return ""
    value = values.get(name)
    # 37 and 37.0 are the same group, whichever a program has written.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    group = _text(value)
    if group is None:
        raise Unfit("ungrouped", f"has a list or an object as {shown(name)}; write a text")
    if not group:
        words = f"has no {shown(name)}, so its group might end up in two splits; "
        raise Unfit("ungrouped", f"{words}fill it in, or remove the line")
    if problem := unfit_name(group):
        words = f"has as {shown(name)} what no table can hold, for {problem}"
        raise Unfit("ungrouped", words)
    return group


def _text(value: Any) -> str | None:
    """Return a value of JSON as text; None for a list or an object."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list | dict):
        return None
    return "" if value is None else json.dumps(value)
