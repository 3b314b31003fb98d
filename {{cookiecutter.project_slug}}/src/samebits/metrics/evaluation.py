"""What `reports/metrics.json` says: the one number to decide by, and all that stands around it.

Each example goes one way: `score` says which are scored together, `resample_all` computes every
figure of those with its interval, `judge_all` says what that means.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..console.errors import UserError
from ..core.sections import Evaluation
from .constraints import COSTS, LATENCY, WORST, Constraint, accepted, check_bound, judge, parse
from .intervals import Figure, Resampled, resample
from .predictions import Predictions
from .proportions import measured, newcombe
from .registry import METRICS, Metric
from .sample import Sample
from .scores import find, rounded
from .slices import Mask, slices

SLICED = ("dev", "test")


def check(evaluation: Evaluation, classes: Sequence[str]) -> list[Constraint]:
    """Return the constraints, after a look at every name of the section `evaluation`.

    Raises:
        UserError: a metric or a class is not there, or constraints contradict each other.
    """
    form = find(evaluation.metric).form
    constraints = parse(evaluation.constraints, classes)
    worst = [one for one in constraints if one.figure == WORST]
    if worst and not evaluation.slices:
        raise UserError(f"a constraint on `{WORST}` needs slices; add some to evaluation.slices.")
    for one in worst:
        check_bound(one, form)
    return constraints


class Part(NamedTuple):
    """A data set, or a slice of one: examples that are scored together.

    `mask` [n] says which of the data set they are.
    """

    split: str
    slice: str  # "" is all
    sample: Sample
    mask: Mask


Drawn = dict[tuple[str, str], Resampled]  # by data set and slice


def score(
    evaluation: Evaluation, classes: Sequence[str], predictions: Mapping[str, Predictions]
) -> list[Part]:
    """Return what is scored: each data set, then the slices of dev and test.

    Args:
        evaluation: what counts as good.
        classes: the names of the classes.
        predictions: by data set, in the order in which they are reported.

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
        for cut, mask in slices(evaluation.slices, split, classes).items():
            parts.append(Part(name, cut, split.sample.part(mask), mask))
    return parts


def resample_all(
    evaluation: Evaluation,
    constraints: Sequence[Constraint],
    classes: Sequence[str],
    parts: Sequence[Part],
    seed: int,
) -> Drawn:
    """Return every figure that is asked of each part, with its interval.

    Those are all metrics of a data set, the one to decide by of a slice, and those of constraints.

    Raises:
        UserError: a data set cannot be scored, there is no slice of that name, or the metric or a
            constraint tells nothing there.
    """
    _check_slices(evaluation, constraints, parts)
    found = {}
    for part in parts:
        chosen = _chosen(evaluation, part)
        bound = _bound(constraints, classes, part)
        try:
            found[part.split, part.slice] = resample(chosen | bound, part.sample, seed)
        except UserError as error:
            if not part.slice:
                raise UserError(f"data set `{part.split}`: {error}") from None
            # Of all examples one's own metric has given a number; here it is only left out.
            found[part.split, part.slice] = resample(bound, part.sample, seed)
    return found


def _check_slices(
    evaluation: Evaluation, constraints: Sequence[Constraint], parts: Sequence[Part]
) -> None:
    known = [part.slice for part in parts if part.split == "test" and part.slice]
    given = "none of evaluation.slices has an example there"
    none = given if evaluation.slices else "none; add some to evaluation.slices"
    for one in constraints:
        if one.slice and one.slice not in known:
            raise UserError(
                f"constraint `{one.text}`: there is no slice `{one.slice}` on test; the slices are "
                f"{', '.join(known) or none}."
            )


def _chosen(evaluation: Evaluation, part: Part) -> dict[str, Metric]:
    """The metrics that are asked of a part whatever the constraints."""
    name, metric = evaluation.metric, find(evaluation.metric)
    if part.slice:
        return {} if part.sample.untold(metric) else {name: metric}
    if part.split == "test":
        _check_told("data set `test`: the score", name, metric, part.sample, "test")
    return dict(METRICS)


def _bound(
    constraints: Sequence[Constraint], classes: Sequence[str], part: Part
) -> dict[str, Metric]:
    """The metrics of constraints on a part."""
    found = {}
    for one in constraints if part.split == "test" else ():
        if one.slice == part.slice and one.figure not in (*COSTS, LATENCY, WORST):
            found[one.figure] = metric = find(one.figure, classes)
            where = f"slice `{part.slice}`" if part.slice else "test"
            _check_told(f"constraint `{one.text}`", one.figure, metric, part.sample, where)
    return found


