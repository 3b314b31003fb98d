"""Metric values by hand, what cannot be scored, and classes that are absent."""

import math

import numpy as np
import pytest

from {{cookiecutter.__package_name}}.errors import UserError
from {{cookiecutter.__package_name}}.metrics.scores import (
    METRICS,
    Probabilities,
    score,
    scores,
)

# Predicted: 0, 1, 1, 2, 2, 0. Right: the first, second, fourth and fifth.
LABELS = np.array([0, 1, 0, 2, 2, 1], dtype=np.int64)
ROWS = np.array(
    [
        [0.8, 0.1, 0.1],
        [0.1, 0.7, 0.2],
        [0.3, 0.6, 0.1],
        [0.0, 0.1, 0.9],
        [0.2, 0.3, 0.5],
        [0.5, 0.4, 0.1],
    ]
)


def one_hot(answers: list[int], classes: int) -> Probabilities:
    return np.eye(classes)[answers]


def test_values_by_hand() -> None:
    # F1: class 0 and 1 have one hit, one miss, one false alarm (0.5); class 2 is perfect (1).
    assert score("macro_f1", LABELS, ROWS) == round((0.5 + 0.5 + 1) / 3, 6)
    assert score("accuracy", LABELS, ROWS) == round(4 / 6, 6)
    assert score("balanced_accuracy", LABELS, ROWS) == round((0.5 + 0.5 + 1) / 3, 6)
    true = [0.8, 0.7, 0.3, 0.9, 0.5, 0.4]
    assert score("log_loss", LABELS, ROWS) == round(-sum(map(math.log, true)) / 6, 6)
    # ROC AUC, pairs won of 8: class 0 has 0.8 and 0.3 against .1 .0 .2 .5: 4 + 3;
    # class 1 has 0.7 and 0.4 against .1 .6 .1 .3: 4 + 3; class 2: 8.
    assert score("roc_auc", LABELS, ROWS) == round((7 / 8 + 7 / 8 + 1) / 3, 6)


def test_two_classes() -> None:
    labels = np.array([0, 1, 1, 0], dtype=np.int64)
    second = np.array([0.1, 0.4, 0.9, 0.6])
    rows = np.stack([1 - second, second], axis=1)
    # Pairs won: 0.9 beats both, 0.4 beats one of two.
    assert score("roc_auc", labels, rows) == 0.75
    assert score("accuracy", labels, rows) == 0.5


@pytest.mark.parametrize("classes", [2, 3])
def test_perfect_answers_leave_no_negative_zero(classes: int) -> None:
    labels = np.arange(classes, dtype=np.int64)
    found = scores(labels, np.eye(classes))
    assert {key: str(value) for key, value in found.items()} == {
        key: "1.0" if metric.higher_is_better else "0.0" for key, metric in METRICS.items()
    }


def test_an_absent_class_counts_as_not_known() -> None:
    labels = np.array([0, 0, 1, 1], dtype=np.int64)
    found = scores(labels, one_hot([0, 0, 1, 1], 3))
    assert found["macro_f1"] == found["balanced_accuracy"] == round(2 / 3, 6)
    assert found["roc_auc"] == round((1 + 1 + 0.5) / 3, 6)
    assert found["accuracy"] == 1


@pytest.mark.parametrize("classes", [2, 3])
def test_one_class_alone_stays_finite(classes: int) -> None:
    labels = np.zeros(5, dtype=np.int64)
    found = scores(labels, one_hot([0, 0, 1, 0, 0], classes))
    assert all(math.isfinite(value) for value in found.values())
    assert found["roc_auc"] == 0.5 if classes == 2 else found["roc_auc"] < 0.6


def test_the_last_bits_do_not_matter() -> None:
    nudged = np.nextafter(ROWS, 1)
    assert scores(LABELS, nudged) == scores(LABELS, ROWS)
    assert scores(LABELS, ROWS.astype(np.float32))["log_loss"] == scores(LABELS, ROWS)["log_loss"]


def test_the_input_is_left_alone() -> None:
    rows = ROWS.copy()
    scores(LABELS, rows)
    assert (rows == ROWS).all()


@pytest.mark.parametrize(
    ("given", "hint"),
    [("f1", "macro_f1"), ("Macro-F1", "macro_f1"), ("acc", "accuracy"), ("logloss", "log_loss")],
)
def test_an_unknown_metric_gets_a_suggestion(given: str, hint: str) -> None:
    with pytest.raises(UserError, match=f"did you mean `{hint}`"):
        score(given, LABELS, ROWS)


def test_a_name_like_no_other_gets_the_list() -> None:
    with pytest.raises(UserError, match=r"choose one of macro_f1, .*roc_auc$"):
        score("zzz", LABELS, ROWS)


def changed(row: list[float]) -> Probabilities:
    rows = ROWS.copy()
    rows[3] = row
    return rows


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (changed([math.nan, 0.5, 0.5]), "1 of 6 predictions are NaN or infinite"),
        (changed([math.inf, 0, 0]), "NaN or infinite"),
        (changed([0.5, 0.5, 0.5]), "row 3 .* sums to 1.5"),
        (changed([1.5, -0.5, 0.0]), "row 3 .* between 0 and 1"),
        (changed([0.6, -0.1, 0.5]), "row 3 .* between 0 and 1"),
        (ROWS[:5], r"do not match.*\[6\] and \[5, 3\]"),
        (ROWS[:, 0], "do not match"),
        (np.ones((6, 1)), "at least two classes"),
        (one_hot([0, 1, 0, 1, 1, 1], 2), "whole numbers from 0 to 1"),
    ],
)
def test_bad_probabilities(rows: Probabilities, message: str) -> None:
    with pytest.raises(UserError, match=message):
        scores(LABELS, rows)


def test_bad_labels() -> None:
    with pytest.raises(UserError, match="no examples"):
        scores(LABELS[:0], ROWS[:0])
    with pytest.raises(UserError, match="whole numbers"):
        scores(LABELS - 1, ROWS)
