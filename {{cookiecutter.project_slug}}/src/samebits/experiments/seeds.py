"""The same experiment with other seeds."""

from collections.abc import Sequence
from statistics import mean, stdev
from typing import Any

from ..diagnosis.words import Words
from .runner import head, run_missing


def run_seeds(seed: int, count: int) -> list[str]:
    """Run HEAD with `count` other seeds, unless already run; return the experiments' names.

    Raises:
        UserError: there are uncommitted changes, or an experiment failed.
    """
    commit = head()
    names = {f"seed-{other}-{commit}": other for other in range(seed + 1, seed + 1 + count)}
    run_missing({name: {"reproducibility.seed": other} for name, other in names.items()})
    return list(names)


def summary(metrics: Sequence[dict[str, Any]], words: Words) -> str:
    """Return the spread over seeds and, separately, the uncertainty from the examples.

    Args:
        metrics: contents of reports/metrics.json for at least two seeds.
        words: the target's words.
    """
    scores = [float(result["score"]) for result in metrics]
    half = mean((result["interval"][1] - result["interval"][0]) / 2 for result in metrics)
    return (
        f"{metrics[0]['metric']} on test over {len(scores)} seeds: mean "
        f"{words.exact(mean(scores))}, {words.exact(min(scores))} to {words.exact(max(scores))}\n"
        f"spread over seeds: standard deviation {words.exact(stdev(scores))}\n"
        f"spread over {words.examples}: 95 % interval of one seed, ± {words.exact(half)} on "
        "average\n"
        f"accepted: {sum(result['accepted'] for result in metrics)} of {len(scores)}\n"
    )
