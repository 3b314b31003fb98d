"""Findings that may stand: data/accepted.csv names each with a reason.

A row says: what `rule` finds about `subject` (a path below data/raw or a class, or a pattern such
as `tree/scan-*`; "" for what concerns all data) may stand, as long as the content is `md5`, where
one is given.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path

from ..core.csv_table import read_table
from ..data.findings import RULES, Finding, shown

FILE = Path("data/accepted.csv")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One row: which rule, about what, with which content ("" any), and why it may stand."""

    rule: str
    subject: str
    md5: str
    reason: str

    def covers(self, one: Finding) -> bool:
        """Whether the finding is of this rule and about this subject."""
        if self.rule != one.rule:
            return False
        md5 = one.md5 or ("",) * len(one.paths)
        contents = [*zip(one.paths, md5, strict=True), *((name, "") for name in one.classes)]
        return any(
            (self.subject == name or fnmatchcase(name, self.subject)) and self.md5 in ("", content)
            for name, content in contents or [("", "")]
        )


COLUMNS = tuple(one.name for one in fields(Acceptance))


@dataclass
class Accepted:
    """The rows of the file at `path`, and which of them have been of use so far."""

    path: Path
    rows: list[tuple[int, Acceptance]] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    used: set[int] = field(default_factory=set)

    @classmethod
    def read(cls, path: Path) -> "Accepted":
        """Read the file; what is wrong with it becomes findings."""
        rows, problems = read_table(path, COLUMNS)
        accepted = cls(path)
        for line, cells in rows:
            one = Acceptance(*cells)
            if problem := _problem(one):
                problems.append(f"{path.as_posix()}, line {line}: {problem}")
            else:
                accepted.rows.append((line, replace(one, md5=one.md5.lower())))
        accepted.problems += [Finding("acceptance", one) for one in problems]
        return accepted

    def apply(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Yield the findings, the accepted ones with their reason."""
        for one in findings:
            lines = [(line, row) for line, row in self.rows if row.covers(one)]
            self.used.update(line for line, _ in lines)
            yield replace(one, accepted=lines[0][1].reason) if lines else one

    def stale(self) -> Iterator[Finding]:
        """Yield a finding for each row that has been of no use."""
        for line, one in self.rows:
            if line not in self.used:
                yield Finding(
                    "stale-acceptance",
                    f"{self.path.as_posix()}, line {line}: nothing of {one.rule} is found for "
                    f"{shown(one.subject)} any more; remove the line.",
                )


def _problem(one: Acceptance) -> str:
    if one.rule not in RULES:
        known = ", ".join(name for name, rule in RULES.items() if rule.acceptable)
        return f"there is no rule {shown(one.rule)}; the rules are {known}."
    if not RULES[one.rule].acceptable:
        return f"what {one.rule} finds cannot be accepted, only mended; remove the line."
    return "" if one.reason else "it gives no reason; say why the finding may stand."
