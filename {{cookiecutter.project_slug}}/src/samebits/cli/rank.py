"""All experiments in order: the accepted by score, with ties where the data cannot tell.

Run: python -m samebits rank [--json]
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ..console.errors import UserError
from ..core.yours import Yours
from ..diagnosis.words import WORDS, Words
from ..metrics.comparison import check_same
from ..metrics.intervals import resample
from ..metrics.ranking import Candidate, Ranked, corrected, rank
from ..metrics.registry import enter
from ..metrics.results import Result, read_result, spread_over_seeds
from ..metrics.scores import find
from ..remote.revisions import experiments

HEAD = "HEAD"
# What `make seeds` and `make learning-curve` call the experiments that measure another one.
MEASURING = re.compile(r"(seed|part)-[\d.]+-[0-9a-f]{10}")


def main(yours: Yours) -> None:
    """Print the ranking of HEAD and of every experiment."""
    enter(yours.metrics.METRICS)
    parser = argparse.ArgumentParser(description="Order HEAD and all experiments by their score.")
    parser.add_argument("--json", action="store_true", help="for programs, see docs/commands.md")
    given = parser.parse_args()
    first, others, gone = read_result(HEAD), list[Result](), list[str]()
    found = experiments()
    candidates = {name: one for name, one in found.items() if not MEASURING.fullmatch(name)}
    if len(candidates) < len(found):
        gone.append(
            f"{len(found) - len(candidates)} of `make seeds` and `make learning-curve`, which "
            "measure another experiment and are no idea."
        )
    for name in _names(candidates):
        try:
            others.append(read_result(name))
        except UserError as error:
            gone.append(str(error))
    if given.json:
        sys.stdout.write(f"{json.dumps(record(first, others, gone), indent=2)}\n")
    else:
        sys.stdout.write(ranking(first, others, gone))


def _names(found: Mapping[str, Sequence[str]]) -> list[str]:
    """Name each experiment; several of one name by their commits."""
    return [
        one[:10] if len(commits) > 1 else name for name, commits in found.items() for one in commits
    ]


def ranking(first: Result, others: Sequence[Result], gone: Sequence[str] = ()) -> str:
    """Return the table; what was not scored as the first was is left out, and said so.

    Args:
        first: what the others are compared with.
        others: the experiments that could be read.
        gone: why the others are not here, a sentence each.
    """
    places, left = _places(first, others)
    candidates, words = [one.candidate for one in places], WORDS[first.answers.target]
    lines = [_line(place, words) for place in places]
    count = sum(one.accepted is not False for one in candidates)
    lines += ["", "Place 1 is shared by all that these examples cannot tell from the best."]
    if count > 2:
        lines += [
            f"{count} candidates: each is compared with the best at {100 * corrected(count):.2f} % "
            "instead of 95 % (Bonferroni), for the best of many is lucky too."
        ]
    lines += [_seeds(candidates)]
    if left:
        lines += [f"Left out, scored on other examples or by another metric: {', '.join(left)}."]
    lines += [f"Left out: {one}" for one in gone]
    head = f"place  {first.metrics['metric']:<10}  name"
    return "\n".join([head, *lines]) + "\n"


def record(first: Result, others: Sequence[Result], gone: Sequence[str] = ()) -> dict[str, Any]:
    """Return for programs what `ranking` tells; a place is 0 where a constraint is missed."""
    places, left = _places(first, others)
    rows = [
        {
            "place": one.place,
            "name": one.candidate.name,
            "score": one.candidate.score,
            "accepted": one.candidate.accepted,
        }
        for one in places
    ]
    return {"metric": first.metrics["metric"], "places": rows, "left_out": [*left, *gone]}


def _places(first: Result, others: Sequence[Result]) -> tuple[list[Ranked], list[str]]:
    """Return the places, and the names of what was not scored as the first was."""
    compared, left = [first], list[str]()
    for one in others:
        try:
            _check(first, one)
            compared.append(one)
        except UserError:
            left.append(one.revision.name)
    metric = find(first.metrics["metric"])
    return rank([_candidate(one, first) for one in compared], metric), left


def _candidate(one: Result, first: Result) -> Candidate:
    known = spread_over_seeds(one)
    # In the same groups for all, whatever data.group each has: else they were not drawn together.
    groups = first.predictions["test"].sample.groups
    sample = one.predictions["test"].sample.grouped(groups)
    drawn = resample({"": find(one.metrics["metric"])}, sample, seed=0)
    return Candidate(
        one.revision.name, one.metrics["score"], one.accepted(), drawn, known and known[1]
    )


def _seeds(candidates: list[Candidate]) -> str:
    count = sum(one.spread is not None for one in candidates)
    if not count:
        return (
            "This is about trained models: another seed would move each. `make seeds` measures by "
            "how much, and from then on it is taken into account."
        )
    return (
        f"The luck of a seed is taken into account, as `make seeds` has measured it for {count} of "
        f"{len(candidates)}; one stands for another where only one is known."
    )


def _check(first: Result, one: Result) -> None:
    if first.metrics["metric"] != one.metrics["metric"]:
        raise UserError("another metric")
    check_same((first.answers, first.predictions["test"]), (one.answers, one.predictions["test"]))


def _line(one: Ranked, words: Words) -> str:
    note = {True: "", False: "  misses a constraint", None: "  latency not measured here"}
    place = str(one.place) if one.place else "-"
    candidate, score = one.candidate, words.exact(one.candidate.score)
    return f"{place:<5}  {score:<10}  {candidate.name}{note[candidate.accepted]}"
