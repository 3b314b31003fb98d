"""What the page says of numbers: the answers beside the truth, their errors, and the range."""

from collections.abc import Sequence

import numpy as np

from ..diagnosis.words import significant
from ..metrics.number_predictions import NumberPredictions
from ..metrics.sums import Values
from .inputs import Inputs
from .markup import name, section, table
from .parts import Parts
from .plots import MOST, Titles, histogram, scatter

QUANTILES = {"half of them": 0.5, "9 of 10": 0.9, "99 of 100": 0.99}


def number_parts(inputs: Inputs) -> Parts:
    """Return the parts of a page on examples of one number each."""
    splits = {
        split: one
        for split, one in inputs.predictions.items()
        if isinstance(one, NumberPredictions)
    }
    test = splits["test"]
    raw = inputs.data["examples"], inputs.data["answers"]["quartiles"]
    return Parts([_answers(test), _errors(test)], _ranges(splits, *raw))


def _answers(test: NumberPredictions) -> str:
    lead = "<p>Right answers lie on the dashed line: above it the model says too much.</p>"
    return section(
        "Predicted and actual numbers on test",
        lead + _thinned(test),
        '<div class="charts">',
        _figure(
            "Predicted by actual",
            scatter(
                Titles("Predicted by actual number on test", "actual", "predicted"),
                test.truth,
                test.answers,
                test.truth,
            ),
        ),
        _figure(
            "Residual by actual",
            scatter(
                Titles("Predicted less actual by actual number on test", "actual", "residual"),
                test.truth,
                test.answers - test.truth,
                np.zeros(len(test.truth)),
            ),
        ),
        "</div>",
    )


def _thinned(test: NumberPredictions) -> str:
    count = len(test.truth)
    if count <= MOST:
        return ""
    return (
        f"<p>Of {count:,} points {MOST:,} are drawn: those furthest off the line, and of the "
        "others some evenly spread.</p>"
    )


def _errors(test: NumberPredictions) -> str:
    errors = np.sort(test.sample.errors, kind="stable")
    parts = [
        f"{words} by at most {significant(_quantile(errors, part))}"
        for words, part in QUANTILES.items()
    ]
    bias = float(np.mean(test.answers - test.truth))
    way = "too much" if bias > 0 else "too little"
    lead = (
        f"<p>Answers miss the truth, {', '.join(parts)}, and the worst by "
        f"{significant(float(errors[-1]))}. On average they are {significant(abs(bias))} {way}.</p>"
    )
    titles = Titles("Answers on test by their error", "error", "answers")
    return section("Errors on test", lead, f"<figure>\n{histogram(titles, errors)}\n</figure>")


def _quantile(ordered: Values, part: float) -> float:
    """The least of sorted values that so many are not above."""
    return float(ordered[max(int(np.ceil(part * len(ordered))) - 1, 0)])


def _figure(title: str, svg: str) -> str:
    return f"<figure>\n<figcaption><h3>{title}</h3></figcaption>\n{svg}\n</figure>"


def _ranges(splits: dict[str, NumberPredictions], examples: int, quartiles: Sequence[float]) -> str:
    header = ["Data set", "Examples", "Least", "Middle", "Most", "Mean error"]
    ends = (significant(one, 4) for one in quartiles[::2])
    rows = [["raw", f"{examples:,}", *ends, ""]]
    for split, known in splits.items():
        ordered = np.sort(known.truth, kind="stable")
        figures = (ordered[0], _quantile(ordered, 0.5), ordered[-1], known.sample.errors.mean())
        rows.append(
            [
                name(split.replace("_", "-")),
                f"{len(ordered):,}",
                *(significant(float(one), 4) for one in figures),
            ]
        )
    return table("True numbers by data set", header, rows)
