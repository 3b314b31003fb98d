"""The reliability diagram: a point for each bin of confidence, with its interval."""

import re
from dataclasses import replace

import numpy as np
from predicted import example

from samebits.metrics.class_predictions import ClassPredictions
from samebits.report.calibration import BOTTOM, LEFT, RIGHT, SIDE, TOP, calibration_section


def answered(
    sure: list[float], right: list[bool], groups: list[str] | None = None
) -> ClassPredictions:
    labels = np.zeros(len(sure), dtype=np.int64)
    answers = np.where(right, 0, 1)
    count = len(sure)
    groups = groups or [""] * count
    examples = [example(group=group) for group in groups]
    return ClassPredictions(
        examples, labels, answers, np.array(sure), np.zeros((count, 2)), ["a", "b"]
    )


def points(predictions: ClassPredictions) -> list[tuple[float, float, float]]:
    """Confidence and share of right answers, back from pixels, and the radius."""
    circles = re.findall(
        r'cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', calibration_section(predictions)
    )
    return [
        (
            round((float(x) - LEFT) / (SIDE - RIGHT - LEFT), 2),
            round((SIDE - BOTTOM - float(y)) / (SIDE - BOTTOM - TOP), 2),
            float(radius),
        )
        for x, y, radius in circles
    ]


def test_points_stand_where_confidence_and_accuracy_say() -> None:
    given = answered([0.5] * 4 + [0.9] * 12, [True, False] * 2 + [True] * 9 + [False] * 3)
    low, high = points(given)
    assert low[:2] == (0.5, 0.5)
    assert high[:2] == (0.9, 0.75)
    assert high[2] > low[2]
    assert calibration_section(given).count('class="whisker"') == 2


def test_the_edges_have_their_bins() -> None:
    marks = points(answered([0.0, 1.0], [False, True]))
    assert [mark[:2] for mark in marks] == [(0.0, 0.0), (1.0, 1.0)]
    assert not re.search("nan|inf", calibration_section(answered([1.0], [True])))


def test_few_images_leave_much_open() -> None:
    single, many = (whisker(answered([0.8] * count, [True] * count)) for count in (1, 400))
    assert single > 20 * many


def test_images_of_one_group_tell_less() -> None:
    sure, right = [0.8] * 80, [True] * 40 + [False] * 40
    alone = whisker(answered(sure, right))
    together = whisker(answered(sure, right, [str(row // 10) for row in range(80)]))
    assert together > 2 * alone


def whisker(predictions: ClassPredictions) -> float:
    """The length of the only interval, in pixels."""
    labels = re.findall(
        r'class="whisker" d="M[\d.]+ ([\d.]+)V([\d.]+)"', calibration_section(predictions)
    )
    [(low, high)] = labels
    return abs(float(low) - float(high))


def test_it_is_said_which_way_it_is_wrong() -> None:
    given = answered([0.9] * 4, [True, True, True, False])
    assert "90.0 % sure of its answers and 75.0 % of them are right" in calibration_section(given)
    assert "overconfident" in calibration_section(given)
    modest = replace(given, confidences=np.full(4, 0.6))
    assert "underconfident" in calibration_section(modest)
