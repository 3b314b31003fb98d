"""The same experiment with other seeds."""

from collections.abc import Sequence
from statistics import mean, stdev
from typing import Any

from ..diagnosis.words import Words
from .runner import head, run_missing


def run_seeds(seed: int, count: int) -> list[str]:
    """Run what is not there yet of HEAD with `count` other seeds; return the experiments' names.

    Raises:
        UserError: there are changes that are not committed, or an experiment failed.
    """
    commit = head()
    names = {f"seed-{one}-{commit}": one for one in range(seed + 1, seed + 1 + count)}
    run_missing({name: {"reproducibility.seed": one} for name, one in names.items()})
    return list(names)


def summary(metrics: Sequence[dict[str, Any]], words: Words) -> str:
    """Return the spread over seeds and, apart from it, what the examples leave open.

    Args:
        metrics: contents of reports/metrics.json, one a seed, at least two.
        words: those of the target.
    """
    scores = [float(one["score"]) for one in metrics]
    half = mean((one["interval"][1] - one["interval"][0]) / 2 for one in metrics)
    return (
        f"{metrics[0]['metric']} on test over {len(scores)} seeds: mean "
        f"{words.exact(mean(scores))}, {words.exact(min(scores))} to {words.exact(max(scores))}\n"
        f"spread over seeds: standard deviation {words.exact(stdev(scores))}\n"
        f"spread over examples: 95 % interval of one seed, ± {words.exact(half)} on average\n"
        f"accepted: {sum(one['accepted'] for one in metrics)} of {len(scores)}\n"
    )
