"""The page on numbers: answers and truth, their errors, and the range."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from ..diagnosis.words import significant
from ..metrics.number_predictions import NumberPredictions
from ..metrics.sums import Values
from .formats import thousands
from .inputs import Inputs
from .markup import render
from .number_plots import MOST, PlotTitles, histogram, scatter
from .parts import Parts, counts_table, splits_of

QUANTILES = {"half of them": 0.5, "9 of 10": 0.9, "99 of 100": 0.99}
PREDICTED = PlotTitles("Predicted by actual number on test", "actual", "predicted")
RESIDUAL = PlotTitles("Predicted less actual by actual number on test", "actual", "residual")
ERRORS = PlotTitles("Answers on test by their error", "error", "answers")


def number_parts(inputs: Inputs) -> Parts:
    """Return the parts of a page on examples of one number each."""
    splits = splits_of(inputs, NumberPredictions)
    raw = inputs.data["examples"], inputs.data["answers"]["quartiles"]
    return Parts([_answers(splits["test"])], _ranges(splits, *raw))


def _answers(test: NumberPredictions) -> Markup:
    truth, residuals = test.truth, test.answers - test.truth
    errors, bias = np.sort(test.sample.errors, kind="stable"), float(np.mean(residuals))
    return render(
        "numbers.html",
        count=len(truth),
        drawn=MOST,
        predicted=scatter(PREDICTED, truth, test.answers, truth),
        residual=scatter(RESIDUAL, truth, residuals, np.zeros(len(truth))),
        misses={words: significant(_quantile(errors, part)) for words, part in QUANTILES.items()},
        worst=significant(float(errors[-1])),
        bias=significant(abs(bias)),
        above=bias > 0,
        errors=histogram(ERRORS, errors),
    )


def _quantile(ordered: Values, part: float) -> float:
    """The smallest of sorted values that this share does not exceed."""
    return float(ordered[max(int(np.ceil(part * len(ordered))) - 1, 0)])


def _ranges(
    splits: dict[str, NumberPredictions], examples: int, quartiles: Sequence[float]
) -> Markup:
    header = ["Data set", "Examples", "Least", "Middle", "Most", "Mean error"]
    rows = [["raw", thousands(examples), *(significant(end, 4) for end in quartiles[::2]), ""]]
    for split, known in splits.items():
        ordered = np.sort(known.truth, kind="stable")
        figures = (ordered[0], _quantile(ordered, 0.5), ordered[-1], known.sample.errors.mean())
        cells = (significant(float(figure), 4) for figure in figures)
        rows.append([split.replace("_", "-"), thousands(len(ordered)), *cells])
    return counts_table("True numbers by data set", header, rows, total=False)
