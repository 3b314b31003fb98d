"""What a cause could remove: its share of the mistakes that people looked at."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from predicted import ERRORS, NUMBER, numbers

from samebits.diagnosis import error_causes
from samebits.diagnosis.error_causes import Causes
from samebits.diagnosis.errors_by_target import errors_of
from samebits.metrics.class_predictions import ClassPredictions
from samebits.metrics.registry import Metric, metrics_of
from samebits.metrics.scores import value

Made = Callable[..., ClassPredictions]
METRICS = metrics_of("class")
ACCURACY = METRICS["accuracy"]


def causes(metric: Metric, predictions: ClassPredictions, said: dict[str, list[str]]) -> Causes:
    return error_causes.causes(metric, predictions, said, ERRORS)


def dev(made: Made, groups: tuple[str, ...] = ()) -> ClassPredictions:
    """Of 100 examples the first 20 are mistakes."""
    labels = np.arange(100, dtype=np.int64) % 2
    answers = np.where(np.arange(100) < 20, 1 - labels, labels)
    return made(labels, np.where(np.eye(2)[answers] > 0, 0.9, 0.1), groups=groups)


def tags(**numbers: range) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, rows in numbers.items():
        for row in rows:
            found.setdefault(f"{row:032x}", []).append(name)
    return found


def test_shares_and_what_they_could_win(made: Made) -> None:
    found = causes(ACCURACY, dev(made), tags(dark=range(4), blurry=range(2, 16), other=range(50)))
    assert (found.examples, found.mistakes, found.looked) == (100, 20, 20)
    assert found.error == 0.2
    assert found.score == 0.8
    assert [(one.name, one.mistakes) for one in found.causes] == [
        ("other", 20),
        ("blurry", 14),
        ("dark", 4),
    ]
    assert [one.share.value for one in found.causes] == [1, 0.7, 0.2]
    assert [one.score for one in found.causes] == pytest.approx([1, 0.94, 0.84])
    low, high = found.causes[1].share.interval()
    assert 0.4 < low < 0.5
    assert 0.8 < high < 0.9


def test_shares_are_those_among_what_was_looked_at(made: Made) -> None:
    found = causes(ACCURACY, dev(made), tags(dark=range(2), blurry=range(2, 8)))
    assert found.looked == 8
    assert [(one.name, one.share.value) for one in found.causes] == [
        ("blurry", 0.75),
        ("dark", 0.25),
    ]


def test_every_metric_is_mended(made: Made) -> None:
    given, said = dev(made), tags(all=range(20))
    for metric in METRICS.values():
        (one,) = causes(metric, given, said).causes
        better = one.score - value(metric, given.sample)
        assert better > 0 if metric.higher_is_better else better < 0


def test_pictures_of_one_group_tell_less(made: Made) -> None:
    alone = causes(ACCURACY, dev(made), tags(dark=range(10), other=range(10, 20)))
    groups = tuple(f"g{row // 5}" for row in range(100))
    together = causes(ACCURACY, dev(made, groups), tags(dark=range(10), other=range(10, 20)))
    widths = [one.causes[0].share.high - one.causes[0].share.low for one in (alone, together)]
    assert widths[1] > 1.3 * widths[0]


def test_nothing_said_and_nothing_wrong(made: Made) -> None:
    assert causes(ACCURACY, dev(made), {}).causes == []
    right = replace(dev(made), answers=dev(made).labels)
    found = causes(ACCURACY, right, tags(dark=range(9)))
    assert (found.mistakes, found.looked, found.causes) == (0, 0, [])


def test_one_mistake_is_hardly_evidence(made: Made) -> None:
    (one,) = causes(ACCURACY, dev(made), tags(dark=range(1))).causes
    assert one.share.value == 1
    assert one.share.low < 0.1


def test_of_numbers_a_cause_has_its_part_of_the_error() -> None:
    truth = np.arange(100, dtype=float)
    away = np.where(np.arange(100) < 20, 10.0, 0.5)
    away[0] = 210.0
    given, errors = numbers(truth, truth + away), errors_of(NUMBER, 1.0)
    mae = metrics_of("number")["mae"]
    said = tags(typo=range(1), far=range(1, 20))
    found = error_causes.causes(mae, given, said, errors)
    assert (found.mistakes, found.looked) == (20, 20)
    assert found.error == pytest.approx(4.4)
    assert found.at_stake == pytest.approx(4.0)
    assert [(one.name, one.mistakes) for one in found.causes] == [("typo", 1), ("far", 19)]
    assert [one.share.value for one in found.causes] == pytest.approx([0.525, 0.475])
    assert [one.score for one in found.causes] == pytest.approx([2.3, 2.5])
    # One example has half of it: nobody knows what others would show.
    assert found.causes[0].share.low < 0.15
    assert found.causes[0].share.high > 0.85


def test_of_numbers_many_alike_tell_more_than_one() -> None:
    truth, errors = np.zeros(200), errors_of(NUMBER, 1.0)
    given = numbers(truth, truth + 10)
    share = errors.share(given.sample, np.arange(200) < 100)
    assert share.value == 0.5
    assert 0.42 < share.low < 0.45
    assert 0.55 < share.high < 0.58
    together = numbers(truth, truth + 10, [f"g{row // 20}" for row in range(200)])
    wide = errors.share(together.sample, np.arange(200) < 100)
    assert wide.high - wide.low > 3 * (share.high - share.low)
