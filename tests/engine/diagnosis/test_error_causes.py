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
    tagged: dict[str, list[str]] = {}
    for name, rows in numbers.items():
        for row in rows:
            tagged.setdefault(f"{row:032x}", []).append(name)
    return tagged


def test_shares_and_what_they_could_win(made: Made) -> None:
    told = causes(ACCURACY, dev(made), tags(dark=range(4), blurry=range(2, 16), other=range(50)))
    assert (told.examples, told.mistakes, told.looked) == (100, 20, 20)
    assert told.error == 0.2
    assert told.score == 0.8
    assert [(cause.name, cause.mistakes) for cause in told.causes] == [
        ("other", 20),
        ("blurry", 14),
        ("dark", 4),
    ]
    assert [cause.share.value for cause in told.causes] == [1, 0.7, 0.2]
    assert [cause.score for cause in told.causes] == pytest.approx([1, 0.94, 0.84])
    low, high = told.causes[1].share.interval()
    assert 0.4 < low < 0.5
    assert 0.8 < high < 0.9


def test_shares_are_those_among_what_was_looked_at(made: Made) -> None:
    told = causes(ACCURACY, dev(made), tags(dark=range(2), blurry=range(2, 8)))
    assert told.looked == 8
    assert [(cause.name, cause.share.value) for cause in told.causes] == [
        ("blurry", 0.75),
        ("dark", 0.25),
    ]


def test_every_metric_is_mended(made: Made) -> None:
    given, said = dev(made), tags(all=range(20))
    for metric in METRICS.values():
        (cause,) = causes(metric, given, said).causes
        better = cause.score - value(metric, given.sample)
        assert better > 0 if metric.higher_is_better else better < 0


def test_images_of_one_group_tell_less(made: Made) -> None:
    alone = causes(ACCURACY, dev(made), tags(dark=range(10), other=range(10, 20)))
    groups = tuple(f"g{row // 5}" for row in range(100))
    together = causes(ACCURACY, dev(made, groups), tags(dark=range(10), other=range(10, 20)))
    widths = [told.causes[0].share.high - told.causes[0].share.low for told in (alone, together)]
    assert widths[1] > 1.3 * widths[0]


def test_nothing_said_and_nothing_wrong(made: Made) -> None:
    assert causes(ACCURACY, dev(made), {}).causes == []
    right = replace(dev(made), answers=dev(made).labels)
    told = causes(ACCURACY, right, tags(dark=range(9)))
    assert (told.mistakes, told.looked, told.causes) == (0, 0, [])


def test_one_mistake_is_hardly_evidence(made: Made) -> None:
    (cause,) = causes(ACCURACY, dev(made), tags(dark=range(1))).causes
    assert cause.share.value == 1
    assert cause.share.low < 0.1


def test_of_numbers_a_cause_has_its_part_of_the_error() -> None:
    truth = np.arange(100, dtype=float)
    away = np.where(np.arange(100) < 20, 10.0, 0.5)
    away[0] = 210.0
    given, errors = numbers(truth, truth + away), errors_of(NUMBER, 1.0)
    mae = metrics_of("number")["mae"]
    said = tags(typo=range(1), far=range(1, 20))
    told = error_causes.causes(mae, given, said, errors)
    assert (told.mistakes, told.looked) == (20, 20)
    assert told.error == pytest.approx(4.4)
    assert told.at_stake == pytest.approx(4.0)
    assert [(cause.name, cause.mistakes) for cause in told.causes] == [("typo", 1), ("far", 19)]
    assert [cause.share.value for cause in told.causes] == pytest.approx([0.525, 0.475])
    assert [cause.score for cause in told.causes] == pytest.approx([2.3, 2.5])
    # One example has half of it: nobody knows what others would show.
    assert told.causes[0].share.low < 0.15
    assert told.causes[0].share.high > 0.85


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
