"""Axes with round numbers, and lines that survive thin data."""

import re

import pytest

from samebits.report.line_charts import Axis, Series, line_chart, nice_step


@pytest.mark.parametrize(
    ("span", "count", "step"),
    [(1, 4, 0.5), (0.9, 5, 0.2), (100, 5, 20), (30, 6, 5), (0.004, 4, 0.001), (9.9, 1, 10)],
)
def test_steps_are_round(span: float, count: int, step: float) -> None:
    assert nice_step(span, count) == step


def test_ticks_keep_both_ends() -> None:
    assert len(Axis(0.1, 0.3, 0.1, 0, 1).ticks()) == 3
    assert Axis(1, 30, 5, 0, 1).ticks() == [5, 10, 15, 20, 25, 30]


def test_a_line_goes_from_edge_to_edge() -> None:
    chart = line_chart("t", [1, 2], [Series("dev", "measured", [0.0, 2.0])], zero=True)
    assert '<path class="line measured" d="M48.0 210.0L378.0 12.0"/>' in chart
    assert ">dev</text>" in chart
    assert ">epoch</text>" in chart
    assert ">2.0</text>" in chart


@pytest.mark.parametrize("zero", [True, False])
@pytest.mark.parametrize("values", [[0.5], [0.0], [1.0], [None], [-3.0]])
def test_one_epoch(values: list[float | None], zero: bool) -> None:
    chart = line_chart("t", [1], [Series("dev", "measured", values)], zero=zero)
    assert chart.count("<circle") == (values != [None])
    assert not re.search("nan|inf", chart)


def test_flat_and_broken_lines() -> None:
    chart = line_chart("t", [1, 2, 3], [Series("dev", "measured", [1.0, None, 1.0])], zero=False)
    assert ">1.00</text>" in chart
    assert ">1.02</text>" not in chart


def test_labels_keep_apart() -> None:
    lines = [Series("train", "reference", [1.0, 0.01]), Series("dev", "measured", [1.0, 0.0])]
    chart = line_chart("t", [1, 2], lines, zero=True)
    heights = re.findall(r'class="label [a-z]+" x="[0-9.]+" y="([0-9.]+)"', chart)
    assert len(heights) == 2
    assert abs(float(heights[0]) - float(heights[1])) >= 14.9


def test_labels_are_escaped() -> None:
    chart = line_chart('"<t>', [1], [Series("<dev>", "measured", [1.0])], zero=True)
    assert 'aria-label="&#34;&lt;t&gt;"' in chart
    assert ">&lt;dev&gt;</text>" in chart
