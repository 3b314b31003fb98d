"""A chain of shares of wrong pixels: the right link is named, in the words of masks."""

import json
import re
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import planted_masks
import pytest
from conftest import shipped
from handwritten_digits.training import Augmentation
from planted import right
from predicted import MASK, masked, segmented

from samebits.core.sections import Data, Evaluation, Optimization, Regularization
from samebits.diagnosis.diagnosis import DiagnosisInputs, diagnose
from samebits.diagnosis.error_causes import causes
from samebits.diagnosis.error_tags import columns, refreshed
from samebits.diagnosis.errors_by_target import errors_of
from samebits.diagnosis.ideas import DiagnosisSettings
from samebits.diagnosis.learning_curve import extrapolate
from samebits.diagnosis.words import WORDS
from samebits.metrics.proportions import measured
from samebits.metrics.registry import METRICS
from samebits.metrics.scores import value

pytestmark = pytest.mark.usefixtures("params")
COUNTS = {"train": 600, "train_dev": 300, "dev": 300, "test": 300}
REST = [*np.linspace(1.1, 0.3, 100).tolist(), *[0.3] * 300]
ERRORS = errors_of(MASK, 0.05)


def diagnosed(wrong: tuple[float, ...], apart: bool = False, **more: Any) -> dict[str, Any]:
    """The diagnosis of a model with these shares of wrong pixels on the four data sets."""
    predictions = {
        name: segmented(seed, count, share)
        for seed, ((name, count), share) in enumerate(zip(COUNTS.items(), wrong, strict=True))
    }
    data = replace(shipped(Data), classes=tuple(MASK.classes), evaluate_on="*/x" if apart else "")
    settings = DiagnosisSettings(
        ERRORS,
        data,
        replace(shipped(Optimization), epochs=10),
        shipped(Regularization),
        replace(shipped(Evaluation), metric="mean_iou", target_error=0.05),
        asdict(shipped(Augmentation)),
        {"bigger": {"width": 64}, "smaller": {"width": 16}, "other": {}},
    )
    inputs = DiagnosisInputs({}, {"findings": []}, MASK, predictions, REST, 10)
    said = diagnose(inputs, settings, **more)
    return dict(json.loads(json.dumps(said, allow_nan=False)))


@pytest.mark.parametrize(
    ("wrong", "apart", "state", "link", "section"),
    [
        ((0.25, 0.26, 0.26, 0.26), False, "gap", "bias", "model"),
        ((0.02, 0.25, 0.26, 0.26), False, "gap", "variance", "regularization"),
        ((0.02, 0.02, 0.25, 0.25), True, "gap", "mismatch", "data"),
        ((0.045, 0.15, 0.045, 0.15), False, "gap", "dev", "data"),
        ((0.03, 0.035, 0.035, 0.035), False, "target met", None, None),
        ((0.049, 0.052, 0.053, 0.053), False, "cannot tell", None, None),
    ],
    ids=["high bias", "high variance", "mismatch", "dev overfit", "fine", "chance"],
)
def test_the_link_that_was_planted(
    wrong: tuple[float, ...], apart: bool, state: str, link: str | None, section: str | None
) -> None:
    said = diagnosed(wrong, apart)
    assert (said["state"], said["link"], said["section"]) == (state, link, section)


@pytest.mark.parametrize("name", planted_masks.FAULTS)
def test_a_planted_fault(name: str) -> None:
    fault, said = planted_masks.planted(name, seed=0)
    assert right(fault, said), said
    if name == "wrong masks":
        assert said["ideas"][0]["why"].endswith("shows them: put the right masks into data/raw")


def test_the_words_are_those_of_masks() -> None:
    said = diagnosed((0.02, 0.25, 0.26, 0.26))
    pattern = (
        r"The largest gap is variance: \d+\.\d % of the pixels get a wrong class on train-dev and "
        r"dev, \d+\.\d points more than on train \(95 % interval \d+\.\d to \d+\.\d\)\. Its knobs"
    )
    assert re.match(pattern, said["sentence"])
    fine = diagnosed((0.03, 0.035, 0.035, 0.035))
    assert "of the pixels get a wrong class on test, and 5.0 % are allowed" in fine["sentence"]
    assert "of the examples" not in json.dumps([said, fine])


def test_the_real_world_is_the_last_link() -> None:
    use = segmented(9, 200, 0.4).sample
    real = measured("real world", use.errors, use.groups, share=False)
    said = diagnosed((0.03, 0.035, 0.035, 0.035), real=real)
    assert (said["link"], said["chain"][-1]["examples"]) == ("real world", 200)
    assert "dvc exp run -S evaluation.metric=dice" in [idea["command"] for idea in said["ideas"]]


def test_mistakes_and_their_order() -> None:
    dev = segmented(0, 200)
    errors = dev.sample.errors
    rows = ERRORS.ordered(METRICS["mean_iou"], dev)
    assert len(rows) == int((errors > 0.05).sum())
    assert errors[rows].tolist() == sorted(errors[errors > 0.05], reverse=True)
    assert ERRORS.order(METRICS["dice"]) == "those with the most wrong pixels first"
    others = ERRORS.nearly(dev)
    assert sorted([*rows, *others]) == [*range(200)]
    sheet = refreshed([], dev, ERRORS, METRICS["mean_iou"], most=3)
    assert columns(ERRORS) == ("md5", "path", "label", "prediction", "error", "now", "tags")
    assert [row.path for row in sheet] == [dev.examples[at].path for at in rows[:3]]
    assert sheet[0].detail == f"{errors[rows[0]]:.6f}"
    assert sheet[0].label == dev.words(rows[0])[0]
    far = WORDS["mask"].far(sheet[0].detail)
    assert far == f"{100 * errors[rows[0]]:.1f} % of its pixels wrong"


def test_causes_are_parts_of_the_error() -> None:
    dev = segmented(0, 200)
    rows = ERRORS.ordered(METRICS["mean_iou"], dev)
    tags = {dev.examples[row].md5: ["thin" if at < 5 else "dark"] for at, row in enumerate(rows)}
    seen = causes(METRICS["mean_iou"], dev, tags, ERRORS)
    thin = next(cause for cause in seen.causes if cause.name == "thin")
    errors = dev.sample.errors
    assert thin.share.value == pytest.approx(errors[rows[:5]].sum() / errors[rows].sum())
    counts = dev.counts.copy()
    counts[rows[:5], 1:] = counts[rows[:5], :1]
    mended = masked(counts).sample
    assert thin.score == pytest.approx(value(METRICS["mean_iou"], mended))
    assert thin.score > seen.score


def test_more_data_is_told_in_pixels() -> None:
    parts = [segmented(seed, 400, wrong) for seed, wrong in enumerate((0.4, 0.2, 0.1))]
    said = extrapolate(ERRORS.curve([250, 500, 1000], parts))
    sentence = said.sentence()
    assert "of the pixels get a wrong class on dev; 2 times the data would bring" in sentence
    assert "More data is worth its cost." in sentence
    assert said.record()["points"][0]["learned"] == 250


def test_the_loss_of_knowing_nothing() -> None:
    nothing, least = ERRORS.losses(0.0)
    assert nothing == pytest.approx(np.log(3)) and least == 0
    assert 0 < ERRORS.losses(0.1)[1] < nothing
