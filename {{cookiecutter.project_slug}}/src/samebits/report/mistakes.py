"""The costliest mistakes on dev, with their examples, and the causes that people found.

They are on dev, because a test set that is searched for ideas is no longer a test set.
"""

from typing import Any

from markupsafe import Markup

from ..diagnosis.error_causes import Causes
from ..diagnosis.errors_base import Errors
from ..metrics.registry import Metric
from .inputs import Inputs
from .markup import render

SHOWN = 24
FEW = 12  # with fewer mistakes, near misses are shown as well


def mistakes_section(inputs: Inputs, metric: Metric) -> Markup:
    """Return the dev examples that went wrong, or nearly did, the costliest first."""
    errors, dev = inputs.errors, inputs.predictions["dev"]
    wrong = errors.ordered(metric, dev)
    nearly = errors.nearly(dev)[: max(FEW - len(wrong), 0)]
    items = [
        {
            "look": inputs.looks[row],
            "said": errors.said(dev, row),
            "path": dev.examples[row].path,
            "tags": "; ".join(inputs.tags.get(dev.examples[row].md5, ())),
            "kind": "wrong" if place < len(wrong) else "right",
        }
        for place, row in enumerate([*wrong[:SHOWN], *nearly])
    ]
    return render(
        "mistakes.html",
        count=len(wrong),
        shown=min(len(wrong), SHOWN),
        filled=len(wrong) < FEW,
        items=items,
        errors=errors,
        metric=metric,
    )


def causes_section(causes: Causes, metric: Metric, errors: Errors[Any]) -> Markup:
    """Return how much error each cause of reports/error-analysis.csv could remove at most."""
    return render("causes.html", causes=causes, metric=metric, errors=errors, words=errors.words)
