"""The report: one HTML page that opens offline, the same bytes for the same results.

It names neither the project nor a machine, and no time: `dvc.lock` holds its hash.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..core.records import Curves
from ..diagnosis.error_causes import causes
from ..metrics.registry import METRICS
from ..metrics.scores import find
from .answers import answers
from .causes import causes_section
from .chain import chain_section
from .charts import Series, line_chart
from .class_parts import class_parts
from .class_set_parts import class_set_parts
from .facts import kinds
from .figures import metrics_section, slices_section
from .findings import findings_section
from .inputs import Inputs
from .markup import document, section, table, text
from .mask_parts import mask_parts
from .mistakes import mistakes_section
from .number_parts import number_parts
from .parts import Parts

PARTS: Mapping[str, Callable[[Inputs], Parts]] = {
    "class": class_parts,
    "classes": class_set_parts,
    "number": number_parts,
    "mask": mask_parts,
}
LEVELS = {
    "portable": "the same bits on every x86-64 Linux machine with AVX2",
    "machine": "the same bits on a machine of the same kind",
}
ORIGINS = {
    "code": "Code <small>SHA-256 of the source that trained it</small>",
    "data": "Data <small>MD5, as in data/raw.dvc</small>",
    "examples": "Examples <small>SHA-256 of the lists of train and dev</small>",
    "lock": "Environment <small>SHA-256 of requirements/runtime.lock</small>",
}


def page(inputs: Inputs) -> str:
    """Return the whole page as HTML."""
    metric, errors = find(inputs.metrics["metric"]), inputs.errors
    dev, parts = inputs.predictions["dev"], PARTS[errors.answers.target](inputs)
    body = "\n".join(
        [
            _header(inputs),
            "<main>",
            chain_section(inputs.diagnosis, errors.words),
            causes_section(causes(metric, dev, inputs.tags, errors), metric, errors),
            mistakes_section(inputs, metric),
            slices_section(inputs.metrics, errors.words),
            *parts.answers,
            metrics_section(inputs.metrics, errors.words),
            _curves_section(inputs.curves),
            section("Data", kinds(inputs.data), parts.data),
            findings_section(inputs.data, inputs.odd),
            _origin_section(inputs.identity),
            "</main>",
        ]
    )
    title = f"{metric.title} {errors.words.score(inputs.metrics['score'])} on test"
    return document(title, body)


def _header(inputs: Inputs) -> str:
    return (
        f'<header>\n<p class="kicker">Training report</p>\n'
        f"{answers(inputs)}\n{_level_note(inputs.identity)}\n"
        f"{_data_note(inputs.metrics['data'])}\n</header>"
    )


def _data_note(data: dict[str, str | None]) -> str:
    release, version = data["release"], text(data["version"])
    named = f"version <b>{text(release)}</b>" if release else "<b>not released</b>"
    return f'<p class="level">Data: {named} – content <code>{version}</code>.</p>'


def _level_note(identity: dict[str, Any]) -> str:
    level = _level_of(identity)
    if level == "off":
        return (
            '<p class="banner"><strong>This result is not reproducible.</strong> '
            "It was trained with reproducibility.level: off; a second run gives other bits.</p>"
        )
    meaning = LEVELS.get(level, "see reproducibility.level in params.yaml")
    return f'<p class="level">Reproducibility: <b>{text(level)}</b> – {text(meaning)}.</p>'


def _level_of(identity: dict[str, Any]) -> str:
    level = identity["params"].get("reproducibility", {}).get("level", "unknown")
    return str(level or "off")  # an unquoted `off` is false to YAML 1.1


def _curves_section(curves: Curves) -> str:
    xs = [float(value or 0) for value in curves["epoch"]]
    if not xs:
        return section("Learning curves", "<p>None: training ran no epoch.</p>")
    losses = [key for key in curves if key.endswith("_loss")]
    wrong = [key for key in curves if key.endswith("_error")]
    others = [key for key in curves if key.endswith(("_score", *METRICS)) and key not in losses]
    charts = [
        _chart("Loss", xs, losses, curves, True),
        _chart("Error", xs, wrong, curves, True),
        _chart("Score", xs, others, curves, False),
    ]
    shown = filter(None, charts)
    return section("Learning curves", '<div class="charts">', *shown, "</div>")


def _chart(title: str, xs: list[float], keys: list[str], curves: Curves, zero: bool) -> str:
    if not keys:
        return ""
    looks = {key: "one" if key.startswith("train") else "two" for key in keys}
    series = [Series(key.split("_")[0], looks[key], curves[key]) for key in keys]
    legend = "".join(
        f'<li class="{looks[key]}"><b>{text(key.replace("_", " "))}</b> {_last(curves[key])}</li>'
        for key in keys
    )
    names = " and ".join(key.replace("_", " ") for key in keys)
    svg = line_chart(f"{title} by epoch: {names}", xs, series, zero=zero)
    return (
        f"<figure>\n<figcaption><h3>{title} by epoch</h3>"
        f'<ul class="legend">{legend}</ul></figcaption>\n{svg}\n</figure>'
    )


def _last(values: list[float | None]) -> str:
    found = [value for value in values if value is not None]
    return f"{found[-1]:.4g} at the end" if found else "no value"


def _origin_section(identity: dict[str, Any]) -> str:
    same = "The same code, data, environment and parameters give the same bits. "
    lead = (
        f"<p>{'' if _level_of(identity) == 'off' else same}<code>dvc status</code> says what has "
        "changed since, <code>make verify</code> trains afresh and compares.</p>"
    )
    known = {key: label for key, label in ORIGINS.items() if key in identity}
    origins = [[label, _value(identity[key])] for key, label in known.items()]
    parts = [table("What the model was made from", ["Part", "Version"], origins, kind="words")]
    params = [_section_table(key, value) for key, value in identity["params"].items()]
    return section("Where it came from", lead, *parts, '<div class="params">', *params, "</div>")


def _section_table(title: str, settings: Any) -> str:
    pairs = settings.items() if isinstance(settings, dict) else [(title, settings)]
    rows = [[text(key), _value(value)] for key, value in pairs]
    return table(title, ["Parameter", "Value"], rows, kind="words")


def _value(value: Any) -> str:
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"<code>{text(shown)}</code>"
