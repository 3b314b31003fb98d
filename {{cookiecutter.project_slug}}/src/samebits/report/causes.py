"""What people have found in the mistakes: how much error each cause could remove at most."""

from typing import Any

from ..diagnosis.error_causes import Cause, Causes
from ..diagnosis.target_errors import Errors
from ..diagnosis.words import Words
from ..metrics.registry import Metric
from .markup import bar, name, percent, plural, section, table, text


def causes_section(found: Causes, metric: Metric, errors: Errors[Any]) -> str:
    """Return the section on the causes that stand in reports/error-analysis.csv."""
    title = "Causes of mistakes on dev"
    if not found.mistakes:
        return section(title, f"<p>None: {errors.words.flawless('dev', errors.allowed)}.</p>")
    if not found.causes:
        return section(
            title,
            "<p>Nobody has said yet what causes the mistakes. <code>samebits errors</code> lists "
            "those worth most, with the examples; write into the column <code>tags</code> of "
            "<code>reports/error-analysis.csv</code> what is wrong with each, such as "
            "<code>blurry; cut off</code>, and <code>dvc repro report</code> sums it up here.</p>",
        )
    return section(title, f"<p>{_lead(found)}</p>", _table(found, metric, errors.words))


def _lead(found: Causes) -> str:
    parts = [
        f"{plural(found.mistakes, 'mistake')} on {plural(found.examples, 'dev example')}, "
        f"{found.looked:,} looked at by people.",
        "Whoever removes a cause altogether wins this much, and no more.",
    ]
    if found.looked < found.mistakes:
        parts.append("The shares are those among these, as if the rest were alike.")
    if sum(one.mistakes for one in found.causes) > found.looked:
        parts.append("A mistake with several causes counts for each of them.")
    return " ".join(parts)


def _table(found: Causes, metric: Metric, words: Words) -> str:
    rows = [[name(one.name), *_row(one, found, words)] for one in found.causes]
    header = [
        "Cause",
        "",
        "Mistakes",
        words.shared,
        f"Error on dev, now {words.amount(found.error)}",
        f"{text(metric.title)}, now {words.score(found.score)}",
    ]
    caption = "How much error each cause could remove at most, with 95 % intervals"
    return table(caption, header, rows, kind="bars")


def _row(one: Cause, found: Causes, words: Words) -> list[str]:
    share, low, high = one.share.value, *one.share.interval()
    rest = found.error - found.at_stake
    left, least, most = (rest + found.at_stake * (1 - part) for part in (share, high, low))
    return [
        bar(share, (low, high), 1.0),
        f"{one.mistakes:,}",
        f"{percent(share)} <small>{100 * low:.1f} to {100 * high:.1f}</small>",
        f"{words.amount(left, fine=True)} at best "
        f"<small>{words.ends(least, most, fine=True)}</small>",
        words.score(one.score),
    ]
