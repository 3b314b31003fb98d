"""What a check returns, and the table of it."""

import sys
from collections.abc import Iterable
from typing import NamedTuple

from ..console.colour import GREEN, RED, YELLOW, coloured


class Finding(NamedTuple):
    """One fault: the file (relative to the project, with `/`), its line, and how to mend it."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class Check(NamedTuple):
    """One line of the table: what was looked at, what was found in numbers, what is wrong.

    `warnings` are good to know, and no fault.
    """

    name: str
    found: str
    findings: tuple[Finding, ...]
    warnings: tuple[Finding, ...] = ()

    @property
    def passed(self) -> bool:
        """No finding."""
        return not self.findings


def check(name: str, found: str, claim: str, findings: Iterable[Finding]) -> Check:
    """A `Check` with its findings in the order of files and lines, each once.

    Args:
        name: what stands in the table.
        found: what was looked at, in numbers.
        claim: what is true of it where there is no finding.
        findings: what is wrong.
    """
    faults = tuple(sorted(set(findings)))
    verdict = f"{len(faults)} to mend" if faults else claim
    return Check(name, f"{found}, {verdict}", faults)


def count(number: int, singular: str, plural: str = "") -> str:
    """`count(1, "file")` is "1 file", `count(2, "file")` is "2 files"."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def words(text: str) -> frozenset[str]:
    """The words of a text, to look things up in."""
    return frozenset(text.split())


def table(checks: list[Check], encoding: str | None = None) -> str:
    """One line for each check, then every finding of those that fail, and every warning.

    Args:
        checks: what `audit` returned.
        encoding: of the place where it will be shown; of standard output if not given.
    """
    encoding = encoding or getattr(sys.stdout, "encoding", None) or "ascii"
    passed, warned, failed = _marks(encoding)
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        mark = failed if check.findings else warned if check.warnings else passed
        colour = RED if check.findings else YELLOW if check.warnings else GREEN
        lines.append(f"{coloured(f'{mark} {check.name:{width}}', colour)}  {check.found}")
    for check in checks:
        if said := (*check.findings, *check.warnings):
            lines += ["", f"{check.name}:", *map(str, said)]
    # A path may hold what the terminal cannot show.
    return "\n".join(lines).encode(encoding, "backslashreplace").decode(encoding)


def _marks(encoding: str) -> tuple[str, str, str]:
    try:
        "✓✗".encode(encoding)
    except UnicodeEncodeError:
        return "ok  ", "warn", "FAIL"
    return "✓", "!", "✗"
