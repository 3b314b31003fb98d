"""Plots of numbers as SVG, scatter plots and histograms: the same bytes each time.

The style sheet of the page decides how they look, as for `charts`.
"""

from typing import NamedTuple

import numpy as np
from markupsafe import Markup, escape

from ..metrics.sums import Values
from .line_charts import Axis, grid, svg, value_axis

WIDTH, HEIGHT = 440, 340
LEFT, RIGHT, TOP, BOTTOM = 84, 20, 12, 44
RADIUS, FAINT = 2.5, 0.45
MOST = 2000  # points; more cannot be told apart, and make the page heavy
FURTHEST = 200  # of them, the furthest from the expected line, are always shown
COLUMNS = 30


class PlotTitles(NamedTuple):
    """A plot's title, for those who cannot see it, and the titles of its axes."""

    plot: str
    x: str
    y: str


def scatter(titles: PlotTitles, x: Values, y: Values, expected: Values) -> Markup:
    """Return an `<svg>` of points, with a line where they would be without errors.

    Args:
        titles: of the plot and its axes.
        x, y: of each point `[n]`.
        expected: the `y` of the line there `[n]`, a linear function of `x`.
    """
    across = _x_axis([float(x.min()), float(x.max())])
    heights = [float(end) for end in (y.min(), y.max(), expected.min(), expected.max())]
    up = value_axis(heights, zero=False, start=HEIGHT - BOTTOM, end=TOP)
    ends = [int(x.argmin()), int(x.argmax())]
    line = "L".join(f"{across.place(x[at]):.1f} {up.place(expected[at]):.1f}" for at in ends)
    points = "".join(
        f'<circle cx="{across.place(x[at]):.1f}" cy="{up.place(y[at]):.1f}" r="{RADIUS}"/>'
        for at in thinned(x, np.abs(y - expected))
    )
    return _svg(
        titles,
        across,
        up,
        f'<g style="fill:var(--orange)" opacity="{FAINT}">{points}</g>',
        f'<path class="line reference" d="M{line}"/>',
    )


def histogram(titles: PlotTitles, values: Values) -> Markup:
    """Return an `<svg>` histogram of values `[n]`, none of them negative."""
    across = _x_axis([float(values.max())], zero=True)
    span = across.high - across.low
    at = (values - across.low) / span * COLUMNS
    counts = np.bincount(np.clip(at.astype(np.int64), 0, COLUMNS - 1), minlength=COLUMNS)
    up = value_axis([float(counts.max())], zero=True, start=HEIGHT - BOTTOM, end=TOP)
    edges = [across.place(across.low + span * edge / COLUMNS) for edge in range(COLUMNS + 1)]
    bars = "".join(
        f'<path d="M{edges[place]:.1f} {up.start:.1f}V{up.place(count):.1f}'
        f'H{edges[place + 1] - 1:.1f}V{up.start:.1f}z"/>'
        for place, count in enumerate(counts.tolist())
        if count
    )
    return _svg(titles, across, up, f'<g style="fill:var(--orange)">{bars}</g>')


def thinned(x: Values, away: Values) -> list[int]:
    """Return which of very many points to draw, in their order.

    Those furthest `away` [n] from the expected line, and some of the others, evenly spread over `x`
    [n], so that neither outliers nor the usual range is lost.
    """
    if len(x) <= MOST:
        return [*range(len(x))]
    far = np.argsort(-away, kind="stable")[:FURTHEST]
    others = np.setdiff1d(np.arange(len(x)), far)
    ordered = others[np.argsort(x[others], kind="stable")]
    few = MOST - FURTHEST
    spread = ordered[np.arange(few) * len(ordered) // few]
    return sorted([*far.tolist(), *spread.tolist()])


def _x_axis(values: list[float], *, zero: bool = False) -> Axis:
    return value_axis(values, zero=zero, start=LEFT, end=WIDTH - RIGHT)


def _svg(titles: PlotTitles, x: Axis, y: Axis, *drawn: str) -> Markup:
    middle = (y.start + y.end) / 2
    turned = f'transform="rotate(-90 14 {middle:.1f})" text-anchor="middle"'
    title = f'<text x="14" y="{middle:.1f}" {turned}>{escape(titles.y)}</text>'
    return svg(WIDTH, HEIGHT, titles.plot, grid(x, y, titles.x), title, *drawn)
