"""Plots of numbers: every point where it belongs, the same bytes, and not too many of them."""

import re

import numpy as np
import pytest

from samebits.report.number_plots import (
    COLUMNS,
    FURTHEST,
    MOST,
    PlotTitles,
    histogram,
    scatter,
    thinned,
)

TITLES = PlotTitles("<plot>", "x & y", "up")


def points(svg: str) -> list[tuple[float, float]]:
    circles = re.findall(r'<circle cx="([\d.-]+)" cy="([\d.-]+)"', svg)
    return [(float(x), float(y)) for x, y in circles]


@pytest.mark.parametrize("scale", [1.0, 1e5, 1e-7, 1e12])
def test_points_lie_as_the_numbers_do(scale: float) -> None:
    x = np.array([0.0, 1.0, 2.0, 4.0]) * scale
    y = np.array([0.0, 2.0, 2.0, 4.0]) * scale
    drawn = points(scatter(TITLES, x, y, x))
    across, up = zip(*drawn, strict=True)
    assert across[1] - across[0] == pytest.approx(across[2] - across[1], abs=0.2)
    assert across[3] - across[2] == pytest.approx(2 * (across[1] - across[0]), abs=0.2)
    assert up[1] == up[2]
    assert up[3] < up[1] < up[0]  # an SVG counts from the top


def test_the_line_is_what_is_expected() -> None:
    x = np.array([3.0, 1.0, 2.0])
    svg = scatter(TITLES, x, x, x)
    (line,) = re.findall(r'class="line reference" d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)"', svg)
    ends = sorted(points(svg))
    assert [float(number) for number in line] == [*ends[0], *ends[-1]]
    assert 'aria-label="&lt;plot&gt;"' in svg
    assert ">x &amp; y</text>" in svg


def test_one_number_alone_is_drawn() -> None:
    assert len(points(scatter(TITLES, np.array([7.0]), np.array([7.0]), np.array([7.0])))) == 1
    assert histogram(TITLES, np.array([0.0])).count("z") == 1


def test_very_many_points_are_thinned_but_not_the_odd_ones() -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=50_000)
    away = np.abs(draw.normal(size=50_000))
    rows = thinned(x, away)
    assert len(rows) == len(set(rows)) == MOST
    assert rows == sorted(rows)
    assert set(np.argsort(-away)[:FURTHEST].tolist()) <= set(rows)
    kept = x[rows]
    assert np.quantile(kept, 0.1) == pytest.approx(np.quantile(x, 0.1), abs=0.05)
    assert np.quantile(kept, 0.9) == pytest.approx(np.quantile(x, 0.9), abs=0.05)
    assert thinned(x, away) == rows
    assert thinned(x[:MOST], away[:MOST]) == [*range(MOST)]
    assert len(points(scatter(TITLES, x, x + away, x))) == MOST


def test_a_histogram_counts_all() -> None:
    values = np.repeat(np.arange(1.0, 7.0), [5, 4, 3, 2, 1, 1])
    svg = histogram(TITLES, values)
    bars = re.findall(r'd="M([\d.]+) ([\d.]+)V([\d.]+)H([\d.]+)V', svg)
    assert len(bars) == 6 <= COLUMNS
    heights = [float(base) - float(top) for _, base, top, _ in bars]
    assert heights == pytest.approx([heights[-1] * count for count in (5, 4, 3, 2, 1, 1)], abs=0.5)
