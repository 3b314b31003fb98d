"""What is odd in the data: the findings of `validate`, with the examples that they are about."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..data.findings import RULES
from .facts import moved
from .looks import Look, look_tag
from .markup import name, plural, section, table, text

MOST_SHOWN = 12  # findings of a rule; reports/data.json has all
MOST_EXAMPLES = 4  # of one finding

# How examples are shown, by their paths below data/raw.
Looks = Mapping[str, Look]


def findings_section(data: Mapping[str, Any], looks: Looks) -> str:
    """Return what reports/data.json says of the data, for those findings that are shown."""
    shown = shown_findings(data)
    parts = [_lead(data), *([_rules(data)] if shown else [])]
    for rule, some in shown.items():
        parts += _listed(rule, data["found"][rule], some, looks)
    if data["corrections"]:
        parts.append(_corrections(data["corrections"]))
    return section("What is odd in the data", *parts)


def shown_findings(data: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the findings to show by rule: of each the first, those not accepted before others."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in sorted(data["findings"], key=lambda one: bool(one["accepted"])):
        some = found.setdefault(one["rule"], [])
        if len(some) < MOST_SHOWN:
            some.append(one)
    return {rule: found[rule] for rule in RULES if rule in found}


def shown_paths(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths of the examples that the section would like to show."""
    for some in shown_findings(data).values():
        for one in some:
            yield from one["paths"][:MOST_EXAMPLES]


def _lead(data: Mapping[str, Any]) -> str:
    found, accepted = (sum(data[key].values()) for key in ("found", "accepted"))
    lead = f"{plural(found, 'finding')}, {accepted:,} of them accepted" if found else "No finding"
    before = data["compared_with"]
    since = f"compared with data version {name(before)}" if before else "there is no data release"
    unseen, statistics = data.get("not_looked_for", []), data["statistics"]
    return f"<p>{lead}. {_looked(data)}{moved(unseen, since, statistics)}</p>"


def _looked(data: Mapping[str, Any]) -> str:
    if not data["labels_examined"]:
        return ""
    looked = f"{data['labels_examined']:,} of {plural(data['examples'], 'example')}"
    return f"A model that had not seen them looked for wrong labels in {looked}. "


def _rules(data: Mapping[str, Any]) -> str:
    rows = [
        [
            f"{text(RULES[rule].title)} <small>{text(rule)}</small>",
            "error" if RULES[rule].error else "warning",
            f"{count:,}",
            f"{data['accepted'].get(rule, 0):,}",
        ]
        for rule, count in data["found"].items()
    ]
    return table("Findings by rule", ["Rule", "Severity", "Found", "Accepted"], rows)


def _listed(rule: str, count: int, some: list[dict[str, Any]], looks: Looks) -> Iterator[str]:
    rest = f" <small>the first {len(some)} of {count:,}</small>" if count > len(some) else ""
    yield f"<h3>{text(RULES[rule].title.capitalize())}{rest}</h3>"
    seen = any(path in looks for one in some for path in one["paths"][:MOST_EXAMPLES])
    yield f'<ol class="{"mistakes findings" if seen else "findings"}">'
    for one in some:
        yield _finding(one, looks)
    yield "</ol>"


def _finding(one: Mapping[str, Any], looks: Looks) -> str:
    paths = [path for path in one["paths"][:MOST_EXAMPLES] if path in looks]
    tags = "".join(look_tag(looks[path], f"Example {path}") for path in paths)
    words = name(one["message"])
    if one["accepted"]:
        words += f"<small>accepted: {name(one['accepted'])}</small>"
    if not tags:
        return f"<li>{words}</li>"
    return (
        f'<li><figure><div class="row">{tags}</div><figcaption>{words}</figcaption></figure></li>'
    )


def _corrections(corrections: list[dict[str, Any]]) -> str:
    header = ["Content", "Old label", "New label", "Examples", "Who", "Why"]
    rows = [
        [
            f"<code>{text(one['md5'])}</code>",
            *(name(one[key]) for key in ("old", "new")),
            f"{one['examples']:,}",
            *(name(one[key]) for key in ("who", "why")),
        ]
        for one in corrections[:MOST_SHOWN]
    ]
    caption = f"Corrected labels: {len(corrections):,}, of which the first are shown"
    return table(caption, header, rows, kind="words")
