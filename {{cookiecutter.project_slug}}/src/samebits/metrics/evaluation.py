"""What `reports/metrics.json` says: the one number to decide by, and all that stands around it."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..console.errors import UserError
from ..core.sections import Evaluation
from . import probabilities
from .constraints import COSTS, LATENCY, WORST, Constraint, accepted, check_bound, judge, parse
from .intervals import Figure, measure
from .predictions import Predictions
from .proportions import measured, newcombe
from .registry import METRICS, Metric
from .scores import find, rounded
from .slices import Mask, slices
from .sums import Sample

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


def summarise(
    evaluation: Evaluation,
    classes: Sequence[str],
    predictions: Mapping[str, Predictions],
    costs: Mapping[str, int],
    seed: int,
) -> dict[str, Any]:
    """Return the content of `reports/metrics.json`.

    DVC shows the numbers and leaves out the lists, which hold intervals, constraints and slices.

    Args:
        evaluation: what counts as good.
        classes: the names of the classes.
        predictions: name of the data set → its predictions, in the order in which they are
            reported; `test` must be among them, for it gives the score.
        costs: `parameters` and `model_bytes` of the model.
        seed: of the bootstrap.

    Raises:
        UserError: a name is unknown, `test` is missing, a data set cannot be scored, or the metric
            or a constraint tells nothing on it.
    """
    constraints = check(evaluation, classes)
    if "test" not in predictions:
        raise UserError("there is no `test` data set to score; run `dvc repro prepare` first")
    chosen, figures = find(evaluation.metric), dict[str, dict[str, Figure]]()
    for name, split in predictions.items():
        wanted = dict(METRICS)
        try:
            probabilities.check(split.labels, split.probabilities)
            if name == "test":
                _check_told("the score", evaluation.metric, chosen, split.sample(), name)
                wanted |= _whole(constraints, classes, split.sample())
            figures[name] = measure(wanted, split.sample(), seed)
        except UserError as error:
            raise UserError(f"data set `{name}`: {error}") from None
    parts = _slices(evaluation, chosen, classes, predictions, seed)
    known: dict[str, Figure | float] = {**figures["test"], **{name: costs[name] for name in COSTS}}
    known |= _in_slices(evaluation, constraints, classes, predictions["test"], seed)
    if any(one.figure == WORST for one in constraints):
        known[WORST] = _worst(chosen, parts)
    verdicts = judge(constraints, known)
    score = figures["test"][evaluation.metric]
    return {
        "score": rounded(score.value),
        "metric": evaluation.metric,
        "accepted": accepted(verdicts),
        "interval": score.interval(),
        "constraints": verdicts,
        **costs,
        **{
            name: {
                **{key: rounded(one[key].value) for key in METRICS},
                "examples": len(predictions[name].labels),
                "intervals": [[key, *one[key].interval()] for key in METRICS],
                **_absent(predictions[name], classes),
            }
            for name, one in figures.items()
        },
        "slices": parts,
    }


def _absent(predictions: Predictions, classes: Sequence[str]) -> dict[str, list[str]]:
    """The classes without an example, of which no mean over classes knows anything."""
    present = set(predictions.labels.tolist())
    absent = [name for number, name in enumerate(classes) if number not in present]
    return {"absent": absent} if absent else {}


def _whole(
    constraints: Sequence[Constraint], classes: Sequence[str], test: Sample
) -> dict[str, Metric]:
    """The metrics of constraints on the whole test set."""
    found = {}
    for one in constraints:
        if not one.slice and one.figure not in (*COSTS, LATENCY, WORST):
            found[one.figure] = metric = find(one.figure, classes)
            _check_told(f"constraint `{one.text}`", one.figure, metric, test, "test")
    return found


def _in_slices(
    evaluation: Evaluation,
    constraints: Sequence[Constraint],
    classes: Sequence[str],
    test: Predictions,
    seed: int,
) -> dict[str, Figure]:
    sliced = [one for one in constraints if one.slice]
    parts = slices(evaluation.slices, test, classes) if sliced else {}
    found = {}
    for one in sliced:
        if one.slice not in parts:
            raise UserError(
                f"constraint `{one.text}`: there is no slice `{one.slice}` on test; the slices are "
                f"{', '.join(parts) or _no_slices(evaluation)}."
            )
        sample, metric = test.sample().part(parts[one.slice]), find(one.figure, classes)
        where = f"slice `{one.slice}`"
        _check_told(f"constraint `{one.text}`", one.figure, metric, sample, where)
        found[one.name] = measure({"": metric}, sample, seed)[""]
    return found


def _no_slices(evaluation: Evaluation) -> str:
    given = "none of evaluation.slices has an example there"
    return given if evaluation.slices else "none; add some to evaluation.slices"


def _slices(
    evaluation: Evaluation,
    metric: Metric,
    classes: Sequence[str],
    predictions: Mapping[str, Predictions],
    seed: int,
) -> list[dict[str, Any]]:
    """The metric to decide by in each slice of dev and test, and what the slice costs.

    `counts` says who can be the worst.
    """
    rows = []
    for name in SLICED:
        if name not in predictions:
            continue
        whole = predictions[name].sample()
        for part, mask in slices(evaluation.slices, predictions[name], classes).items():
            sample = whole.part(mask)
            row: dict[str, Any] = {"split": name, "slice": part, "examples": len(sample)}
            if figure := _in_slice(metric, sample, seed):
                counts = len(sample) >= evaluation.slice_examples
                row |= {"value": rounded(figure.value), "interval": figure.interval()}
                row |= {"counts": counts}
            rows.append(row | _cost(whole, mask))
    return rows


def _in_slice(metric: Metric, sample: Sample, seed: int) -> Figure | None:
    """The metric in a slice; None where it means nothing there, as in one of a single class."""
    if _tells_nothing(metric, sample):
        return None
    try:
        return measure({"": metric}, sample, seed)[""]
    except UserError:  # of all examples one's own has given a number
        return None


def _tells_nothing(metric: Metric, sample: Sample) -> bool:
    """Whether it is of a class that is not there, or tells classes apart, and there is one only."""
    if metric.label is not None:
        return not (sample.labels == metric.label).any()
    return metric.own is None and metric.form == "area" and len(set(sample.labels.tolist())) < 2


def _check_told(subject: str, figure: str, metric: Metric, sample: Sample, where: str) -> None:
    """Raise a `UserError` where nothing is known, which is neither good nor bad."""
    if not _tells_nothing(metric, sample):
        return
    if metric.label is None:
        problem = f"all of {where} is of one class, where `{figure}` tells nothing"
    else:
        problem = f"{where} has no example of its class, so nothing is known of `{figure}`"
    raise UserError(f"{subject}: {problem}; add pictures, or take another figure.")


def _cost(whole: Sample, mask: Mask) -> dict[str, float | list[float]]:
    """By how much fewer of all examples would be wrong, were the slice as good as the rest.

    In examples that are wrong, whatever metric decides: a mean over classes means little in a part
    that has few of them.
    """
    if mask.all():
        return {}
    wrong, part = whole.answers != whole.labels, float(mask.mean())
    rest, inside = (measured("", wrong[one], whole.groups[one]) for one in (~mask, mask))
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
