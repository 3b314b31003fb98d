"""The report's figures: every metric with its interval, simple models, constraints, slices."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..diagnosis.words import Words
from ..metrics.registry import METRICS
from .markup import bar, name, section, some, table, text


def metrics_section(metrics: Mapping[str, Any], words: Words) -> str:
    """Return the section, made of the content of reports/metrics.json."""
    parts = [
        _metrics(metrics, words),
        _baselines(metrics["baselines"], words),
        _constraints(metrics, words),
    ]
    return section("Metrics", *filter(None, parts))


def slices_section(metrics: Mapping[str, Any], words: Words) -> str:
    """Return what each slice costs, the costliest first, or nothing where there are no slices."""
    if not metrics["slices"]:
        return ""
    title = METRICS[metrics["metric"]].title
    lead = (
        f"<p>What a slice costs is {words.cheaper}, were it as good as "
        "the rest. Where the interval reaches 0, chance may be all of it.</p>"
    )
    splits = dict.fromkeys(row["split"] for row in metrics["slices"])
    tables = [
        _slices([row for row in metrics["slices"] if row["split"] == split], title, words)
        for split in splits
    ]
    return section("Slices, the costliest first", lead, *tables)


def verdict(metrics: Mapping[str, Any]) -> str:
    """Return one sentence on whether the model may be taken, made of reports/metrics.json."""
    missed = [one for one in metrics["constraints"] if one["met"] is False]
    if missed:
        names = "; ".join(
            f"<code>{text(one['constraint'])}</code> ({_miss(one)})" for one in missed
        )
        return f'<p class="verdict missed"><b>Not accepted</b>: it misses {names}.</p>'
    count = len(metrics["constraints"])
    if not count:
        return (
            '<p class="verdict">No constraint is set: whatever scores best is taken. '
            "<code>evaluation.constraints</code> sets some.</p>"
        )
    met = f"it meets {'its constraint' if count == 1 else f'all {count} constraints'}"
    if any(one["met"] is None for one in metrics["constraints"]):
        met = "as far as a result can say; <code>samebits latency</code> measures the rest"
    return f'<p class="verdict"><b>Accepted</b>: {met}.</p>'


def _miss(one: Mapping[str, Any]) -> str:
    # A class may have either sign in its name; what counts is the last.
    least = one["constraint"].rfind(">=") > one["constraint"].rfind("<=")
    way = "little" if least else "much"
    return f"{one['value']:,.6g}, {abs(one['margin']):,.6g} too {way}"


def _metrics(metrics: Mapping[str, Any], words: Words) -> str:
    splits = [
        key for key, value in metrics.items() if isinstance(value, dict) and "examples" in value
    ]
    splits.reverse()  # what decides stands where a narrow screen shows it
    pairs = {split: {key: pair for key, *pair in metrics[split]["intervals"]} for split in splits}
    shown = [key for key in METRICS if all(key in metrics[split] for split in splits)]
    rows = [
        [
            f"{text(METRICS[key].title)} <small>{text(METRICS[key].meaning)}</small>",
            *(
                f"{words.score(metrics[split][key])} {_ends(pairs[split][key], words)}"
                for split in splits
            ),
        ]
        for key in shown
    ]
    rows.append(["Examples", *(f"{metrics[split]['examples']:,}" for split in splits)])
    absent = [metrics[split].get("absent", []) for split in splits]
    if any(absent):
        lead = "Classes without an example <small>no part of a mean over classes</small>"
        rows.append([lead, *(some(names) if names else "none" for names in absent)])
    caption = "Metrics by data set, with 95 % intervals over the examples; the one in bold decides"
    marked = shown.index(metrics["metric"])
    header = ["Metric", *(name(one.replace("_", "-")) for one in splits)]
    return table(caption, header, rows, marked=marked, kind="metrics")


def _constraints(metrics: Mapping[str, Any], words: Words) -> str:
    if not metrics["constraints"]:
        return ""
    rows = [
        [f"<code>{text(one['constraint'])}</code>", *_verdict(one, words)]
        for one in metrics["constraints"]
    ]
    said = (
        "met: the model is accepted" if metrics["accepted"] else "missed: the model is not accepted"
    )
    header = ["Constraint", "Found on test", "Verdict", "To spare"]
    return table(f"Constraints {said}", header, rows)


def _verdict(one: Mapping[str, Any], words: Words) -> list[str]:
    if one["met"] is None:
        return ["measured on each machine", f"<code>{text(one['measured'])}</code> says", ""]
    found = f"{one['value']:,.6g}"
    if one["interval"] != [one["value"]] * 2:
        found += f" {_ends(one['interval'], words)}"
    verdict = "met" if one["met"] else "missed"
    return [found, verdict if one["sure"] else f"{verdict}, not for sure", f"{one['margin']:+,.6g}"]


def _baselines(rows: Sequence[Mapping[str, Any]], words: Words) -> str:
    cells = [
        [
            text(one["name"]),
            *(
                f"{words.score(on['value'])} {_ends(on['interval'], words)}"
                for on in (one, one["dev"])
            ),
            *(_ahead(on, words) for on in (one, one["dev"])),
        ]
        for one in rows
    ]
    header = ["Simple model", "Test", "Dev", "The network on test", "The network on dev"]
    return table("Simple models, by the metric that decides", header, cells) if rows else ""


def _slices(rows: Sequence[Mapping[str, Any]], title: str, words: Words) -> str:
    ordered = sorted(rows, key=lambda row: -row.get("cost", float("-inf")))
    most = max((row["cost_interval"][1] for row in rows if "cost" in row), default=0.0)
    cells = [
        [
            text(row["slice"]),
            bar(row["cost"], row["cost_interval"], most) if "cost" in row else "",
            _cost(row, words) if "cost" in row else "–",
            f"{words.score(row['value'])} {_ends(row['interval'], words)}"
            if "value" in row
            else "not defined",
            f"{row['examples']:,}",
        ]
        for row in ordered
    ]
    split = rows[0]["split"].replace("_", "-")
    header = ["Slice", "", "Costs", text(title), "Examples"]
    return table(f"Slices of {split}", header, cells, kind="bars")


def _cost(row: Mapping[str, Any], words: Words) -> str:
    cost = words.amount(row["cost"], signed=True, fine=True)
    return f"{cost} <small>{words.ends(*row['cost_interval'], signed=True, fine=True)}</small>"


def _ahead(on: Mapping[str, Any], words: Words) -> str:
    """What can be said of the network beside a simple model."""
    how = on["verdict"]
    if how != "cannot tell":
        how += f" by {words.score(abs(on['difference']))}"
    return f"{how} {_ends(on['difference_interval'], words, signed=True)}"


def _ends(interval: Sequence[float], words: Words, *, signed: bool = False) -> str:
    low, high = (words.score(end, signed=signed) for end in interval)
    return f"<small>{low} to {high}</small>"
