"""The result of an audit for programs: as JSON, SARIF, or annotations of GitHub.

Sources: SARIF 2.1.0 (OASIS, 2020), https://docs.oasis-open.org/sarif/sarif/v2.1.0/; "Workflow
commands" in GitHub's documentation.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from .outcomes import Check, Finding

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = ("error", "warning")  # of findings and of warnings, in SARIF and on GitHub


def as_json(checks: Sequence[Check]) -> str:
    """Return {"passed": bool, "checks": [...]}: name, summary (`found`) and findings of each check.

    A finding has a path below the project, a line counted from 1, and a message.
    """
    rows = [
        {
            "name": check.name,
            "found": check.summary,
            "passed": check.passed,
            "findings": [finding._asdict() for finding in check.findings],
            "warnings": [warning._asdict() for warning in check.warnings],
        }
        for check in checks
    ]
    return _dumped({"passed": all(check.passed for check in checks), "checks": rows})


def as_sarif(checks: Sequence[Check]) -> str:
    """Return a SARIF log of one run, with a rule for each check."""
    driver = {"name": "samebits audit", "rules": [{"id": check.name} for check in checks]}
    results = [
        {
            "ruleId": name,
            "level": level,
            "message": {"text": finding.message},
            "locations": [{"physicalLocation": _location(finding)}],
        }
        for name, level, finding in _all(checks)
    ]
    run = {"tool": {"driver": driver}, "results": results}
    return _dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def as_annotations(checks: Sequence[Check]) -> str:
    """Return a line for each finding, which GitHub shows next to the file; "" if there is none."""
    return "\n".join(
        f"::{level} file={_escaped(finding.path, key=True)},line={finding.line},"
        f"title={_escaped(f'audit: {name}', key=True)}::{_escaped(finding.message)}"
        for name, level, finding in _all(checks)
    )


def _all(checks: Sequence[Check]) -> Iterator[tuple[str, str, Finding]]:
    for check in checks:
        for level, findings in zip(LEVELS, (check.findings, check.warnings), strict=True):
            for finding in findings:
                yield check.name, level, finding


def _location(finding: Finding) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": quote(finding.path)},
        "region": {"startLine": max(finding.line, 1)},
    }


def _escaped(text: str, *, key: bool = False) -> str:
    reserved = "%\r\n:," if key else "%\r\n"
    return "".join(f"%{ord(char):02X}" if char in reserved else char for char in text)


def _dumped(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2)
