"""The metrics and predictions of a commit or experiment, read from its outputs."""

import math
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import stdev
from typing import Any

from ..console.errors import UserError
from ..core.files import read_json
from ..data.targets import Answers
from ..programs import git
from ..remote.revisions import Revision, entries, experiments
from .comparison import Spread
from .constraints import Constraint, accepted
from .latency import remembered
from .prediction_table import read_predictions
from .predictions import Predictions

PREDICTIONS, METRICS = "reports/predictions.csv", "reports/metrics.json"
WEIGHTS = "models/model.safetensors"
FEWEST_SEEDS = 3  # two are too few to estimate a standard deviation


@dataclass(frozen=True)
class Result:
    """A revision with its metrics, its target's answers and its predictions for each data set."""

    revision: Revision
    metrics: dict[str, Any]
    answers: Answers
    predictions: dict[str, Predictions]

    def scored(self, split: str) -> Predictions:
        """Return the predictions for a split.

        Raises:
            UserError: there is none of this name.
        """
        if split not in self.predictions:
            raise UserError(
                f"'{self.revision.name}' has no split '{split}'; its splits are "
                f"{', '.join(self.predictions)}."
            )
        return self.predictions[split]

    def accepted(self) -> bool | None:
        """Whether it meets every constraint; None if one was not measured on this machine."""
        verdicts = [self._measured(verdict) for verdict in self.metrics["constraints"]]
        if not accepted(verdicts):
            return False
        return None if any(verdict["met"] is None for verdict in verdicts) else True

    def _measured(self, verdict: dict[str, Any]) -> dict[str, Any]:
        if verdict["met"] is not None:
            return verdict
        times = remembered().get(entries(self.revision.lock, "train", "outs").get(WEIGHTS, ""))
        met = times and Constraint.of(verdict["constraint"]).margin(times[0]) >= 0
        return {**verdict, "met": met}


def read_result(name: str) -> Result:
    """Return the result of the commit, tag, branch or experiment of this name.

    Raises:
        UserError: there is no such revision, or its predictions or metrics are neither here nor on
            a remote, are damaged, or were written before there were intervals and constraints.
    """
    revision = Revision.find(name)
    contents = [revision.output(path, fetch=True) for path in (METRICS, PREDICTIONS)]
    if contents[0] is None or contents[1] is None:
        raise UserError(
            f"{METRICS} or {PREDICTIONS} of '{name}' is neither here nor on a remote; check it out "
            "and run `dvc repro evaluate`."
        )
    metrics = _metrics(contents[0], name)
    with tempfile.TemporaryDirectory(prefix="predictions-") as folder:
        copy = Path(folder, "predictions.csv")
        copy.write_bytes(contents[1])
        try:
            return Result(revision, metrics, *read_predictions(copy))
        except UserError as error:
            # The temporary copy's path means nothing to the user.
            message = str(error).replace(copy.as_posix(), f"{PREDICTIONS} of '{name}'")
            raise UserError(message) from None


def _metrics(content: bytes, name: str) -> dict[str, Any]:
    try:
        metrics = read_json(content)
        score = float(metrics["score"])
    except (ValueError, KeyError, TypeError):
        score = math.nan
    if not math.isfinite(score):
        raise UserError(
            f"{METRICS} of '{name}' has no score; check it out and run `dvc repro -f evaluate`."
        )
    if "constraints" not in metrics:
        raise UserError(
            f"{METRICS} of '{name}' has an older format; check it out and run `dvc repro evaluate`."
        )
    return dict(metrics)


def spread_over_seeds(result: Result, split: str) -> tuple[str, Spread] | None:
    """Return the spread that `samebits exp seeds` measured for a result, and the commit it ran in.

    That is the result's own commit, or its parent, from which an experiment starts. None unless
    three seeds of either, with this result's metric, can still be read.
    """
    key, commit = result.metrics["metric"], result.revision.commit
    bases = git("rev-list", "--max-count=2", "--first-parent", commit).stdout.split()
    for base in bases:
        pattern = re.compile(rf"seed-\d+-{base[:10]}")
        names = [base, *filter(pattern.fullmatch, experiments())]
        if len(names) < FEWEST_SEEDS:
            continue
        scores = [score for name in names if (score := _score(name, split, key)) is not None]
        if len(scores) >= FEWEST_SEEDS:
            return base, Spread(stdev(scores), len(scores))
    return None


def _score(name: str, split: str, metric: str) -> float | None:
    """Return a figure of an experiment; None if it is gone or has another metric."""
    content = Revision.find(name).output(METRICS, fetch=True)
    try:
        return None if content is None else float(read_json(content)[split][metric])
    except (ValueError, KeyError, TypeError):
        return None
