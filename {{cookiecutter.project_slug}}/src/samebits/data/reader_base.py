"""What all readers share: a reader finds the examples, and the texts of their answers."""

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
    """What all readers share; `examples` is what they differ in."""

    unit: ClassVar[str] = "files"  # what the examples are
    folders: ClassVar[tuple[str, ...]] = ()  # that data/raw must have, by their names
    time: str = ""  # the column that says when they were taken, if one does
    group: str = ""  # the column in which those that stay in one split are equal, if one does

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

    def files(self, raw: Path) -> Iterator[Source]:
        """Yield what the packed layout packs: the files that the examples are made of."""
        return self.sources(raw)

    def size(self, source: Source) -> int:
        """Return how many bytes the content of an example has."""
        return source.size

    def md5(self, content: bytes) -> str:
        """Return what the content of an example is known by."""
        return hashlib.md5(content).hexdigest()

    def listed(self, source: Source) -> tuple[str, str]:
        """Return the answer of an example, and the same, of files whose stamps are their MD5."""
        return source.answer, source.stamp

    def told(self, count: int, answers: int) -> str:
        """Return in words how many examples there are, with so many different answers."""
        return f"{count} {self.unit} in {answers} different answers"


class Unfit(ValueError):
    """Says that a row is no example, by which rule and why."""

    def __init__(self, rule: str, problem: str) -> None:
        super().__init__(problem)
        self.rule, self.problem = rule, problem


def answer_of(values: dict[str, Any], name: str, *, several: bool = False) -> str:
    """Take the answer out of a row, and return it as text.

    Raises:
        Unfit: there is none, or it is one that tables cannot hold.
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
    """Return the classes that a cell names, or those in a list of texts, as one text.

    Raises:
        Unfit: they are not named as they should be.
    """
    if isinstance(value, list) and all(isinstance(one, str) and SIGN not in one for one in value):
        value = SIGN.join(value) if value != [""] else SIGN
    answer = _text(value)
    try:
        return None if answer is None else joined(classes_of(answer))
    except ValueError as problem:
        raise Unfit("unlabelled", str(problem)) from None


def time_of(values: Mapping[str, Any], name: str, clock: Clock) -> float | None:
    """Return the time in a row, if one is asked for.

    Raises:
        Unfit: there is none.
    """
    if not name:
        return None
    try:
        return clock(_text(values.get(name)) or "")
    except ValueError as error:
        raise Unfit("untimed", str(error)) from None


def group_in(values: Mapping[str, Any], name: str) -> str:
    """Return the group in a row, "" if none is asked for.

    Raises:
        Unfit: there is none, or it is one that tables cannot hold.
    """
    if not name:
        return ""
    value = values.get(name)
    # 37 and 37.0 are one, whichever of the two a program has written.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    group = _text(value)
    if group is None:
        raise Unfit("ungrouped", f"has a list or an object as {shown(name)}; write a text")
    if not group:
        words = f"has no {shown(name)}, so what belongs together might be torn into two splits; "
        raise Unfit("ungrouped", f"{words}fill it in, or remove the line")
    if problem := unfit_name(group):
        words = f"has as {shown(name)} what no table can hold, for {problem}"
        raise Unfit("ungrouped", words)
    return group


def _text(value: Any) -> str | None:
    """Return a value of JSON as text; None where it is none, but several."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list | dict):
        return None
    return "" if value is None else json.dumps(value)
