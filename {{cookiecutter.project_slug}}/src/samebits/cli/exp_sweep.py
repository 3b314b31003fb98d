"""Search over keys of params.yaml; each trial is a DVC experiment.

Run: samebits exp sweep optimization.learning_rate=1e-4..0.1:log model.width=8,16
"""

import os
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from ..console.errors import INTERRUPTED, UserError
from ..core.config import PARAMS, contents, read
from ..core.sections import Evaluation, Task
from ..core.yours import Yours
from ..diagnosis.words import WORDS, Words
from ..experiments.space import knobs
from ..experiments.sweep import STORAGE, Plan, sweep
from ..metrics.registry import enter
from ..remote.tracked import look_around

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

SHOWN = 10


def main(given: Namespace, yours: Yours) -> None:
    """Run the sweep and print the best of its trials."""
    enter(yours.metrics.METRICS)
    plan = Plan(
        name=given.name,
        knobs=knobs(given.keys, contents(PARAMS)),
        metric=read(Evaluation).metric,
        trials=given.trials,
        workers=given.workers,
        seed=given.seed,
        storage=given.storage or STORAGE,
    )
    look_around()
    try:
        best = sweep(plan)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; the same command resumes where it stopped\n")
        sys.stderr.flush()
        os._exit(INTERRUPTED)  # threads still wait for their trials, which end by themselves
    sys.stdout.write(summary(plan, best, WORDS[read(Task).target]))


def summary(plan: Plan, best: list["FrozenTrial"], words: Words) -> str:
    """Return the best trials as a table, and what to do next."""
    if not best:
        raise UserError(f"no trial of the sweep '{plan.name}' succeeded.")
    keys = [knob.key for knob in plan.knobs]
    rows = [["experiment", f"dev {plan.metric}", "accepted", *keys]]
    for trial in best[:SHOWN]:
        score = words.exact(trial.value or 0.0)
        accepted = "yes" if trial.user_attrs["accepted"] else "no"
        values = [_shown(trial.params[key]) for key in keys]
        rows.append([trial.user_attrs["experiment"], score, accepted, *values])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    name = best[0].user_attrs["experiment"]
    lines += [
        "",
        f"The best of {len(best)} on dev; the more are tried, the luckier the best of them is.",
        f"Keep it with: samebits exp keep {name}",
    ]
    return "\n".join(lines) + "\n"


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value).lower()
