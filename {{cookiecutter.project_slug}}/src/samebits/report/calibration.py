"""Whether the model is right as often as it is sure: the reliability diagram."""

import numpy as np
from numpy.typing import NDArray

from ..metrics.class_predictions import ClassPredictions
from ..metrics.class_sample import BINS
from ..metrics.proportions import Measured, measured
from ..metrics.sums import Labels, Values
from .charts import Axis
from .markup import percent, section

SIDE, LEFT, RIGHT, TOP, BOTTOM = 340, 48, 24, 12, 44
LARGEST = 9.0  # the radius of a point that stands for all examples


def calibration_section(predictions: ClassPredictions) -> str:
    """Return the section on the confidence of answers on test."""
    right = predictions.answers == predictions.labels
    return calibrated(right, predictions.confidences, predictions.sample.groups)


def calibrated(right: NDArray[np.bool_], confidences: Values, groups: Labels) -> str:
    """Return the section: whether each answer is right [n], how sure it was, and its group."""
    sure, share = float(confidences.mean()), float(right.mean())
    way = "surer than it is right" if sure > share else "right more often than it is sure"
    lead = (
        f"<p>On average the model is {percent(sure)} sure of its answers and {percent(share)} of "
        f"them are right: it is {way}. Below the line it is too sure, above too modest; a point "
        "is as large as the share of examples with that confidence.</p>"
    )
    figure = diagram(right, confidences, groups)
    return section("Calibration on test", lead, f"<figure>\n{figure}\n</figure>")


def diagram(right: NDArray[np.bool_], sure: Values, groups: Labels) -> str:
    """Return an `<svg>` of the share of right answers by confidence, with 95 % intervals."""
    bins = np.clip(np.ceil(sure * BINS).astype(np.int64) - 1, 0, BINS - 1)
    x = Axis(0.0, 1.0, 0.2, LEFT, SIDE - RIGHT)
    y = Axis(0.0, 1.0, 0.2, SIDE - BOTTOM, TOP)
    points = []
    for held in (bins == at for at in np.unique(bins)):
        share = measured("", right[held], groups[held])
        points.append(_point(x, y, float(sure[held].mean()), share, len(bins)))
    body = "\n".join([*_grid(x, y), *points])
    label = "Share of right answers on test by confidence, with 95 % intervals"
    return (
        f'<svg class="square" viewBox="0 0 {SIDE} {SIDE}" role="img" aria-label="{label}">\n'
        f"{body}\n</svg>"
    )


def _point(x: Axis, y: Axis, sure: float, share: Measured, total: int) -> str:
    at, radius = x.place(sure), max(2.0, LARGEST * (share.examples / total) ** 0.5)
    return (
        f'<path class="whisker" d="M{at:.1f} {y.place(share.low):.1f}V{y.place(share.high):.1f}"/>'
        f'<circle class="two" cx="{at:.1f}" cy="{y.place(share.error):.1f}" r="{radius:.1f}"/>'
    )


def _grid(x: Axis, y: Axis) -> list[str]:
    parts = []
    for tick in y.ticks():
        at = y.place(tick)
        parts.append(f'<path class="grid" d="M{LEFT} {at:.1f}H{SIDE - RIGHT}"/>')
        parts.append(
            f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{100 * tick:.0f} %</text>'
        )
    base = SIDE - BOTTOM
    for tick in x.ticks():
        at = x.place(tick)
        parts.append(f'<path class="axis" d="M{at:.1f} {base}v5"/>')
        parts.append(
            f'<text x="{at:.1f}" y="{base + 19}" text-anchor="middle">{100 * tick:.0f} %</text>'
        )
    parts.append(f'<path class="axis" d="M{LEFT} {base}H{SIDE - RIGHT}"/>')
    ends = f"M{x.place(0):.1f} {y.place(0):.1f}L{x.place(1):.1f} {y.place(1):.1f}"
    parts.append(f'<path class="line one" d="{ends}"/>')
    middle = (LEFT + SIDE - RIGHT) / 2
    parts.append(
        f'<text x="{middle:.1f}" y="{SIDE - 6}" text-anchor="middle">sure, and how many of them '
        "are right</text>"
    )
    return parts
