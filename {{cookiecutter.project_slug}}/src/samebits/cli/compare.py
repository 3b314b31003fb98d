"""Say which of two commits or experiments is better, on the same examples.

Run: samebits compare A B [--split test] [--json]
"""

import json
import sys
from argparse import Namespace
from dataclasses import asdict
from typing import Any, NamedTuple

from ..console.errors import UserError
from ..core.yours import Yours, examples_name
from ..diagnosis.words import WORDS, Words
from ..metrics.baseline_scores import unbeaten
from ..metrics.comparison import Difference, Spread, check_same, paired
from ..metrics.intervals import resample
from ..metrics.registry import enter
from ..metrics.results import Result, read_result, spread_over_seeds
from ..metrics.scores import find
from ..provenance.explain import differing

SEED = "reproducibility.seed"
Rows = list[tuple[str, str, str]]
Spreads = dict[str, Spread]  # over seeds, by the commit that they were run in


class Compared(NamedTuple):
    """A and B compared: how far the models are apart, also with seed noise; what differs."""

    a: Result
    b: Result
    split: str
    examples: int
    models: Difference
    judged: Difference
    spreads: Spreads
    differing: Rows


def main(given: Namespace, yours: Yours) -> None:
    """Print the verdict, the difference and what else differs."""
    enter(yours.metrics.METRICS)
    result = compared(read_result(given.A), read_result(given.B), given.split)
    if given.json:
        sys.stdout.write(f"{json.dumps(record(result), indent=2)}\n")
    else:
        sys.stdout.write(told(result, examples_name()))


def comparison(a: Result, b: Result, split: str = "dev") -> str:
    """Return `told` of two results; arguments and errors are those of `compared`."""
    return told(compared(a, b, split))


def compared(a: Result, b: Result, split: str = "dev") -> Compared:
    """Compare B with A on the examples of a split.

    Raises:
        UserError: the two decide by different metrics, or were scored on different examples, or
            one has no such split.
    """
    if a.metrics["metric"] != b.metrics["metric"]:
        raise UserError(
            f"A decides by {a.metrics['metric']} and B by {b.metrics['metric']}; give both the "
            "same evaluation.metric."
        )
    check_same((a.answers, a.scored(split)), (b.answers, b.scored(split)))
    metric = find(a.metrics["metric"])
    sample = a.scored(split).sample
    # In the groups of A, whatever data.group B has: otherwise the resamples would not be paired.
    other = b.scored(split).sample.grouped(sample.groups)
    known = dict(filter(None, (spread_over_seeds(side, split) for side in (a, b))))
    first, second = (resample({"": metric}, side, seed=0) for side in (sample, other))
    apart = paired(metric, first, second)
    models, judged = apart.judged(), apart.judged(spreads=[*known.values()])
    return Compared(a, b, split, len(sample), models, judged, known, _differing(a, b))


def record(compared: Compared) -> dict[str, Any]:
    """Return the comparison for programs; a gain is 1 if B is better, -1 if A is.

    `models` is about the two as trained; `idea` about what they differ in, with seed noise; None if
    that is unknown or only the seed differs.
    """
    a, b = compared.a, compared.b
    metric = a.metrics["metric"]
    sides = {
        side: {
            "name": result.revision.name,
            "score": result.metrics[compared.split][metric],
            "accepted": result.accepted(),
        }
        for side, result in (("a", a), ("b", b))
    }
    known = _ideas(compared.differing) - {SEED} and compared.spreads
    return {
        "metric": metric,
        "split": compared.split,
        "examples": compared.examples,
        **sides,
        "models": asdict(compared.models),
        "idea": asdict(compared.judged) if known else None,
        "differing": [
            {"part": part, "name": name, "values": values}
            for part, name, values in compared.differing
        ],
    }


