"""The first screen: how good it is, whether it may be taken, beside what, where to go on."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..diagnosis.words import Words
from ..metrics.registry import Metric
from ..metrics.scores import find
from .figures import verdict
from .inputs import Inputs
from .markup import capital, plural, prose, some, text

Rows = Sequence[Mapping[str, Any]]


def answers(inputs: Inputs) -> str:
    """Return the score and, one below the other, the questions with their answers."""
    metrics, diagnosis, words = inputs.metrics, inputs.diagnosis, inputs.errors.words
    chosen = find(metrics["metric"])
    pairs = [
        ("How good?", _how_good(inputs, chosen)),
        ("Accepted?", verdict(metrics)),
        ("Compared with?", _compared(metrics, diagnosis, chosen, words)),
        ("Where is the error?", f"{_strip(diagnosis, words)}<p>{prose(diagnosis['sentence'])}</p>"),
        ("What next?", _next(diagnosis["ideas"])),
    ]
    rows = "\n".join(f"<div><dt>{name}</dt><dd>{content}</dd></div>" for name, content in pairs)
    return (
        f"{unbeaten_notice(metrics, words)}\n"
        f"<h1>{text(chosen.title)} <strong>{words.score(metrics['score'])}</strong> on test</h1>\n"
        f'<dl class="answers">\n{rows}\n</dl>'
    )


def unbeaten_notice(metrics: Mapping[str, Any], words: Words) -> str:
    """Return a paragraph if a simple model is as good, as far as the test examples can tell."""
    chosen = find(metrics["metric"])
    unbeaten = [one for one in _best_first(metrics["baselines"], chosen) if not one["beaten"]]
    if not unbeaten:
        return ""
    one, more = unbeaten[0], ""
    lead = f"{text(one['name'])}</b> ({words.score(one['value'])} on test)"
    if one["verdict"] == "worse":
        behind = _ahead(one, chosen, words, -1)
        return f'<p class="notice alarm"><b>Worse than {lead}, by {behind}.</p>'
    if one["dev"]["verdict"] == "better":
        more = f" On dev it is better: {_ahead(one['dev'], chosen, words)}."
    return (
        f'<p class="notice"><b>Not shown to beat {lead}: the difference of '
        f"{_ahead(one, chosen, words)} may be chance.{more}</p>"
    )


def _best_first(rows: Rows, metric: Metric) -> list[Mapping[str, Any]]:
    sign = -1 if metric.higher_is_better else 1
    return sorted(rows, key=lambda row: sign * row["value"])


def _ahead(one: Mapping[str, Any], metric: Metric, words: Words, sign: int = 1) -> str:
    """How far the network is ahead of a simple model or, with the sign -1, behind."""
    sign *= 1 if metric.higher_is_better else -1
    ends = sorted(sign * end for end in one["difference_interval"])
    low, high = (words.score(end, signed=True) for end in ends)
    return f"{words.score(sign * one['difference'], signed=True)} <small>{low} to {high}</small>"


def _how_good(inputs: Inputs, metric: Metric) -> str:
    test, errors = inputs.predictions["test"], inputs.errors
    count, wrong = len(test.examples), int(errors.mistakes(test).sum())
    fared = errors.words.fared(float(np.mean(test.sample.errors)), wrong, count)
    low, high = (errors.words.score(end) for end in inputs.metrics["interval"])
    return (
        f"<p><b>{low} to {high}</b>, the 95 % interval over {plural(count, 'example')} "
        f"kept out of training; {fared}."
        f"{'' if metric.higher_is_better else ' Lower is better.'}</p>{_unknown(inputs.metrics)}"
    )


def _unknown(metrics: Mapping[str, Any]) -> str:
    """A paragraph on the classes that test lacks, if it does."""
    absent = metrics["test"].get("absent", [])
    return (
        f"<p>Test has no example of {some(absent)}: nothing is known there.</p>" if absent else ""
    )


def _compared(
    metrics: Mapping[str, Any], diagnosis: Mapping[str, Any], metric: Metric, words: Words
) -> str:
    rows = _best_first(metrics["baselines"], metric)
    simple = "; ".join(f"{text(one['name'])} <b>{words.score(one['value'])}</b>" for one in rows)
    chain = {one["name"]: f"<b>{words.amount(one['error'])}</b>" for one in diagnosis["chain"]}
    goal = words.goal.format(chain["target"], chain["test"])
    return f"<p>{capital(simple)}{'. ' if simple else ''}Target: {goal}.</p>"


def _strip(diagnosis: Mapping[str, Any], words: Words) -> str:
    """The errors of the chain in one line, with the gap that is named in bold."""
    gaps = [None, *diagnosis["gaps"]]  # each ends at its own place of the chain
    items = []
    for one, gap in zip(diagnosis["chain"], gaps, strict=True):
        named = gap is not None and gap["name"] == diagnosis["link"]
        mark = ' class="named"' if named else ""
        place = text(one["name"].replace("_", "-"))
        items.append(f"<li{mark}>{place} <b>{words.amount(one['error'])}</b></li>")
    return f'<ol class="strip">{"".join(items)}</ol>'


def _next(ideas: Rows) -> str:
    if not ideas:
        return "<p>Nothing: no idea is known that would help here.</p>"
    one = ideas[0]
    command = f'<code class="command">{text(one["command"])}</code>' if one["command"] else ""
    return f"<p><b>{capital(text(one['idea']))}</b>: {prose(one['why'])}</p>{command}"
