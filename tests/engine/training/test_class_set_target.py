"""Several classes for each example: probabilities, losses, and simple models."""

import math

import numpy as np
import pytest
import torch

from samebits.data.features import Features
from samebits.data.loader import Split
from samebits.training import boosting
from samebits.training.class_set_target import ClassSetTarget
from samebits.training.logistic_regression import out_of_fold
from samebits.training.target_base import target_of

TARGET = ClassSetTarget(2)


def split(count: int, seed: int = 0) -> Split:
    """Features that tell two of three classes but for some noise; most have the third."""
    draw = np.random.default_rng(seed)
    labels = (draw.random((count, 3)) < [0.5, 0.3, 0.9]).astype(np.uint8)
    noise = 0.3 * draw.standard_normal((count, 3))
    arrays = {"x": (labels * [1, 1, 0] + noise).astype(np.float32)}
    return Split(arrays, labels, ["a", "b", "c"], "v", "classes")


def test_which_it_is_follows_from_the_examples() -> None:
    assert target_of(split(9)) == ClassSetTarget(3)


def test_probabilities_are_of_each_class_alone() -> None:
    said = TARGET.said(torch.tensor([[0.0, 50.0], [-50.0, 1.0]]), None)
    assert said.tolist() == [
        [0.5, 1.0],
        [pytest.approx(0, abs=1e-9), pytest.approx(1 / (1 + math.exp(-1)))],
    ]


def test_what_they_are_judged_by() -> None:
    answers = np.array([[0.5, 0.25], [0.75, 0.0]], dtype=np.float32)
    labels = np.array([[1, 1], [0, 0]], dtype=np.uint8)
    loss, wrong = TARGET.judged(answers, labels)
    assert loss == pytest.approx((math.log(2) + math.log(4) + math.log(4)) / 4)
    assert wrong == 2 / 4
    sure, _ = TARGET.judged(np.array([[0.0, 1.0]], np.float32), np.array([[1, 0]], np.uint8))
    assert sure == pytest.approx(-math.log(1e-12))
    half = math.log(2)
    assert TARGET.blind(np.array([[1, 1], [0, 1]], np.uint8)) == pytest.approx(half / 2)
    assert (TARGET.outputs, TARGET.figure, TARGET.cell(0.25)) == (2, "dev_error", "0.250000")


def test_simple_models() -> None:
    train, dev = split(400), split(100, seed=1)
    scores = target_of(train).baselines(train, {"dev": dev})
    assert [*scores] == [
        "majority answer of each class",
        "logistic regression on the arrays",
        "gradient boosting on the arrays",
    ]
    majority, logistic, boosted = (score["dev"] for score in scores.values())
    assert majority.shape == logistic.shape == boosted.shape == (100, 3)
    assert (((boosted >= 0.5) != dev.labels).mean(axis=0)[:2] < 0.12).all()
    assert (majority == train.labels.mean(axis=0)).all()
    assert ((majority >= 0.5) == [[False, False, True]]).any(axis=0)[2]
    wrong = ((logistic >= 0.5) != dev.labels).mean(axis=0)
    assert (wrong < [0.1, 0.1, 0.2]).all()
    assert (wrong[:2] < ((majority >= 0.5) != dev.labels).mean(axis=0)[:2]).all()


def test_trees_of_a_class_that_all_have_or_none() -> None:
    train = split(60)
    labels = train.labels.copy()
    labels[:, 1], labels[:, 2] = 1, 0
    scores = boosting.of_each(train.arrays["x"][:], labels)(Features(train.arrays))
    assert scores[:, 1:].tolist() == [[1.0, 0.0]] * 60
    assert ((scores[:, 0] >= 0.5) == labels[:, 0]).mean() > 0.9


def test_a_model_answers_for_what_it_has_not_seen() -> None:
    """Random labels are memorised, but not out of fold."""
    draw = np.random.default_rng(0)
    seen = draw.standard_normal((120, 200)).astype(np.float32)
    labels = (draw.random((120, 2)) < 0.5).astype(np.uint8)
    probabilities = out_of_fold(seen, labels, np.arange(120, dtype=np.int64) % 4)
    assert (probabilities.shape, probabilities.dtype) == ((120, 2), np.dtype("<f4"))
    assert 0.35 < ((probabilities >= 0.5) == labels).mean() < 0.65
    again = out_of_fold(seen, labels, np.arange(120, dtype=np.int64) % 4)
    assert (probabilities == again).all()
