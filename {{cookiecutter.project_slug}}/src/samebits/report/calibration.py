"""Whether the model is right as often as it is confident: the reliability diagram."""

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from ..metrics.class_predictions import ClassPredictions
from ..metrics.class_sample import BINS
from ..metrics.proportions import Measured, measured
from ..metrics.sums import Labels, Values
from .line_charts import Axis, grid, svg
from .markup import render

SIDE, LEFT, RIGHT, TOP, BOTTOM = 340, 48, 24, 12, 44
LARGEST = 9.0  # the radius of a point for all examples


def calibration_section(predictions: ClassPredictions) -> Markup:
    """Return the section on the confidence of answers on test."""
    right = predictions.answers == predictions.labels
    return calibrated(right, predictions.confidences, predictions.sample.groups)


def calibrated(right: NDArray[np.bool_], confidences: Values, groups: Labels) -> Markup:
    """Return the section, from whether each answer is right [n], its confidence, and its group."""
    return render(
        "calibration.html",
        sure=float(confidences.mean()),
        share=float(right.mean()),
        diagram=diagram(right, confidences, groups),
    )


def diagram(right: NDArray[np.bool_], sure: Values, groups: Labels) -> Markup:
    """Return an `<svg>` of the share of right answers by confidence, with 95 % intervals."""
    bins = np.clip(np.ceil(sure * BINS).astype(np.int64) - 1, 0, BINS - 1)
    x = Axis(0.0, 1.0, 0.2, LEFT, SIDE - RIGHT)
    y = Axis(0.0, 1.0, 0.2, SIDE - BOTTOM, TOP)
    points = []
    for held in (bins == at for at in np.unique(bins)):
        share = measured("", right[held], groups[held])
        points.append(_point(x, y, float(sure[held].mean()), share, len(bins)))
    label = "Share of right answers on test by confidence, with 95 % intervals"
    axes = grid(
        x, y, "sure, and how many of them are right", lambda value, _: f"{100 * value:.0f} %"
    )
    line = f"M{x.place(0):.1f} {y.place(0):.1f}L{x.place(1):.1f} {y.place(1):.1f}"
    exact = f'<path class="line reference" d="{line}"/>'
    return svg(SIDE, SIDE, label, axes, exact, *points, kind="square")


def _point(x: Axis, y: Axis, sure: float, share: Measured, total: int) -> str:
    at, radius = x.place(sure), max(2.0, LARGEST * (share.examples / total) ** 0.5)
    return (
        f'<path class="whisker" d="M{at:.1f} {y.place(share.low):.1f}V{y.place(share.high):.1f}"/>'
        f'<circle class="measured" cx="{at:.1f}" cy="{y.place(share.error):.1f}" '
        f'r="{radius:.1f}"/>'
    )
