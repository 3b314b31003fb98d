"""The result of a check, and the table of all checks."""

import sys
from collections.abc import Iterable
from typing import NamedTuple

from ..console.colour import GREEN, RED, YELLOW, coloured


class Finding(NamedTuple):
    """One fault: the file (relative to the project, with `/`), its line, and how to fix it."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class Check(NamedTuple):
    """One line of the table: the check's name, a summary in numbers, and its findings.

    `warnings` are worth knowing but are not faults.
    """

    name: str
    summary: str
    findings: tuple[Finding, ...]
    warnings: tuple[Finding, ...] = ()

    @property
    def passed(self) -> bool:
        """No finding."""
        return not self.findings


def check(name: str, subject: str, claim: str, findings: Iterable[Finding]) -> Check:
    """A `Check` with its findings sorted by file and line, without repeats.

    Args:
        name: the name in the table.
        subject: what was checked, in numbers.
        claim: what is true of it if there is no finding.
        findings: what is wrong.
    """
    faults = tuple(sorted(set(findings)))
    verdict = f"{len(faults)} to fix" if faults else claim
    return Check(name, f"{subject}, {verdict}", faults)


def count(number: int, singular: str, plural: str = "") -> str:
    """`count(1, "file")` is "1 file", `count(2, "file")` is "2 files"."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def words(text: str) -> frozenset[str]:
    """The set of words of a text."""
    return frozenset(text.split())


def table(checks: list[Check], encoding: str | None = None) -> str:
    """One line for each check, then all findings and warnings.

    Args:
        checks: the result of `audit`.
        encoding: of the terminal or file that will show it; by default that of standard output.
    """
    encoding = encoding or getattr(sys.stdout, "encoding", None) or "ascii"
    passed, warned, failed = _marks(encoding)
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        mark = failed if check.findings else warned if check.warnings else passed
        colour = RED if check.findings else YELLOW if check.warnings else GREEN
        lines.append(f"{coloured(f'{mark} {check.name:{width}}', colour)}  {check.summary}")
    for check in checks:
        if listed := (*check.findings, *check.warnings):
            lines += ["", f"{check.name}:", *map(str, listed)]
    # A path may contain characters that the terminal cannot show.
    return "\n".join(lines).encode(encoding, "backslashreplace").decode(encoding)


def _marks(encoding: str) -> tuple[str, str, str]:
    try:
        "✓✗".encode(encoding)
    except UnicodeEncodeError:
        return "ok  ", "warn", "FAIL"
    return "✓", "!", "✗"
