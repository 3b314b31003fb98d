"""The same experiment with other seeds, through DVC's queue."""

import subprocess
from collections.abc import Sequence
from statistics import mean, stdev
from typing import Any

from ..errors import UserError
from ..reproducibility.revisions import dvc, experiments, git, outside_git


def run_seeds(seed: int, count: int) -> list[str]:
    """Run what is not there yet of HEAD with `count` other seeds; return the experiments' names.

    Raises:
        UserError: there are changes that are not committed, or an experiment failed.
    """
    if git("status", "--porcelain", "--untracked-files=no").stdout:
        raise UserError("there are changes that are not committed; commit them, or stash them.")
    commit = git("rev-parse", "--short=10", "HEAD").stdout.strip()
    names = {f"seed-{one}-{commit}": one for one in range(seed + 1, seed + 1 + count)}
    missing = [name for name in names if name not in experiments()]
    for name in missing:
        change = f"reproducibility.seed={names[name]}"
        _dvc("exp", "run", "--queue", "--quiet", "--name", name, "--set-param", change)
    if missing:
        _dvc("exp", "run", "--run-all")
    failed = [name for name in names if name not in experiments()]
    if failed:
        raise UserError(
            f"{', '.join(failed)} did not end well; 'dvc queue logs {failed[0]}' says why."
        )
    return list(names)


def summary(metrics: Sequence[dict[str, Any]]) -> str:
    """Return the spread over seeds and, apart from it, what the examples leave open.

    Args:
        metrics: contents of reports/metrics.json, one a seed, at least two.
    """
    scores = [float(one["score"]) for one in metrics]
    half = mean((one["interval"][1] - one["interval"][0]) / 2 for one in metrics)
    return (
        f"{metrics[0]['metric']} on test over {len(scores)} seeds: mean {mean(scores):.6f}, "
        f"{min(scores):.6f} to {max(scores):.6f}\n"
        f"spread over seeds: standard deviation {stdev(scores):.6f}\n"
        f"spread over examples: 95 % interval of one seed, ± {half:.6f} on average\n"
        f"accepted: {sum(one['accepted'] for one in metrics)} of {len(scores)}\n"
    )


def _dvc(*arguments: str) -> None:
    done = subprocess.run(dvc(*arguments), env=outside_git(), check=False)
    if done.returncode:
        raise UserError(f"'dvc {' '.join(arguments)}' failed; what it said stands above.")
