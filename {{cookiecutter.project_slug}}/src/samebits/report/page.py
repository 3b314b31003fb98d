"""The report: one HTML page that opens offline, the same bytes for the same results.

It names no project, machine or time, because `dvc.lock` holds its hash.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup

from ..core.stage_outputs import Curves
from ..diagnosis.error_causes import causes
from ..metrics.registry import METRICS
from ..metrics.scores import find
from .answers import answers
from .chain import chain_section
from .class_parts import class_parts
from .class_set_parts import class_set_parts
from .data_findings import findings_section
from .figures import metrics_section, slices_section
from .inputs import Inputs
from .line_charts import Series, line_chart
from .markup import render
from .mask_parts import mask_parts
from .mistakes import causes_section, mistakes_section
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
    "code": ("Code", "SHA-256 of the source that trained it"),
    "data": ("Data", "MD5, as in data/raw.dvc"),
    "examples": ("Examples", "SHA-256 of the lists of train and dev"),
    "lock": ("Environment", "SHA-256 of requirements/runtime.lock"),
}
MOST_KINDS = 8  # of sizes and colour modes


def page(inputs: Inputs) -> str:
    """Return the whole page as HTML."""
    metric, errors = find(inputs.metrics["metric"]), inputs.errors
    dev, parts = inputs.predictions["dev"], PARTS[errors.answers.target](inputs)
    level = _level_of(inputs.identity)
    sections = [
        chain_section(inputs.diagnosis, errors.words),
        causes_section(causes(metric, dev, inputs.tags, errors), metric, errors),
        mistakes_section(inputs, metric),
        slices_section(inputs.metrics, errors.words),
        *parts.answers,
        metrics_section(inputs.metrics, errors.words),
        _curves_section(inputs.curves),
        render("data.html", kinds=_kinds(inputs.data), counts=parts.data),
        findings_section(inputs.data, inputs.odd),
        _origin_section(inputs.identity, level),
    ]
    content = render(
        "report.html",
        title=f"{metric.title} {errors.words.score(inputs.metrics['score'])} on test",
        answers=answers(inputs),
        level=level,
        meaning=LEVELS.get(level, "see reproducibility.level in params.yaml"),
        data=inputs.metrics["data"],
        sections=sections,
    )
    return str(content)


def _level_of(identity: dict[str, Any]) -> str:
    level = identity["params"].get("reproducibility", {}).get("level", "unknown")
    return str(level or "off")  # an unquoted `off` is false to YAML 1.1


def _curves_section(curves: Curves) -> Markup:
    xs = [float(value or 0) for value in curves["epoch"]]
    losses = [key for key in curves if key.endswith("_loss")]
    errors = [key for key in curves if key.endswith("_error")]
    scores = [key for key in curves if key.endswith(("_score", *METRICS)) and key not in losses]
    charts = [
        _chart(f"{title} by epoch", xs, {key: curves[key] for key in keys}, title != "Score")
        for title, keys in (("Loss", losses), ("Error", errors), ("Score", scores))
        if keys and xs
    ]
    return render("curves.html", charts=charts)


def _chart(title: str, xs: list[float], curves: Curves, zero: bool) -> dict[str, Any]:
    looks = {key: "reference" if key.startswith("train") else "measured" for key in curves}
    series = [Series(key.split("_")[0], looks[key], curves[key]) for key in curves]
    names = " and ".join(key.replace("_", " ") for key in curves)
    return {
        "title": title,
        "svg": line_chart(f"{title}: {names}", xs, series, zero=zero),
        "legend": [(looks[key], key.replace("_", " "), _last(curves[key])) for key in curves],
    }


def _last(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{known[-1]:.4g} at the end" if known else "no value"


def _kinds(data: dict[str, Any]) -> dict[str, list[tuple[str, int]]]:
    """The commonest sizes and colour modes, with how often each occurs."""
    titles = {"Sizes in pixels": data["sizes"], "Colour modes": data["modes"]}
    return {
        title: sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_KINDS]
        for title, counts in titles.items()
        if counts
    }


def _origin_section(identity: dict[str, Any], level: str) -> Markup:
    params = {
        title: settings if isinstance(settings, dict) else {title: settings}
        for title, settings in identity["params"].items()
    }
    return render(
        "origin.html",
        reproducible=level != "off",
        origins=[
            (*words, _written(identity[key])) for key, words in ORIGINS.items() if key in identity
        ],
        params={
            title: {key: _written(value) for key, value in settings.items()}
            for title, settings in params.items()
        },
    )


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
