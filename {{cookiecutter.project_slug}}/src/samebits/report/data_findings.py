"""The findings of `validate` in the data, with the examples that they are about."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ..data.findings import RULES
from .formats import capital
from .looks import Look
from .markup import render

MOST_SHOWN = 12  # findings of a rule; reports/data.json has all
MOST_EXAMPLES = 4  # of one finding

# How examples are shown, by their paths below data/raw.
Looks = Mapping[str, Look]


def findings_section(data: Mapping[str, Any], looks: Looks) -> Markup:
    """Return the section on the findings in reports/data.json."""
    shown, unseen = shown_findings(data), data.get("not_looked_for", [])
    return render(
        "findings.html",
        data=data,
        count=sum(data["found"].values()),
        accepted=sum(data["accepted"].values()),
        drifting=_compared(unseen, data["statistics"]),
        unseen=unseen,
        rules=RULES,
        shown={rule: [_seen(row, looks) for row in rows] for rule, rows in shown.items()},
        corrections=data["corrections"][:MOST_SHOWN],
    )


def shown_findings(data: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the findings to show, by rule: the first of each, those not accepted before others."""
    shown: dict[str, list[dict[str, Any]]] = {}
    for finding in sorted(data["findings"], key=lambda finding: bool(finding["accepted"])):
        of_rule = shown.setdefault(finding["rule"], [])
        if len(of_rule) < MOST_SHOWN:
            of_rule.append(finding)
    return {rule: shown[rule] for rule in RULES if rule in shown}


def shown_paths(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths of the examples that the section would like to show."""
    for findings in shown_findings(data).values():
        for finding in findings:
            yield from finding["paths"][:MOST_EXAMPLES]


def _seen(finding: dict[str, Any], looks: Looks) -> dict[str, Any]:
    """A finding, with the looks of its examples as far as they are known."""
    paths = finding["paths"][:MOST_EXAMPLES]
    return finding | {"looks": {path: looks[path] for path in paths if len(looks.get(path, ""))}}


def _compared(unseen: Sequence[str], statistics: Mapping[str, Any]) -> str:
    """What is compared with the last release, except by rules that could not be applied."""
    drifting = [kind for kind in ("brightness", "size") if f"{kind}-drift" not in unseen]
    values = [name for kind in ("numbers", "categories") for name in statistics.get(kind, ())]
    kinds = dict.fromkeys(name.partition(" ")[0] for name in values)
    drifting += [f"{kind}s" for kind in kinds]  # facts, columns
    return capital(" and ".join(drifting))
