"""What an audit found, in the forms that programs read: JSON, SARIF, GitHub's annotations.

Sources: SARIF 2.1.0 (OASIS, 2020), https://docs.oasis-open.org/sarif/sarif/v2.1.0/; "Workflow
commands" in GitHub's documentation.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .findings import Check, Finding

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = ("error", "warning")  # of findings, and of warnings, in both


def as_json(checks: Sequence[Check]) -> str:
    """Return {"passed": bool, "checks": [...]}; a check has its name, what was found, and findings.

    A finding has a path below the project, a line from 1 on, and a message.
    """
    rows = [
        {
            "name": check.name,
            "found": check.found,
            "passed": check.passed,
            "findings": [one._asdict() for one in check.findings],
            "warnings": [one._asdict() for one in check.warnings],
        }
        for check in checks
    ]
    return _dumped({"passed": all(check.passed for check in checks), "checks": rows})


def as_sarif(checks: Sequence[Check]) -> str:
    """Return a log of one run in SARIF; a rule for each check."""
    driver = {"name": "samebits audit", "rules": [{"id": check.name} for check in checks]}
    results = [
        {
            "ruleId": name,
            "level": level,
            "message": {"text": one.message},
            "locations": [{"physicalLocation": _place(one)}],
        }
        for name, level, one in _all(checks)
    ]
    run = {"tool": {"driver": driver}, "results": results}
    return _dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def as_annotations(checks: Sequence[Check]) -> str:
    """Return a line for each finding, which GitHub shows beside the file; "" where nothing is."""
    return "\n".join(
        f"::{level} file={_escaped(one.path, key=True)},line={one.line},"
        f"title={_escaped(f'audit: {name}', key=True)}::{_escaped(one.message)}"
        for name, level, one in _all(checks)
    )


def _all(checks: Sequence[Check]) -> Iterator[tuple[str, str, Finding]]:
    for check in checks:
        for level, findings in zip(LEVELS, (check.findings, check.warnings), strict=True):
            for one in findings:
                yield check.name, level, one


def _place(one: Finding) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": one.path},
        "region": {"startLine": max(one.line, 1)},
    }


def _escaped(text: str, *, key: bool = False) -> str:
    signs = "%\r\n:," if key else "%\r\n"
    return "".join(f"%{ord(one):02X}" if one in signs else one for one in text)


def _dumped(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2)
