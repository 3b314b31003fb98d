"""The first screen: how good it is, whether it may be taken, beside what, where to go on."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..metrics.registry import Metric
from ..metrics.scores import find
from .figures import verdict
from .inputs import Inputs
from .markup import capital, percent, plural, prose, share, some, text

Rows = Sequence[Mapping[str, Any]]


def answers(inputs: Inputs) -> str:
    """Return the score and, one below the other, the questions with their answers."""
    metrics, diagnosis = inputs.metrics, inputs.diagnosis
    chosen = find(metrics["metric"])
    pairs = [
        ("How good?", _how_good(inputs, chosen)),
        ("Accepted?", verdict(metrics)),
        ("Compared with?", _compared(metrics, diagnosis, chosen)),
        ("Where is the error?", f"{_strip(diagnosis)}<p>{prose(diagnosis['sentence'])}</p>"),
        ("What next?", _next(diagnosis["ideas"])),
    ]
    rows = "\n".join(f"<div><dt>{name}</dt><dd>{content}</dd></div>" for name, content in pairs)
    return (
        f"{unbeaten_notice(metrics)}\n"
        f"<h1>{text(chosen.title)} <strong>{metrics['score']:.4f}</strong> on test</h1>\n"
        f'<dl class="answers">\n{rows}\n</dl>'
    )


def unbeaten_notice(metrics: Mapping[str, Any]) -> str:
    """Return a paragraph if a simple model is as good, as far as the test examples can tell."""
    chosen = find(metrics["metric"])
    unbeaten = [one for one in _best_first(metrics["baselines"], chosen) if not one["beaten"]]
    if not unbeaten:
        return ""
    one, more = unbeaten[0], ""
    lead = f"{text(one['name'])}</b> ({one['value']:.4f} on test)"
    if one["verdict"] == "worse":
        return f'<p class="notice alarm"><b>Worse than {lead}, by {_ahead(one, chosen, -1)}.</p>'
    if one["dev"]["verdict"] == "better":
        more = f" On dev it is better: {_ahead(one['dev'], chosen)}."
    return (
        f'<p class="notice"><b>Not shown to beat {lead}: the difference of {_ahead(one, chosen)} '
        f"may be chance.{more}</p>"
    )


def _best_first(rows: Rows, metric: Metric) -> list[Mapping[str, Any]]:
    sign = -1 if metric.higher_is_better else 1
    return sorted(rows, key=lambda row: sign * row["value"])


def _ahead(one: Mapping[str, Any], metric: Metric, sign: int = 1) -> str:
    """How far the network is ahead of a simple model or, with the sign -1, behind."""
    sign *= 1 if metric.higher_is_better else -1
    low, high = sorted(sign * end for end in one["difference_interval"])
    return f"{sign * one['difference']:+.4f} <small>{low:+.4f} to {high:+.4f}</small>"


def _how_good(inputs: Inputs, metric: Metric) -> str:
    test = inputs.predictions["test"]
    count, wrong = len(test.labels), int((test.answers != test.labels).sum())
    low, high = inputs.metrics["interval"]
    return (
        f"<p><b>{low:.4f} to {high:.4f}</b>, the 95 % interval over {plural(count, 'picture')} "
        f"kept out of training; {wrong:,} of them ({share(wrong, count)}) got a wrong class."
        f"{'' if metric.higher_is_better else ' Lower is better.'}</p>{_unknown(inputs.metrics)}"
    )


def _unknown(metrics: Mapping[str, Any]) -> str:
    """A paragraph on the classes that test lacks, if it does."""
    absent = metrics["test"].get("absent", [])
    return (
        f"<p>Test has no picture of {some(absent)}: nothing is known there.</p>" if absent else ""
    )


def _compared(metrics: Mapping[str, Any], diagnosis: Mapping[str, Any], metric: Metric) -> str:
    rows = _best_first(metrics["baselines"], metric)
    simple = "; ".join(f"{text(one['name'])} <b>{one['value']:.4f}</b>" for one in rows)
    chain = {one["name"]: one for one in diagnosis["chain"]}
    return (
        f"<p>{capital(simple)}{'. ' if simple else ''}Target: at most "
        f"<b>{percent(chain['target']['error'])}</b> wrong; test has "
        f"<b>{percent(chain['test']['error'])}</b>.</p>"
    )


def _strip(diagnosis: Mapping[str, Any]) -> str:
    """The errors of the chain in one line, with the gap that is named in bold."""
    gaps = [None, *diagnosis["gaps"]]  # each ends at its own place of the chain
    items = []
    for one, gap in zip(diagnosis["chain"], gaps, strict=True):
        named = gap is not None and gap["name"] == diagnosis["link"]
        mark = ' class="named"' if named else ""
        place = text(one["name"].replace("_", "-"))
        items.append(f"<li{mark}>{place} <b>{percent(one['error'])}</b></li>")
    return f'<ol class="strip">{"".join(items)}</ol>'


def _next(ideas: Rows) -> str:
    if not ideas:
        return "<p>Nothing: no idea is known that would help here.</p>"
    one = ideas[0]
    command = f'<code class="command">{text(one["command"])}</code>' if one["command"] else ""
    return f"<p><b>{capital(text(one['idea']))}</b>: {prose(one['why'])}</p>{command}"