def told(compared: Compared, examples: str = "examples") -> str:
    """Return the text about B compared with A: first the models, then the idea.

    Two runs that differ only in their seeds are two models, one of which may well be better. That
    says nothing about how either was trained, so the two are kept apart. `examples` is
    what people call them.
    """
    a, b, split, count, models, judged, known, rows = compared
    names, key = [result.revision.name for result in (a, b)], a.metrics["metric"]
    words = WORDS[a.answers.target].calling(examples)
    lines = [
        f"A  {names[0]}  {key} {words.exact(a.metrics[split][key])} on {split}{_rejected(a)}",
        f"B  {names[1]}  {key} {words.exact(b.metrics[split][key])} on {split}{_rejected(b)}",
        "",
        *_models(a, b, models, count, words),
        "",
        *_idea(rows, models, judged, known, words),
        "",
        "what else differs:",
        *([f"  {part}: {name}  {text}".rstrip() for part, name, text in rows] or ["  nothing"]),
        *final_look(split),
    ]
    return "\n".join(lines) + "\n"


def final_look(split: str) -> list[str]:
    """Return what to say where the examples are those of test."""
    if split != "test":
        return []
    return [
        "",
        "This was a look at test: choose on dev, and score only the final choice on test, because "
        "what is chosen by its score on test looks better there than it is.",
    ]


def _models(a: Result, b: Result, models: Difference, count: int, words: Words) -> list[str]:
    """The lines about the two models as trained."""
    # A model that misses a constraint may score better, but is not better.
    verb = "scores" if models.gain and (b if models.gain > 0 else a).accepted() is False else "is"
    lines = [
        f"B {verb} {models.verdict} {_by(models, words)}, as trained."
        if models.gain
        else f"Cannot tell: B differs {_by(models, words)} on {count:,} {words.examples}."
    ]
    if models.more is None:
        lines += [f"The two score the same; more {words.examples} would not settle it."]
    elif models.more:
        lines += [
            f"About {models.more:,} more {words.examples} would settle a difference of this size."
        ]
    rejected = [name for name, result in (("A", a), ("B", b)) if result.accepted() is False]
    if rejected:
        lines += [f"{' and '.join(rejected)} missed a constraint, so no score makes it win."]
    for name, result in (("A", a), ("B", b)):
        if simple := unbeaten(result.metrics.get("baselines", [])):
            lines += [f"{name} is not certainly better on test than {' and '.join(simple)}."]
    return lines


def _idea(
    rows: Rows, models: Difference, judged: Difference, known: Spreads, words: Words
) -> list[str]:
    """The lines about what A and B differ in, apart from seed noise."""
    moved = _ideas(rows)
    if moved <= {SEED}:
        return [
            "They differ only in the seed: the difference is seed noise, not an idea."
            if SEED in moved
            else "Nothing differs, so there is no idea to judge."
        ]
    if not known:
        return [
            "Cannot tell yet whether the changes cause this, or seed noise."
            if models.gain
            else "Another seed would move both scores.",
            "Run `samebits exp seeds` in A or B to measure seed noise; `compare` then takes it "
            "into account.",
        ]
    by = _by(judged, words)
    lines = [
        f"The changes make B {judged.verdict} {by}, seed noise included."
        if judged.gain
        else f"Cannot tell whether the changes cause this: with seed noise, B differs {by}."
    ]
    lines += [
        f"Over {spread.seeds} seeds of {base[:10]} the score has a standard deviation of "
        f"{words.exact(spread.deviation)}."
        for base, spread in known.items()
    ]
    if judged.more is None and models.more is not None:
        lines += [
            f"More {words.examples} would not settle that: the seed moves the score just as much."
        ]
    elif judged.more:
        lines += [f"About {judged.more:,} more {words.examples} would settle that."]
    return lines


def _ideas(rows: Rows) -> set[str]:
    """Return the names of what differs and may move a score."""
    return {
        name for part, name, _ in rows if part != "hardware" and not name.startswith("runtime.")
    }


def _by(difference: Difference, words: Words) -> str:
    figures = difference.value, difference.low, difference.high
    value, low, high = (words.exact(figure, signed=True) for figure in figures)
    return f"by {value} ({low} to {high}, 95 %)"


def _rejected(result: Result) -> str:
    return {True: "", False: "  not accepted", None: "  latency not measured"}[result.accepted()]


def _differing(a: Result, b: Result) -> Rows:
    return [
        (part, *row) for part, rows in differing(a.revision, b.revision).items() for row in rows
    ]
