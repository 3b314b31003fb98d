"""Say which of two commits or experiments is better, on the same examples.

Run: python -m <package>.commands.compare A B [--on dev]
"""

import argparse
import contextlib
import re
import sys
from statistics import stdev

from ..errors import UserError, run
from ..metrics.baselines import unbeaten
from ..metrics.comparison import Difference, check_same, difference
from ..metrics.results import Result, read_result
from ..metrics.scores import find
from ..reproducibility.explain import differing
from ..reproducibility.revisions import experiments, git


def main() -> None:
    """Print the verdict, the difference and what else differs."""
    parser = argparse.ArgumentParser(description="Say which of two results is better.")
    parser.add_argument("A", help="a commit, tag, branch or DVC experiment")
    parser.add_argument("B", help="another")
    parser.add_argument("--on", default="test", help="the data set to compare on (test)")
    given = parser.parse_args()
    sys.stdout.write(comparison(read_result(given.A), read_result(given.B), given.on))


def comparison(a: Result, b: Result, on: str = "test") -> str:
    """Return what to say of B beside A on the data set `on`.

    Raises:
        UserError: the two decide by different metrics, or were scored on different examples.
    """
    names = [one.revision.name for one in (a, b)]
    if a.metrics["metric"] != b.metrics["metric"]:
        raise UserError(
            f"A decides by {a.metrics['metric']} and B by {b.metrics['metric']}; give both the "
            "same evaluation.metric."
        )
    if on not in a.predictions or on not in b.predictions:
        raise UserError(f"there is no data set `{on}`; there are {', '.join(a.predictions)}.")
    check_same((a.classes, a.predictions[on]), (b.classes, b.predictions[on]))
    metric, key = find(a.metrics["metric"]), a.metrics["metric"]
    one, other = a.predictions[on].sample(), b.predictions[on].sample()
    spread, seeds = spread_over_seeds([a, b], on)
    found = difference(metric, one, other, seed=0, spread=spread)
    lines = [
        f"A  {names[0]}  {key} {a.metrics[on][key]:.6f} on {on}{_rejected(a)}",
        f"B  {names[1]}  {key} {b.metrics[on][key]:.6f} on {on}{_rejected(b)}",
        "",
        *_verdict(a, b, found, len(one)),
        _seeds(spread, seeds),
        "",
        "what else differs:",
        *_differing(a, b),
    ]
    return "\n".join(lines) + "\n"


def _verdict(a: Result, b: Result, found: Difference, count: int) -> list[str]:
    by = f"by {found.value:+.6f} ({found.low:+.6f} to {found.high:+.6f}, 95 %)"
    # Who misses a constraint may score better, and is not better.
    verb = "scores" if found.gain and (b if found.gain > 0 else a).accepted() is False else "is"
    lines = [
        f"B {verb} {found.verdict} {by}."
        if found.gain
        else f"Cannot tell: B differs {by} on {count:,} examples."
    ]
    if found.more is None:
        lines += ["The two score the same; more examples would not settle it."]
    elif found.more:
        lines += [f"About {found.more:,} more examples would settle a difference of this size."]
    rejected = [name for name, one in (("A", a), ("B", b)) if one.accepted() is False]
    if rejected:
        lines += [f"{' and '.join(rejected)} missed a constraint, and cannot win by the score."]
    for name, one in (("A", a), ("B", b)):
        if simple := unbeaten(one.metrics.get("baselines", [])):
            lines += [f"{name} is not for sure better on test than {' and '.join(simple)}."]
    return lines


def spread_over_seeds(results: list[Result], on: str) -> tuple[float, int]:
    """Return the largest standard deviation that `make seeds` has left for one of the results.

    Also the number of seeds it was found with; 0 and 0 where there are no three of them that can
    still be read.
    """
    found = (0.0, 0)
    for one in results:
        commit = one.revision.commit
        bases = git("rev-list", "--max-count=2", "--first-parent", commit).stdout.split()
        for base in bases:
            pattern = re.compile(rf"seed-\d+-{base[:10]}")
            seeds = [*filter(pattern.fullmatch, experiments())]
            scores = _scores([base, *seeds], on, one.metrics["metric"]) if len(seeds) > 1 else []
            if len(scores) >= 3:
                found = max(found, (stdev(scores), len(scores)))
    return found


def _scores(names: list[str], on: str, metric: str) -> list[float]:
    """The scores of those whose outputs are still there."""
    found = []
    for name in names:
        with contextlib.suppress(UserError):
            found.append(float(read_result(name).metrics[on][metric]))
    return found


def _seeds(spread: float, seeds: int) -> str:
    if seeds:
        return f"Taken into account: over {seeds} seeds the score has a deviation of {spread:.6f}."
    return (
        "This is about these two models: other seeds move both. `make seeds` in A or B measures by "
        "how much, and from then on it is taken into account."
    )


def _rejected(one: Result) -> str:
    return {True: "", False: "  not accepted", None: "  latency not measured"}[one.accepted()]


def _differing(a: Result, b: Result) -> list[str]:
    lines = [
        f"  {part}: {name}  {text}".rstrip()
        for part, found in differing(a.revision, b.revision).items()
        for name, text in found
    ]
    return lines or ["  nothing"]


if __name__ == "__main__":
    run(main)
