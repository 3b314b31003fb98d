"""The content of `reports/metrics.json`: the metric to decide by, and everything around it.

`parts_of` says which examples are scored together, `resample_all` computes each part's figures with
their intervals, and `judge_all` turns them into verdicts.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..console.errors import UserError
from ..core.sections import Evaluation
from ..data.targets import Answers
from .constraints import COSTS, LATENCY, WORST, Constraint, accepted, check_bound, judge, parse
from .intervals import Figure, Resampled, resample
from .predictions import Predictions
from .proportions import measured, newcombe
from .registry import Metric, metrics_of
from .sample import Sample
from .scores import find, rounded
from .slices import Mask, slices

SLICED = ("dev", "test")


def check(evaluation: Evaluation, answers: Answers) -> list[Constraint]:
    """Return the constraints, after checking every name in the section `evaluation`.

    Raises:
        UserError: a metric or a class is unknown, or constraints contradict each other.
    """
    form = find(evaluation.metric, target=answers.target).form
    constraints = parse(evaluation.constraints, answers)
    worst = [constraint for constraint in constraints if constraint.figure == WORST]
    if worst and not evaluation.slices:
        raise UserError(f"a constraint on `{WORST}` needs slices; add some to evaluation.slices.")
    for constraint in worst:
        check_bound(constraint, form)
    return constraints


class Part(NamedTuple):
    """A data set, or a slice of one: examples that are scored together.

    `whole` is the data set, and `mask` [n] says which of its examples belong to the part.
    """

    split: str
    slice: str  # "" is all
    whole: Sample
    mask: Mask

    def sample(self) -> Sample:
        """Return the examples; a slice is a copy, so do not keep it."""
        return self.whole.part(self.mask) if self.slice else self.whole


Drawn = dict[tuple[str, str], Resampled]  # by data set and slice


def parts_of(
    evaluation: Evaluation, answers: Answers, predictions: Mapping[str, Predictions]
) -> list[Part]:
    """Return the parts to score: each data set, then the slices of dev and test.

    Args:
        evaluation: what counts as good.
        answers: what an answer is.
        predictions: by data set, in the order of the report.

    Raises:
        UserError: `test` is missing, or a slice cannot be read.
    """
    if "test" not in predictions:
        raise UserError("there is no `test` data set to score; run `dvc repro prepare` first")
    parts = []
    for name, split in predictions.items():
        parts.append(Part(name, "", split.sample, np.ones(len(split.sample), dtype=np.bool_)))
    for name in [name for name in SLICED if name in predictions]:
        split = predictions[name]
        cuts = slices(evaluation.slices, split, answers)
        parts += [Part(name, cut, split.sample, mask) for cut, mask in cuts.items()]
    return parts


def resample_all(
    evaluation: Evaluation,
    constraints: Sequence[Constraint],
    answers: Answers,
    parts: Sequence[Part],
    seed: int,
) -> Drawn:
    """Return every figure that is needed of each part, with its interval.

    For a data set that is every metric, for a slice the metric to decide by; and constraints'.

    Raises:
        UserError: a data set cannot be scored, a constraint names an unknown slice, or the metric
            or a constraint is undefined there.
    """
    _check_slices(evaluation, constraints, parts)
    drawn = {}
    for part in parts:
        own = _constrained(constraints, part)
        compute = _of_slice if part.slice else _of_data_set
        drawn[part.split, part.slice] = compute(evaluation, own, answers, part, seed)
    return drawn


def _constrained(constraints: Sequence[Constraint], part: Part) -> list[Constraint]:
    """The constraints on metrics of a part."""
    return [
        constraint
        for constraint in constraints
        if part.split == "test"
        and constraint.slice == part.slice
        and constraint.figure not in (*COSTS, LATENCY, WORST)
    ]


def _of_data_set(
    evaluation: Evaluation,
    constraints: Sequence[Constraint],
    answers: Answers,
    part: Part,
    seed: int,
) -> Resampled:
    try:
        if part.split == "test":
            chosen = find(evaluation.metric)
            _check_told("the score", evaluation.metric, chosen, part.whole, "test")
        metrics = metrics_of(answers.target)
        metrics |= _metrics(constraints, answers, part.whole, "test")
        return resample(metrics, part.whole, seed)
    except UserError as error:
        raise UserError(f"data set `{part.split}`: {error}") from None


def _of_slice(
    evaluation: Evaluation,
    constraints: Sequence[Constraint],
    answers: Answers,
    part: Part,
    seed: int,
) -> Resampled:
    sample, metric = part.sample(), find(evaluation.metric)
    metrics = _metrics(constraints, answers, sample, f"slice `{part.slice}`")
    chosen = {} if sample.untold(metric) else {evaluation.metric: metric}
    try:
        return resample(chosen | metrics, sample, seed)
    except UserError:
        # The user's own metric gave a number for all examples; where it fails for these, omit it.
        return resample(metrics, sample, seed)


def _metrics(
    constraints: Sequence[Constraint], answers: Answers, sample: Sample, where: str
) -> dict[str, Metric]:
    """The metrics of constraints, each of which must be defined for the examples."""
    metrics = {}
    for constraint in constraints:
        metrics[constraint.figure] = metric = find(
            constraint.figure, answers.classes, answers.target
        )
        _check_told(f"constraint `{constraint.text}`", constraint.figure, metric, sample, where)
    return metrics


def _check_slices(
    evaluation: Evaluation, constraints: Sequence[Constraint], parts: Sequence[Part]
) -> None:
    known = [part.slice for part in parts if part.split == "test" and part.slice]
    given = "none of evaluation.slices has an example there"
    none = given if evaluation.slices else "none; add some to evaluation.slices"
    for constraint in constraints:
        if constraint.slice and constraint.slice not in known:
            raise UserError(
                f"constraint `{constraint.text}`: there is no slice `{constraint.slice}` on test; "
                f"the slices are {', '.join(known) or none}."
            )


def _check_told(subject: str, figure: str, metric: Metric, sample: Sample, where: str) -> None:
    """Raise a `UserError` if the metric is undefined, since that is neither good nor bad."""
    if problem := sample.untold(metric, figure, where):
        raise UserError(f"{subject}: {problem}; add examples, or choose another figure.")


def judge_all(
    evaluation: Evaluation,
    constraints: Sequence[Constraint],
    answers: Answers,
    parts: Sequence[Part],
    drawn: Drawn,
    costs: Mapping[str, int],
) -> dict[str, Any]:
    """Return the content of `reports/metrics.json`.

    DVC shows the numbers and skips the lists, which hold intervals, constraints and slices.

    Args:
        evaluation: what counts as good.
        constraints: as `check` returns them.
        answers: what an answer is.
        parts: as `parts_of` returns them.
        drawn: as `resample_all` returns it.
        costs: `parameters` and `model_bytes` of the model.

    Raises:
        UserError: a constraint asks for the worst slice, and none counts.
    """
    rows = _slice_rows(evaluation, parts, drawn)
    known: dict[str, Figure | float] = {name: costs[name] for name in COSTS}
    for constraint in constraints:
        if constraint.figure == WORST:
            known[WORST] = _worst(evaluation.metric, rows, drawn)
        elif constraint.figure not in (*COSTS, LATENCY):
            known[constraint.name] = drawn["test", constraint.slice].figures[constraint.figure]
    verdicts = judge(constraints, known)
    figure = drawn["test", ""].figures[evaluation.metric]
    whole = [part for part in parts if not part.slice]
    return {
        "score": figure.rounded(),
        "metric": evaluation.metric,
        "accepted": accepted(verdicts),
        "interval": figure.interval(),
        "constraints": verdicts,
        **costs,
        **{
            part.split: _summary(drawn[part.split, ""].figures, part.whole, answers)
            for part in whole
        },
        "slices": rows,
    }


def _summary(figures: Mapping[str, Figure], sample: Sample, answers: Answers) -> dict[str, Any]:
    """The entry of a whole data set in metrics.json."""
    names = metrics_of(answers.target)
    return {
        **{name: figures[name].rounded() for name in names},
        "examples": len(sample),
        "intervals": [[name, *figures[name].interval()] for name in names],
        **sample.remarks(answers.classes),
    }


def _slice_rows(
    evaluation: Evaluation, parts: Sequence[Part], drawn: Drawn
) -> list[dict[str, Any]]:
    """The metric to decide by in each slice of dev and test, and what the slice costs.

    `counts` says whether the slice is large enough to be the worst.
    """
    rows = []
    for part in [part for part in parts if part.slice]:
        count = int(part.mask.sum())
        row: dict[str, Any] = {"split": part.split, "slice": part.slice, "examples": count}
        if figure := drawn[part.split, part.slice].figures.get(evaluation.metric):
            row |= {"value": figure.rounded(), "interval": figure.interval()}
            row |= {"counts": count >= evaluation.slice_examples}
        rows.append(row | _cost(part.whole, part.mask, evaluation.slice_examples))
    return rows


def _cost(whole: Sample, mask: Mask, least: int) -> dict[str, float | list[float]]:
    """How much lower the mean error of all examples would be if the slice were like the rest.

    Counted in errors, whatever the metric to decide by: a mean over classes says little about a
    part that has few of them.
    """
    if (~mask).sum() < least:
        return {}  # too few other examples to compare with
    errors, part = whole.errors, float(mask.mean())
    rest, inside = (
        measured("", errors[rows], whole.groups[rows], share=whole.share, each=whole.each)
        for rows in (~mask, mask)
    )
    decimals = min(rest.decimals, inside.decimals)
    interval = [rounded(part * end, decimals) for end in newcombe(rest, inside)]
    cost = rounded(part * (inside.error - rest.error), decimals)
    return {"cost": cost, "cost_interval": interval}


def _worst(metric: str, rows: Sequence[Mapping[str, Any]], drawn: Drawn) -> Figure:
    counted = [row for row in rows if row["split"] == "test" and row.get("counts")]
    if not counted:
        raise UserError(
            f"a constraint on `{WORST}` needs a slice of test with evaluation.slice_examples "
            "examples where the metric is defined; lower that number, or cut other slices."
        )
    sign = 1 if find(metric).higher_is_better else -1
    row = min(counted, key=lambda row: sign * row["value"])
    return drawn["test", row["slice"]].figures[metric]
