"""The report's figures: every metric with its interval, simple models, constraints, slices."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from markupsafe import Markup

from ..diagnosis.words import Words, significant
from ..metrics.registry import METRICS
from .markup import render


def metrics_section(metrics: Mapping[str, Any], words: Words) -> Markup:
    """Return the section, from the content of reports/metrics.json."""
    splits = {
        name: split
        for name, split in metrics.items()
        if isinstance(split, dict) and "examples" in split
    }
    splits = dict(reversed(splits.items()))  # the one that decides comes first, for narrow screens
    names = [name for name in METRICS if all(name in split for split in splits.values())]
    return render(
        "metrics.html",
        metrics=metrics,
        splits=splits,
        decides=METRICS[metrics["metric"]],
        shown={name: METRICS[name] for name in names},
        intervals={
            name: {metric: ends for metric, *ends in split["intervals"]}
            for name, split in splits.items()
        },
        absent=[split.get("absent", []) for split in splits.values()],
        words=words,
        exact=partial(significant, digits=6),  # a count of parameters is no 1.2e+07
    )


def slices_section(metrics: Mapping[str, Any], words: Words) -> Markup:
    """Return what each slice costs, the costliest first, or nothing without slices."""
    if not metrics["slices"]:
        return Markup()
    splits: dict[str, list[Mapping[str, Any]]] = {row["split"]: [] for row in metrics["slices"]}
    for row in sorted(metrics["slices"], key=lambda row: -row.get("cost", float("-inf"))):
        splits[row["split"]].append(row)
    most = {
        split: max((row["cost_interval"][1] for row in rows if "cost" in row), default=0.0)
        for split, rows in splits.items()
    }
    return render(
        "slices.html",
        splits=splits,
        most=most,
        title=METRICS[metrics["metric"]].title,
        words=words,
    )


def verdict(metrics: Mapping[str, Any]) -> Markup:
    """Return one sentence on whether the model is accepted, from reports/metrics.json."""
    return render("verdict.html", constraints=metrics["constraints"])
