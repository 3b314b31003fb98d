"""The report's figures: every metric with its interval, simple models, constraints, slices."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..metrics.registry import METRICS
from .markup import bar, ends, name, section, some, table, text


def metrics_section(metrics: Mapping[str, Any]) -> str:
    """Return the section, made of the content of reports/metrics.json."""
    parts = [_metrics(metrics), _baselines(metrics["baselines"]), _constraints(metrics)]
    return section("Metrics", *filter(None, parts))


def slices_section(metrics: Mapping[str, Any]) -> str:
    """Return what each slice costs, the costliest first, or nothing where there are no slices."""
    if not metrics["slices"]:
        return ""
    title = METRICS[metrics["metric"]].title
    lead = (
        "<p>What a slice costs is how much less of all pictures would be wrong, were it as good as "
        "the rest. Where the interval reaches 0, chance may be all of it.</p>"
    )
    splits = dict.fromkeys(row["split"] for row in metrics["slices"])
    tables = [
        _slices([row for row in metrics["slices"] if row["split"] == split], title)
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
        met = "as far as a result can say; <code>make latency</code> measures the rest"
    return f'<p class="verdict"><b>Accepted</b>: {met}.</p>'


def _miss(one: Mapping[str, Any]) -> str:
    # A class may have either sign in its name; what counts is the last.
    least = one["constraint"].rfind(">=") > one["constraint"].rfind("<=")
    way = "little" if least else "much"
    return f"{one['value']:,.6g}, {abs(one['margin']):,.6g} too {way}"


def _metrics(metrics: Mapping[str, Any]) -> str:
    splits = [
        key for key, value in metrics.items() if isinstance(value, dict) and "examples" in value
    ]
    splits.reverse()  # what decides stands where a narrow screen shows it
    pairs = {split: {key: pair for key, *pair in metrics[split]["intervals"]} for split in splits}
    shown = [key for key in METRICS if all(key in metrics[split] for split in splits)]
    rows = [
        [
            f"{text(METRICS[key].title)} <small>{text(METRICS[key].meaning)}</small>",
            *(f"{metrics[split][key]:.4f} {ends(pairs[split][key])}" for split in splits),
        ]
        for key in shown
    ]
    rows.append(["Pictures", *(f"{metrics[split]['examples']:,}" for split in splits)])
    absent = [metrics[split].get("absent", []) for split in splits]
    if any(absent):
        lead = "Classes without a picture <small>no part of a mean over classes</small>"
        rows.append([lead, *(some(names) if names else "none" for names in absent)])
    caption = "Metrics by data set, with 95 % intervals over the examples; the one in bold decides"
    marked = shown.index(metrics["metric"])
    header = ["Metric", *(name(one.replace("_", "-")) for one in splits)]
    return table(caption, header, rows, marked=marked, kind="metrics")


def _constraints(metrics: Mapping[str, Any]) -> str:
    if not metrics["constraints"]:
        return ""
    rows = [
        [f"<code>{text(one['constraint'])}</code>", *_verdict(one)]
        for one in metrics["constraints"]
    ]
    said = (
        "met: the model is accepted" if metrics["accepted"] else "missed: the model is not accepted"
    )
    header = ["Constraint", "Found on test", "Verdict", "To spare"]
    return table(f"Constraints {said}", header, rows)


def _verdict(one: Mapping[str, Any]) -> list[str]:
    if one["met"] is None:
        return ["measured on each machine", f"<code>{text(one['measured'])}</code> says", ""]
    found = f"{one['value']:,.6g}"
    if one["interval"] != [one["value"]] * 2:
        found += f" {ends(one['interval'])}"
    verdict = "met" if one["met"] else "missed"
    return [found, verdict if one["sure"] else f"{verdict}, not for sure", f"{one['margin']:+,.6g}"]


def _baselines(rows: Sequence[Mapping[str, Any]]) -> str:
    cells = [
        [
            text(one["name"]),
            *(f"{on['value']:.4f} {ends(on['interval'])}" for on in (one, one["dev"])),
            *(
                f"{on['verdict']} by {abs(on['difference']):.4f} {_ends(on['difference_interval'])}"
                if on["verdict"] != "cannot tell"
                else f"cannot tell {_ends(on['difference_interval'])}"
                for on in (one, one["dev"])
            ),
        ]
        for one in rows
    ]
    header = ["Simple model", "Test", "Dev", "The network on test", "The network on dev"]
    return table("Simple models, by the metric that decides", header, cells) if rows else ""


def _slices(rows: Sequence[Mapping[str, Any]], title: str) -> str:
    ordered = sorted(rows, key=lambda row: -row.get("cost", float("-inf")))
    most = max((row["cost_interval"][1] for row in rows if "cost" in row), default=0.0)
    cells = [
        [
            text(row["slice"]),
            bar(row["cost"], row["cost_interval"], most) if "cost" in row else "",
            _cost(row) if "cost" in row else "–",
            f"{row['value']:.4f} {ends(row['interval'])}" if "value" in row else "not defined",
            f"{row['examples']:,}",
        ]
        for row in ordered
    ]
    split = rows[0]["split"].replace("_", "-")
    header = ["Slice", "", "Costs", text(title), "Pictures"]
    return table(f"Slices of {split}", header, cells, kind="bars")


def _cost(row: Mapping[str, Any]) -> str:
    low, high = (100 * end for end in row["cost_interval"])
    return f"{100 * row['cost']:+.2f} % <small>{low:+.2f} to {high:+.2f}</small>"


def _ends(interval: Sequence[float]) -> str:
    return f"<small>{interval[0]:+.4f} to {interval[1]:+.4f}</small>"
