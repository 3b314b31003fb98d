"""What a check returns."""

from collections.abc import Iterable
from typing import NamedTuple


class Finding(NamedTuple):
    """One fault: the file (relative to the project, with `/`), its line, and how to mend it."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class Check(NamedTuple):
    """One line of the table: what was looked at, what was found in numbers, what is wrong."""

    name: str
    found: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """No finding."""
        return not self.findings


def check(name: str, found: str, findings: Iterable[Finding]) -> Check:
    """A `Check` with its findings in the order of files and lines, each once."""
    return Check(name, found, tuple(sorted(set(findings))))


def count(number: int, singular: str, plural: str = "") -> str:
    """`count(1, "file")` is "1 file", `count(2, "file")` is "2 files"."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
