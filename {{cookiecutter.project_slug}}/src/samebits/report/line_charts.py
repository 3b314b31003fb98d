"""Line charts as SVG: small, without scripts, the same bytes for the same numbers.

The style sheet of the page decides how it looks, so a chart fits light and dark.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 440, 250
LEFT, RIGHT, TOP, BOTTOM = 48, 62, 12, 40
SMALL, LARGE = 1e-4, 1e7  # of a step; otherwise ticks are written with a power of ten
LABEL_GAP = 15  # labels nearer than this would overlap


@dataclass(frozen=True)
class Series:
    """A line: its label, its look (`reference` or `measured` in the style sheet), and its values.

    There is a value for each x, or None.
    """

    label: str
    look: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high`, `step` between ticks, drawn from `start` to `end` of an SVG."""

    low: float
    high: float
    step: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Return where a value is drawn; a range of one value is in the middle."""
        span = self.high - self.low
        part = (value - self.low) / span if span else 0.5
        return self.start + part * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return the multiples of the step in the range."""
        # The slack keeps an end that rounding put just outside.
        first = math.ceil(self.low / self.step - 1e-9)
        last = math.floor(self.high / self.step + 1e-9)
        return [count * self.step for count in range(first, last + 1)]


def nice_step(span: float, count: int) -> float:
    """Return 1, 2 or 5 times a power of ten that cuts `span` > 0 into about `count` parts."""
    digits, exponent = f"{span / count:e}".split("e")
    factor = next(factor for factor in (1, 2, 5, 10) if float(digits) <= factor)
    return float(f"{factor}e{exponent}")


def line_chart(title: str, xs: Sequence[float], series: Sequence[Series], *, zero: bool) -> Markup:
    """Return an `<svg>` of lines over whole numbers such as epochs.

    Args:
        title: what the chart shows, for those who cannot see it.
        xs: ascending, at least one.
        series: lines with as many values as there are `xs`.
        zero: whether the y axis starts at zero, otherwise near the smallest value.
    """
    values = [value for line in series for value in line.values if value is not None]
    y = value_axis(values or [0.0], zero=zero, start=HEIGHT - BOTTOM, end=TOP)
    span = xs[-1] - xs[0]
    x = Axis(xs[0], xs[-1], max(1.0, nice_step(span or 1, 6)), LEFT, WIDTH - RIGHT)
    return svg(WIDTH, HEIGHT, title, grid(x, y, "epoch"), *_lines(x, y, xs, series))


def svg(width: int, height: int, label: str, *parts: str, kind: str = "") -> Markup:
    """Return an `<svg>` of parts, with a label for those who cannot see it.

    Args:
        width, height: the coordinates that the parts use.
        label: plain text.
        parts: SVG, in which texts that come from outside are escaped.
        kind: a class of the style sheet.
    """
    named = f'class="{kind}" ' if kind else ""
    start = f'<svg {named}viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">'
    return Markup("\n".join([start, *parts, "</svg>"]))


def value_axis(values: list[float], *, zero: bool, start: float, end: float) -> Axis:
    """Return the axis for values, drawn from `start` to `end`.

    Args:
        values: at least one.
        zero: whether it starts at zero, otherwise near the smallest value.
        start, end: coordinates of the SVG.
    """
    low, high = min(values), max(values)
    if zero:
        low = min(low, 0.0)
    if high == low:
        low, high = (low, low + 1) if zero else (low - (abs(low) or 1) / 10, low)
    step = nice_step(high - low, 4)
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return Axis(low, high, step, start, end)


def tick(value: float, step: float) -> str:
    """Return the label of a tick on an axis with this step."""
    if not SMALL <= step < LARGE:
        return f"{value:g}"
    decimals = max(0, -int(f"{step:e}".split("e")[1]))
    return f"{value + 0.0:,.{decimals}f}"


def grid(x: Axis, y: Axis, title: str, write: Callable[[float, float], str] = tick) -> str:
    """Return both axes with their ticks, lines at those of `y`, and the title of `x`.

    `write` returns the label of a tick on an axis with such a step.
    """
    parts = []
    for value in y.ticks():
        at = y.place(value)
        parts.append(f'<path class="grid" d="M{x.start} {at:.1f}H{x.end}"/>')
        label = write(value, y.step)
        parts.append(f'<text x="{x.start - 8}" y="{at + 4:.1f}" text-anchor="end">{label}</text>')
    base = y.start
    parts.append(f'<path class="axis" d="M{x.start} {base}H{x.end}"/>')
    for value in x.ticks():
        at = x.place(value)
        parts.append(f'<path class="axis" d="M{at:.1f} {base}v5"/>')
        label = write(value, x.step)
        parts.append(f'<text x="{at:.1f}" y="{base + 19}" text-anchor="middle">{label}</text>')
    middle = f'x="{(x.start + x.end) / 2:.1f}" y="{base + 36}"'
    parts.append(f'<text {middle} text-anchor="middle">{escape(title)}</text>')
    return "\n".join(parts)


def _lines(x: Axis, y: Axis, xs: Sequence[float], series: Sequence[Series]) -> list[str]:
    drawn = [(line, _points(x, y, xs, line)) for line in series]
    ends = [(points[-1][1], line, points) for line, points in drawn if points]
    parts, above = [], math.inf
    for height, line, points in sorted(ends, key=lambda end: -end[0]):
        last_x, last_y = points[-1]
        # From the bottom up, each label keeps its distance from the one below it.
        above = min(height, above - LABEL_GAP)
        path = "L".join(f"{px:.1f} {py:.1f}" for px, py in points)
        parts.append(f'<path class="line {line.look}" d="M{path}"/>')
        parts.append(f'<circle class="{line.look}" cx="{last_x:.1f}" cy="{last_y:.1f}" r="3.5"/>')
        at = f'x="{last_x + 9:.1f}" y="{above + 4:.1f}"'
        parts.append(f'<text class="label {line.look}" {at}>{escape(line.label)}</text>')
    return parts


def _points(x: Axis, y: Axis, xs: Sequence[float], line: Series) -> list[tuple[float, float]]:
    pairs = zip(xs, line.values, strict=True)
    return [(x.place(at), y.place(value)) for at, value in pairs if value is not None]
