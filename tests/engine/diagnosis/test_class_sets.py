"""A chain of errors of several classes: the planted fault is named, in the target's words."""

import json
import re
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import planted_class_sets
import pytest
from conftest import shipped
from handwritten_digits.training import Augmentation
from planted import right
from planted_class_sets import FAULTS
from predicted import CLASS_SETS, class_sets, confused

from samebits.core.sections import Data, Evaluation, Optimization, Regularization
from samebits.diagnosis.diagnosis import DiagnosisInputs, diagnose
from samebits.diagnosis.error_causes import causes
from samebits.diagnosis.errors_by_target import errors_of
from samebits.diagnosis.ideas import DiagnosisSettings
from samebits.metrics.registry import METRICS
from samebits.metrics.scores import value

pytestmark = pytest.mark.usefixtures("params")
COUNTS = {"train": 800, "train_dev": 300, "dev": 300, "test": 300}
ERRORS = errors_of(CLASS_SETS, 0.02)


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault(name: str) -> None:
    fault, diagnosis = planted_class_sets.planted(name, seed=0)
    assert right(fault, diagnosis), diagnosis


def diagnosed(means: tuple[float, ...], apart: bool = False) -> dict[str, Any]:
    """The diagnosis of a model with these errors on train, train-dev, dev and test."""
    predictions = {
        name: confused(seed, count, mean)
        for seed, ((name, count), mean) in enumerate(zip(COUNTS.items(), means, strict=True))
    }
    losses = [*np.linspace(0.69, 0.3, 100).tolist(), *[0.3] * 300]
    inputs = DiagnosisInputs({}, {"findings": []}, CLASS_SETS, predictions, losses, 10)
    given = DiagnosisSettings(
        ERRORS,
        replace(shipped(Data), evaluate_on="*/x-*" if apart else ""),
        replace(shipped(Optimization), epochs=10),
        shipped(Regularization),
        replace(shipped(Evaluation), metric="macro_f1", target_error=0.02),
        asdict(shipped(Augmentation)),
        {"bigger": {"width": 64}, "smaller": {"width": 16}, "other": {}},
    )
    return dict(json.loads(json.dumps(diagnose(inputs, given), allow_nan=False)))


@pytest.mark.parametrize(
    ("means", "apart", "state", "link"),
    [
        ((0.2, 0.21, 0.2, 0.2), False, "gap", "bias"),
        ((0.0, 0.2, 0.2, 0.2), False, "gap", "variance"),
        ((0.0, 0.01, 0.3, 0.3), True, "gap", "mismatch"),
        ((0.01, 0.01, 0.01, 0.01), False, "target met", None),
    ],
)
def test_the_link_that_was_planted(
    means: tuple[float, ...], apart: bool, state: str, link: str | None
) -> None:
    said = diagnosed(means, apart)
    assert (said["state"], said["link"]) == (state, link)


def test_the_words_are_those_of_classes() -> None:
    said = diagnosed((0.0, 0.2, 0.2, 0.2))
    pattern = (
        r"The largest gap is variance: \d\d\.\d\d % of the answers, one for each class, are wrong "
        r"on train-dev and dev, \d\d\.\d\d points more than on train"
    )
    assert re.match(pattern, said["sentence"])
    assert "label smoothing" in [idea["idea"] for idea in said["ideas"]]


def test_losses_of_knowing_nothing_and_of_a_perfect_fit() -> None:
    assert [*ERRORS.losses(0.0)] == [pytest.approx(np.log(2)), 0]
    half = -0.95 * np.log(0.95) - 0.05 * np.log(0.05)
    assert ERRORS.losses(0.1)[1] == pytest.approx(half)


def test_what_is_most_wrong_comes_first() -> None:
    labels = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1], [1, 0, 1]], np.uint8)
    answers = np.array([[0, 0, 0], [0, 0, 0], [0, 0, 1], [1, 1, 1]], np.uint8)
    rows = np.array([[0.4, 0.1, 0.1], [0.4, 0.4, 0.1], [0.1, 0.4, 0.9], [0.9, 0.9, 0.9]])
    predictions = class_sets(labels, answers, rows)
    metric = METRICS["macro_f1"]
    assert ERRORS.mistakes(predictions).tolist() == [True, True, False, True]
    assert ERRORS.ordered(metric, predictions) == [1, 3, 0]
    assert ERRORS.nearly(predictions) == [2]
    assert ERRORS.said(predictions, 1) == ("c0;c1", "none", "0.666667")
    assert ERRORS.words.far("0.666667") == "67 % of the answers wrong"
    right = ERRORS.put_right(predictions.sample, np.array([0, 1, 3]))
    assert value(metric, right) == 1


def test_causes_are_parts_of_the_wrong_answers() -> None:
    dev = confused(0, 60, 0.2)
    wrong = np.flatnonzero(dev.sample.errors).tolist()
    tags = {dev.examples[row].md5: ["blur"] if at % 2 else ["dark"] for at, row in enumerate(wrong)}
    told = causes(METRICS["macro_f1"], dev, tags, ERRORS)
    assert told.mistakes == told.looked == len(wrong)
    assert sum(cause.share.value for cause in told.causes) == pytest.approx(1)
    assert all(cause.share.low < cause.share.value < cause.share.high for cause in told.causes)
    assert all(cause.score > told.score for cause in told.causes)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (("c0;c1", "none"), ""),
        (("c0", "c9"), "there is no class c9; correct its name"),
        (("c1;c0", "none"), "c1;c0 must be written c0;c1"),
        (("c0", ""), '"" must be written none'),
    ],
)
def test_rows_that_people_wrote(cells: tuple[str, str], words: str) -> None:
    assert ERRORS.misfit(*cells) == words


def test_more_data_are_extrapolated() -> None:
    dev = [confused(at, 400, error) for at, error in enumerate((0.3, 0.2, 0.13))]
    curve = ERRORS.curve([250, 500, 1000], dev)
    assert curve.errors == pytest.approx([0.3, 0.2, 0.13], abs=0.04)
    assert curve.decimals == 6
    assert curve.words.answer == "classes"
