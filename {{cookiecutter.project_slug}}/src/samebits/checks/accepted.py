"""Accepted findings: data/accepted.csv lists them, each with a reason.

A row accepts what `rule` finds about `subject`: a path below data/raw or a class, or a pattern such
as `tree/scan-*`; "" for findings about all data. If the row gives an `md5`, only for that content.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path

from ..core.csv_table import read_table
from ..data.findings import RULES, DataFinding, shown

FILE = Path("data/accepted.csv")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A row: the rule, the subject, its content ("" for any), and the reason."""

    rule: str
    subject: str
    md5: str
    reason: str

    def covers(self, finding: DataFinding) -> bool:
        """Whether the row accepts the finding."""
        if self.rule != finding.rule:
            return False
        md5 = finding.md5 or ("",) * len(finding.paths)
        contents = [
            *zip(finding.paths, md5, strict=True),
            *((name, "") for name in finding.classes),
        ]
        return any(
            (self.subject == name or fnmatchcase(name, self.subject)) and self.md5 in ("", content)
            for name, content in contents or [("", "")]
        )


COLUMNS = tuple(column.name for column in fields(Acceptance))


@dataclass
class Accepted:
    """The rows of the file at `path`, and the lines of those `used` so far."""

    path: Path
    rows: list[tuple[int, Acceptance]] = field(default_factory=list)
    problems: list[DataFinding] = field(default_factory=list)
    used: set[int] = field(default_factory=set)

    @classmethod
    def read(cls, path: Path) -> "Accepted":
        """Read the file; its problems become findings."""
        rows, problems = read_table(path, COLUMNS)
        accepted = cls(path)
        for line, cells in rows:
            acceptance = Acceptance(*cells)
            if problem := _problem(acceptance):
                problems.append(f"{path.as_posix()}, line {line}: {problem}")
            else:
                accepted.rows.append((line, replace(acceptance, md5=acceptance.md5.lower())))
        accepted.problems += [DataFinding("acceptance", problem) for problem in problems]
        return accepted

    def apply(self, findings: Iterable[DataFinding]) -> Iterator[DataFinding]:
        """Yield the findings, the accepted ones with their reasons."""
        for finding in findings:
            lines = [(line, row) for line, row in self.rows if row.covers(finding)]
            self.used.update(line for line, _ in lines)
            yield replace(finding, accepted=lines[0][1].reason) if lines else finding

    def stale(self) -> Iterator[DataFinding]:
        """Yield a finding for each row that accepts nothing."""
        for line, row in self.rows:
            if line not in self.used:
                yield DataFinding(
                    "stale-acceptance",
                    f"{self.path.as_posix()}, line {line}: {row.rule} no longer finds anything "
                    f"about {shown(row.subject)}; remove the line.",
                )


def _problem(row: Acceptance) -> str:
    if row.rule not in RULES:
        known = ", ".join(name for name, rule in RULES.items() if rule.acceptable)
        return f"there is no rule {shown(row.rule)}; the rules are {known}."
    if not RULES[row.rule].acceptable:
        return f"findings of {row.rule} cannot be accepted, only fixed; remove the line."
    return "" if row.reason else "the reason is missing; say why the finding is acceptable."