def _check_told(subject: str, figure: str, metric: Metric, sample: Sample, where: str) -> None:
    """Raise a `UserError` where nothing is known, which is neither good nor bad."""
    if problem := sample.untold(metric, figure, where):
        raise UserError(f"{subject}: {problem}; add pictures, or take another figure.")


def judge_all(
    evaluation: Evaluation,
    constraints: Sequence[Constraint],
    classes: Sequence[str],
    parts: Sequence[Part],
    drawn: Drawn,
    costs: Mapping[str, int],
) -> dict[str, Any]:
    """Return the content of `reports/metrics.json`.

    DVC shows the numbers and leaves out the lists, which hold intervals, constraints and slices.

    Args:
        evaluation: what counts as good.
        constraints: of `check`.
        classes: the names of the classes.
        parts: of `score`.
        drawn: of `resample_all`.
        costs: `parameters` and `model_bytes` of the model.

    Raises:
        UserError: a constraint asks for the worst slice, and none counts.
    """
    rows = _slices(evaluation, parts, drawn)
    known: dict[str, Figure | float] = {name: costs[name] for name in COSTS}
    for one in constraints:
        if one.figure == WORST:
            known[WORST] = _worst(find(evaluation.metric), rows)
        elif one.figure not in (*COSTS, LATENCY):
            known[one.name] = drawn["test", one.slice].figures[one.figure]
    verdicts = judge(constraints, known)
    score = drawn["test", ""].figures[evaluation.metric]
    return {
        "score": rounded(score.value),
        "metric": evaluation.metric,
        "accepted": accepted(verdicts),
        "interval": score.interval(),
        "constraints": verdicts,
        **costs,
        **{
            part.split: _summary(drawn[part.split, ""].figures, part.sample, classes)
            for part in parts
            if not part.slice
        },
        "slices": rows,
    }


def _summary(
    figures: Mapping[str, Figure], sample: Sample, classes: Sequence[str]
) -> dict[str, Any]:
    """What is said of a data set as a whole."""
    return {
        **{name: rounded(figures[name].value) for name in METRICS},
        "examples": len(sample),
        "intervals": [[name, *figures[name].interval()] for name in METRICS],
        **sample.remarks(classes),
    }


def _slices(evaluation: Evaluation, parts: Sequence[Part], drawn: Drawn) -> list[dict[str, Any]]:
    """The metric to decide by in each slice of dev and test, and what the slice costs.

    `counts` says who can be the worst.
    """
    whole = {part.split: part.sample for part in parts if not part.slice}
    rows = []
    for part in parts:
        if not part.slice:
            continue
        count = len(part.sample)
        row: dict[str, Any] = {"split": part.split, "slice": part.slice, "examples": count}
        if figure := drawn[part.split, part.slice].figures.get(evaluation.metric):
            row |= {"value": rounded(figure.value), "interval": figure.interval()}
            row |= {"counts": count >= evaluation.slice_examples}
        rows.append(row | _cost(whole[part.split], part.mask))
    return rows


def _cost(whole: Sample, mask: Mask) -> dict[str, float | list[float]]:
    """By how much fewer of all examples would be wrong, were the slice as good as the rest.

    In examples that are wrong, whatever metric decides: a mean over classes means little in a part
    that has few of them.
    """
    if mask.all():
        return {}
    errors, part = whole.errors, float(mask.mean())
    rest, inside = (measured("", errors[one], whole.groups[one]) for one in (~mask, mask))
    interval = [rounded(part * end) for end in newcombe(rest, inside)]
    return {"cost": rounded(part * (inside.error - rest.error)), "cost_interval": interval}


def _worst(metric: Metric, rows: Sequence[Mapping[str, Any]]) -> Figure:
    counted = [row for row in rows if row["split"] == "test" and row.get("counts")]
    if not counted:
        raise UserError(
            f"a constraint on `{WORST}` needs a slice of test with evaluation.slice_examples "
            "examples where the metric is defined; lower that number, or cut other slices."
        )
    sign = 1 if metric.higher_is_better else -1
    row = min(counted, key=lambda one: sign * one["value"])
    low, high = row["interval"]
    return Figure(row["value"], low, high, 0.0)
