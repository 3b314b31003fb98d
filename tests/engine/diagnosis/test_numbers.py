"""A chain of mean errors: the right link is named, at any scale, in the words of numbers."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import shipped
from handwritten_digits.training import Augmentation
from predicted import NUMBER, missing, numbers

from samebits.core.sections import Data, Evaluation, Optimization, Regularization
from samebits.diagnosis.diagnosis import DiagnosisInputs, diagnose
from samebits.diagnosis.errors_by_target import errors_of
from samebits.diagnosis.ideas import DiagnosisSettings
from samebits.metrics.number_predictions import NumberPredictions
from samebits.metrics.proportions import measured

pytestmark = pytest.mark.usefixtures("params")
COUNTS = {"train": 800, "train_dev": 300, "dev": 300, "test": 300}
SCALES = [1.0, 1e5, 1e-7]
# Losses of a standardised number: from knowing nothing to small, levelled off, still falling.
REST = [*np.linspace(1.0, 0.3, 100).tolist(), *[0.3] * 300]
FALLING = np.linspace(1.0, 0.3, 400).tolist()


def settings(scale: float, **regularization: float) -> DiagnosisSettings:
    """The shipped sections; answers may be off by 1 on average, times the scale."""
    augmentation = asdict(shipped(Augmentation))
    return DiagnosisSettings(
        errors_of(NUMBER, scale),
        shipped(Data),
        replace(shipped(Optimization), epochs=10),
        replace(shipped(Regularization), label_smoothing=0.0, **regularization),  # type: ignore[arg-type]
        replace(shipped(Evaluation), metric="mae", target_error=scale),
        augmentation,
        {"bigger": {"width": 64}, "smaller": {"width": 16}, "other": {}},
    )


def diagnosed(
    means: tuple[float, ...],
    scale: float = 1.0,
    apart: bool = False,
    losses: list[float] = REST,
    **more: Any,
) -> dict[str, Any]:
    """The diagnosis of a model with these mean errors on train, train-dev, dev and test."""
    predictions = {
        name: missing(seed, count, mean, scale)
        for seed, ((name, count), mean) in enumerate(zip(COUNTS.items(), means, strict=True))
    }
    inputs = DiagnosisInputs({}, {"findings": []}, NUMBER, predictions, losses, 10)
    given = settings(scale)
    given = replace(given, data=replace(given.data, evaluate_on="*/x-*" if apart else ""))
    said = diagnose(inputs, given, **more)
    return dict(json.loads(json.dumps(said, allow_nan=False)))


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(
    ("means", "apart", "state", "link", "section"),
    [
        ((5.0, 5.2, 5.2, 5.2), False, "gap", "bias", "model"),
        ((0.3, 5.0, 5.2, 5.2), False, "gap", "variance", "regularization"),
        ((0.3, 0.4, 6.0, 6.0), True, "gap", "mismatch", "data"),
        ((0.9, 3.0, 0.9, 3.0), False, "gap", "dev", "data"),
        ((0.5, 0.6, 0.6, 0.6), False, "target met", None, None),
        ((0.97, 1.05, 1.07, 1.1), False, "cannot tell", None, None),
    ],
    ids=["high bias", "high variance", "mismatch", "dev overfit", "fine", "chance"],
)
def test_the_link_that_was_planted(
    means: tuple[float, ...],
    apart: bool,
    state: str,
    link: str | None,
    section: str | None,
    scale: float,
) -> None:
    said = diagnosed(means, scale, apart)
    assert (said["state"], said["link"], said["section"]) == (state, link, section)


def test_the_words_are_those_of_numbers() -> None:
    said = diagnosed((0.3, 5.0, 5.2, 5.2), 1e5)
    pattern = (
        r"The largest gap is variance: answers on train-dev and dev are [\d,]+ away from the truth "
        r"on average, [\d,]+ more than on train \(95 % interval [\d,]+ to [\d,]+\)\. Its knobs"
    )
    assert re.match(pattern, said["sentence"])
    fine = diagnosed((0.5, 0.6, 0.6, 0.6))
    pattern = (
        r"The target is met: answers on test are 0\.\d+ away from the truth on average, and 1 is "
        r"allowed; the examples leave no doubt\."
    )
    assert re.fullmatch(pattern, fine["sentence"])
    unsure = diagnosed((0.97, 1.05, 1.07, 1.1))
    assert "Cannot tell where the error is: answers on test are 1." in unsure["sentence"]
    assert not re.search(r"%(?! interval)|class|label", json.dumps([said, fine, unsure]))


@pytest.mark.parametrize("scale", SCALES)
def test_figures_keep_nine_digits_whatever_the_unit(scale: float) -> None:
    plain, other = diagnosed((0.3, 5.0, 5.2, 5.2)), diagnosed((0.3, 5.0, 5.2, 5.2), scale)
    for first, second in zip(plain["chain"], other["chain"], strict=True):
        assert second["error"] == pytest.approx(first["error"] * scale, rel=1e-7)
    for first, second in zip(plain["gaps"], other["gaps"], strict=True):
        assert second["value"] == pytest.approx(first["value"] * scale, rel=1e-6)
        assert second["real"] == first["real"]


def test_what_knowing_nothing_scores_is_one() -> None:
    bias = (5.0, 5.2, 5.2, 5.2)
    small, short = diagnosed(bias), diagnosed(bias, losses=FALLING)
    assert (small["cause"], short["cause"]) == ("small", "short")
    assert small["training"]["peak"] == pytest.approx(1.0, abs=0.1)
    assert small["training"]["end"] == pytest.approx(0.3)
    high = diagnosed(bias, losses=[*[1.0] * 40, *[4.0] * 40, *[0.9] * 320])
    assert high["cause"] == "high rate"


def test_label_smoothing_is_no_idea() -> None:
    variance = diagnosed((0.3, 5.0, 5.2, 5.2))
    assert len(variance["ideas"]) > 3
    assert "label smoothing" not in [idea["idea"] for idea in variance["ideas"]]


def test_the_real_world_is_the_last_link() -> None:
    use = missing(9, 200, 7.0).sample
    real = measured("real world", use.errors, use.groups, share=False)
    said = diagnosed((0.5, 0.6, 0.6, 0.6), real=real)
    assert (said["link"], said["chain"][-1]["examples"]) == ("real world", 200)
    commands = [idea["command"] for idea in said["ideas"]]
    assert "dvc exp run -S evaluation.metric=rmse" in commands


def test_a_group_is_drawn_together() -> None:
    def grouped(size: int) -> NumberPredictions:
        draw = np.random.default_rng(0)
        away = np.repeat(draw.exponential(5, 40), size)
        truth = np.arange(len(away), dtype=float)
        names = [f"g{row // size}" for row in range(len(away))]
        return numbers(truth, truth + away, names)

    errors = errors_of(NUMBER, 1.0)
    few, many = (errors.of_splits({}, dict.fromkeys(COUNTS, grouped(size)))[0] for size in (1, 20))
    # Twenty times as many examples of the same groups tell as little.
    assert many.examples == 20 * few.examples
    assert many.high - many.low == pytest.approx(few.high - few.low, rel=0.01)


def test_answers_that_are_all_right(params: Path) -> None:
    truth = np.arange(50, dtype=float)
    predictions = {name: numbers(truth, truth) for name in COUNTS}
    inputs = DiagnosisInputs({}, {"findings": []}, NUMBER, predictions, REST, 10)
    said = diagnose(inputs, settings(1.0))
    assert said["state"] == "target met"
    assert "answers on test are 0 away" in said["sentence"]
    json.dumps(said, allow_nan=False)
