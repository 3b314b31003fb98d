"""The report's figures: every metric with its interval, the constraints, the slices."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..metrics.registry import METRICS
from .markup import name, section, table, text


def metrics_section(metrics: Mapping[str, Any]) -> str:
    """Return the section, made of the content of reports/metrics.json."""
    parts = [_metrics(metrics), _constraints(metrics), _slices(metrics["slices"])]
    return section("Metrics", *filter(None, parts))


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
    way = "little" if ">=" in one["constraint"] else "much"
    return f"{one['value']:,.6g}, {abs(one['margin']):,.6g} too {way}"


def _metrics(metrics: Mapping[str, Any]) -> str:
    splits = [
        key for key, value in metrics.items() if isinstance(value, dict) and "examples" in value
    ]
    ends = {split: {key: pair for key, *pair in metrics[split]["intervals"]} for split in splits}
    shown = [key for key in METRICS if all(key in metrics[split] for split in splits)]
    rows = [
        [
            f"{text(METRICS[key].title)} <small>{text(METRICS[key].meaning)}</small>",
            *(f"{metrics[split][key]:.4f} {_interval(ends[split][key])}" for split in splits),
        ]
        for key in shown
    ]
    rows.append(["Pictures", *(f"{metrics[split]['examples']:,}" for split in splits)])
    caption = "Metrics by data set, with 95 % intervals over the examples; the one in bold decides"
    marked = shown.index(metrics["metric"])
    return table(caption, ["Metric", *map(name, splits)], rows, marked=marked)


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
        found += f" {_interval(one['interval'])}"
    verdict = "met" if one["met"] else "missed"
    return [found, verdict if one["sure"] else f"{verdict}, not for sure", f"{one['margin']:+,.6g}"]


def _slices(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    cells = [
        [
            text(row["slice"]),
            name(row["split"]),
            f"{row['examples']:,}",
            f"{row['value']:.4f} {_interval(row['interval'])}" if "value" in row else "not defined",
        ]
        for row in rows
    ]
    return table("The deciding metric by slice", ["Slice", "Data set", "Pictures", "Value"], cells)


def _interval(ends: Sequence[float]) -> str:
    return f"<small>{ends[0]:.4f} to {ends[1]:.4f}</small>"
