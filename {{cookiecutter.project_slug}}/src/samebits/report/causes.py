"""What people have found in the mistakes: how much error each cause could remove at most."""

from ..diagnosis.error_causes import Cause, Causes
from ..metrics.registry import Metric
from .markup import bar, name, percent, plural, section, table, text


def causes_section(found: Causes, metric: Metric) -> str:
    """Return the section on the causes that stand in reports/error-analysis.csv."""
    title = "Causes of mistakes on dev"
    if not found.mistakes:
        return section(title, "<p>None: every dev picture was given its true class.</p>")
    if not found.causes:
        return section(
            title,
            "<p>Nobody has said yet what causes the mistakes. <code>make errors</code> lists "
            "those worth most, with their pictures; write into the column <code>tags</code> of "
            "<code>reports/error-analysis.csv</code> what is wrong with each, such as "
            "<code>blurry; cut off</code>, and <code>dvc repro report</code> sums it up here.</p>",
        )
    return section(title, f"<p>{_lead(found)}</p>", _table(found, metric))


def _lead(found: Causes) -> str:
    parts = [
        f"{plural(found.mistakes, 'mistake')} on {plural(found.examples, 'dev picture')}, "
        f"{found.looked:,} looked at by people.",
        "Whoever removes a cause altogether wins this much, and no more.",
    ]
    if found.looked < found.mistakes:
        parts.append("The shares are those among these, as if the rest were alike.")
    if sum(one.mistakes for one in found.causes) > found.looked:
        parts.append("A mistake with several causes counts for each of them.")
    return " ".join(parts)


def _table(found: Causes, metric: Metric) -> str:
    rows = [[name(one.name), *_row(one, found)] for one in found.causes]
    header = [
        "Cause",
        "",
        "Mistakes",
        "Share of mistakes",
        f"Error on dev, now {percent(found.error)}",
        f"{text(metric.title)}, now {found.score:.4f}",
    ]
    caption = "How much error each cause could remove at most, with 95 % intervals"
    return table(caption, header, rows, kind="bars")


def _row(one: Cause, found: Causes) -> list[str]:
    share, low, high = one.share.value, *one.share.interval()
    left = found.error * (1 - share)
    least, most = (found.error * (1 - end) for end in (high, low))
    return [
        bar(share, (low, high), 1.0),
        f"{one.mistakes:,}",
        f"{percent(share)} <small>{100 * low:.1f} to {100 * high:.1f}</small>",
        f"{100 * left:.2f} % at best <small>{100 * least:.2f} to {100 * most:.2f}</small>",
        f"{one.score:.4f}",
    ]
