"""Search over keys of params.yaml; each trial is a DVC experiment.

Run: python -m samebits exp sweep optimization.learning_rate=1e-4..0.1:log model.width=8,16
"""

import argparse
import os
import re
import sys
from typing import TYPE_CHECKING

from ..console.errors import UserError
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


def main(yours: Yours) -> None:
    """Run the sweep and print the best of its trials."""
    enter(yours.metrics.METRICS)
    given = _arguments()
    plan = Plan(
        name=given.name,
        knobs=knobs(given.keys, contents(PARAMS)),
        metric=read(Evaluation).metric,
        trials=given.trials,
        workers=given.workers,
        seed=given.seed,
        storage=given.storage,
    )
    look_around()
    try:
        best = sweep(plan)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; the same command goes on where it stopped\n")
        sys.stderr.flush()
        os._exit(130)  # threads still wait for their trials, which end by themselves
    sys.stdout.write(summary(plan, best, WORDS[read(Task).target]))


def summary(plan: Plan, best: list["FrozenTrial"], words: Words) -> str:
    """Return the best trials as a table, and what to do next."""
    if not best:
        raise UserError(f"no trial of the sweep '{plan.name}' ended well.")
    keys = [knob.key for knob in plan.knobs]
    rows = [["experiment", f"dev {plan.metric}", "accepted", *keys]]
    for one in best[:SHOWN]:
        score, accepted = (
            words.exact(one.value or 0.0),
            "yes" if one.user_attrs["accepted"] else "no",
        )
        values = [_shown(one.params[key]) for key in keys]
        rows.append([one.user_attrs["experiment"], score, accepted, *values])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    name = best[0].user_attrs["experiment"]
    lines += [
        "",
        f"The best of {len(best)} on dev; the more are tried, the luckier the best of them is.",
        f"Keep it with: make keep NAME={name}",
    ]
    return "\n".join(lines) + "\n"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Search over keys of params.yaml.")
    parser.add_argument("keys", nargs="+", metavar="key=values", help="a,b,c or low..high[:log]")
    parser.add_argument("--trials", type=_count, default=20, help="how many in all (20)")
    parser.add_argument("--workers", type=_count, default=1, help="how many at once (1)")
    parser.add_argument("--name", type=_name, default="sweep", help="of the sweep (sweep)")
    parser.add_argument("--seed", type=int, default=0, help="what its draws follow from (0)")
    parser.add_argument("--storage", default=STORAGE, help=f"a database's URL ({STORAGE})")
    return parser.parse_args()


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number of at least 1")
    return int(text)


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,60}", text):
        raise argparse.ArgumentTypeError(f"'{text}' is no name of letters, digits, - and _")
    return text


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value).lower()
