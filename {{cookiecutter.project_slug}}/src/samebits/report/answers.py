"""The first screen: how good the model is, whether it is accepted, what it beats, what is next."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from ..diagnosis.words import Words
from ..metrics.registry import Metric
from ..metrics.scores import find
from .figures import verdict
from .inputs import Inputs
from .markup import render

Rows = Sequence[Mapping[str, Any]]


def answers(inputs: Inputs) -> Markup:
    """Return the score and, below it, the questions with their answers."""
    metrics, diagnosis, errors = inputs.metrics, inputs.diagnosis, inputs.errors
    metric, test = find(metrics["metric"]), inputs.predictions["test"]
    wrong, count = int(errors.mistakes(test).sum()), len(test.examples)
    gaps = [None, *diagnosis["gaps"]]  # each ends at its place in the chain
    return render(
        "answers.html",
        notice=unbeaten_notice(metrics, errors.words),
        metrics=metrics,
        metric=metric,
        words=errors.words,
        count=count,
        fared=errors.words.fared(float(np.mean(test.sample.errors)), wrong, count),
        absent=metrics["test"].get("absent", []),
        verdict=verdict(metrics),
        baselines=_best_first(metrics["baselines"], metric),
        diagnosis=diagnosis,
        chain={place["name"]: place["error"] for place in diagnosis["chain"]},
        places=[*zip(diagnosis["chain"], gaps, strict=True)],
    )


def unbeaten_notice(metrics: Mapping[str, Any], words: Words) -> Markup:
    """Return a paragraph if a simple model is as good, as far as the test examples can tell."""
    metric = find(metrics["metric"])
    unbeaten = [row for row in _best_first(metrics["baselines"], metric) if not row["beaten"]]
    if not unbeaten:
        return Markup()
    return render(
        "unbeaten.html",
        words=words,
        metric=metric,
        model=unbeaten[0],
    )


def _best_first(rows: Rows, metric: Metric) -> list[Mapping[str, Any]]:
    sign = -1 if metric.higher_is_better else 1
    return sorted(rows, key=lambda row: sign * row["value"])
