"""All experiments in order: the accepted by score, with ties where the data cannot tell.

Run: samebits rank [--split test] [--json]
"""

import json
import re
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from ..console.errors import UserError
from ..core.yours import Yours, examples_name
from ..diagnosis.words import WORDS, Words
from ..metrics.comparison import check_same
from ..metrics.intervals import resample
from ..metrics.ranking import Candidate, Ranked, corrected, rank
from ..metrics.registry import enter
from ..metrics.results import Result, read_result, spread_over_seeds
from ..metrics.scores import find
from ..remote.revisions import experiments
from .compare import final_look

HEAD = "HEAD"
# How `samebits exp seeds` and `samebits exp curve` name experiments that measure another one.
MEASURING = re.compile(r"(seed|part)-[\d.]+-[0-9a-f]{10}")


def main(given: Namespace, yours: Yours) -> None:
    """Print the ranking of HEAD and of every experiment."""
    enter(yours.metrics.METRICS)
    first, others, gone = read_result(HEAD), list[Result](), list[str]()
    named = experiments()
    candidates = {name: commits for name, commits in named.items() if not MEASURING.fullmatch(name)}
    if len(candidates) < len(named):
        gone.append(
            f"{len(named) - len(candidates)} from `samebits exp seeds` and `samebits exp curve`, "
            "which measure another experiment and are not ideas."
        )
    for name in _names(candidates):
        try:
            others.append(read_result(name))
        except UserError as error:
            gone.append(str(error))
    if given.json:
        content = record(first, others, gone, given.split)
        sys.stdout.write(f"{json.dumps(content, indent=2)}\n")
    else:
        sys.stdout.write(ranking(first, others, gone, given.split, examples_name()))


def _names(named: Mapping[str, Sequence[str]]) -> list[str]:
    """Name each experiment; if several share a name, use their commits."""
    return [
        commit[:10] if len(commits) > 1 else name
        for name, commits in named.items()
        for commit in commits
    ]


def ranking(
    first: Result,
    others: Sequence[Result],
    gone: Sequence[str] = (),
    split: str = "dev",
    examples: str = "examples",
) -> str:
    """Return the table; it names results that were not scored as the first was, and leaves them
    out.

    Args:
        first: what the others are compared with.
        others: the experiments that could be read.
        gone: why each of the others is missing, one sentence each.
        split: whose examples they are scored on.
        examples: what people call them.
    """
    places, left = _places(first, others, split)
    candidates = [place.candidate for place in places]
    words = WORDS[first.answers.target].calling(examples)
    head = f"{split} {first.metrics['metric']}"
    lines = [_line(place, words, len(head)) for place in places]
    count = sum(candidate.accepted is not False for candidate in candidates)
    lines += [
        "",
        f"Place 1 includes everything that these {examples} cannot distinguish from the best.",
    ]
    if count > 2:
        lines += [
            f"{count} candidates: each is compared with the best at {100 * corrected(count):.2f} % "
            "instead of 95 % (Bonferroni), because the best of many is partly lucky."
        ]
    lines += [_seeds(candidates)]
    if left:
        lines += [f"Left out, scored on other {examples} or by another metric: {', '.join(left)}."]
    lines += [f"Left out: {reason}" for reason in gone]
    lines += final_look(split)
    return "\n".join([f"place  {head:<10}  name", *lines]) + "\n"


def record(
    first: Result, others: Sequence[Result], gone: Sequence[str] = (), split: str = "dev"
) -> dict[str, Any]:
    """Return the ranking for programs; a place is 0 if a constraint is missed."""
    places, left = _places(first, others, split)
    rows = [
        {
            "place": place.place,
            "name": place.candidate.name,
            "score": place.candidate.score,
            "accepted": place.candidate.accepted,
        }
        for place in places
    ]
    metric, left_out = first.metrics["metric"], [*left, *gone]
    return {"metric": metric, "split": split, "places": rows, "left_out": left_out}


def _places(first: Result, others: Sequence[Result], split: str) -> tuple[list[Ranked], list[str]]:
    """Return the places, and the names of what was not scored as the first was."""
    first.scored(split)  # which says where there is no such split
    compared, left = [first], list[str]()
    for other in others:
        try:
            _check(first, other, split)
            compared.append(other)
        except UserError:
            left.append(other.revision.name)
    metric = find(first.metrics["metric"])
    return rank([_candidate(result, first, split) for result in compared], metric), left


def _candidate(result: Result, first: Result, split: str) -> Candidate:
    known, key = spread_over_seeds(result, split), result.metrics["metric"]
    # In the same groups for all, whatever data.group each has; otherwise resamples are unpaired.
    sample = result.scored(split).sample.grouped(first.scored(split).sample.groups)
    drawn = resample({"": find(key)}, sample, seed=0)
    name, score = result.revision.name, result.metrics[split][key]
    return Candidate(name, score, result.accepted(), drawn, known and known[1])


def _seeds(candidates: list[Candidate]) -> str:
    count = sum(candidate.spread is not None for candidate in candidates)
    if not count:
        return (
            "This compares trained models: another seed would move each score. Run `samebits exp "
            "seeds` to measure by how much; `rank` then takes it into account."
        )
    return (
        f"Seed noise is taken into account, as `samebits exp seeds` measured it for {count} of "
        f"{len(candidates)}; if only one of two is measured, it serves for both."
    )


def _check(first: Result, other: Result, split: str) -> None:
    if first.metrics["metric"] != other.metrics["metric"]:
        raise UserError("another metric")
    sides = [(result.answers, result.scored(split)) for result in (first, other)]
    check_same(*sides)


def _line(place: Ranked, words: Words, width: int) -> str:
    note = {True: "", False: "  misses a constraint", None: "  latency not measured here"}
    number = str(place.place) if place.place else "-"
    candidate, score = place.candidate, words.exact(place.candidate.score)
    return f"{number:<5}  {score:<{max(width, 10)}}  {candidate.name}{note[candidate.accepted]}"
