"""Metric values by hand and by scikit-learn, absent classes, unknown names."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn.metrics import f1_score, recall_score, roc_auc_score

from samebits.console.errors import UserError
from samebits.metrics.class_sample import ClassSample
from samebits.metrics.registry import metrics_of
from samebits.metrics.scores import find, rounded, value
from samebits.metrics.sums import Labels, Values

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

METRICS = metrics_of("class")
CLASSES = ("a", "b", "c d")


def sample(labels: Labels, rows: Values) -> ClassSample:
    answers = rows.argmax(axis=1).astype(np.int64)
    return ClassSample(labels, answers, rows, np.arange(len(labels)))


def score(metric: str, labels: Labels = LABELS, rows: Values = ROWS) -> float:
    return rounded(value(find(metric, CLASSES), sample(labels, rows)))


def scores(labels: Labels, rows: Values) -> dict[str, float]:
    return {name: score(name, labels, rows) for name in METRICS}


def test_values_by_hand() -> None:
    # F1: class 0 and 1 have one hit, one miss, one false alarm (0.5); class 2 is perfect (1).
    assert score("macro_f1") == round((0.5 + 0.5 + 1) / 3, 6)
    assert score("accuracy") == round(4 / 6, 6)
    assert score("balanced_accuracy") == round((0.5 + 0.5 + 1) / 3, 6)
    true = [0.8, 0.7, 0.3, 0.9, 0.5, 0.4]
    assert score("log_loss") == round(-sum(map(math.log, true)) / 6, 6)
    # ROC AUC, pairs won of 8: class 0 has 0.8 and 0.3 against .1 .0 .2 .5: 4 + 3;
    # class 1 has 0.7 and 0.4 against .1 .6 .1 .3: 4 + 3; class 2: 8.
    assert score("roc_auc") == round((7 / 8 + 7 / 8 + 1) / 3, 6)
    # Confidences 0.5 (two) and 0.8, 0.7, 0.6, 0.9 fall in bins of their own.
    gaps = [abs(1 - 2 * 0.5), 0.2, 0.3, 0.6, 0.1]
    assert score("expected_calibration_error") == round(sum(gaps) / 6, 6)


def test_values_of_one_class() -> None:
    assert [score(f"{name}[a]") for name in ("recall", "precision", "f1")] == [0.5, 0.5, 0.5]
    assert [score(f"{name}[c d]") for name in ("recall", "precision", "f1")] == [1, 1, 1]


def test_the_same_as_scikit_learn() -> None:
    from sklearn import metrics

    draw = np.random.default_rng(0)
    labels, rows = draw.integers(0, 3, 500), draw.dirichlet([1, 1, 1], 500)
    rows = rows.round(2) + 0.01  # some are equal, none is 0
    rows /= rows.sum(axis=1, keepdims=True)
    answers = rows.argmax(axis=1)
    areas = [metrics.roc_auc_score(labels == label, rows[:, label]) for label in range(3)]
    expected = {
        "macro_f1": metrics.f1_score(labels, answers, average="macro"),
        "accuracy": metrics.accuracy_score(labels, answers),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, answers),
        "log_loss": metrics.log_loss(labels, rows),
        "roc_auc": sum(areas) / 3,
        "recall[b]": metrics.recall_score(labels == 1, answers == 1),
        "precision[b]": metrics.precision_score(labels == 1, answers == 1),
        "f1[b]": metrics.f1_score(labels == 1, answers == 1),
    }
    values = {name: score(name, labels, rows) for name in expected}
    assert values == pytest.approx(expected, abs=2e-6)


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
    values = scores(labels, np.eye(classes))
    assert {key: str(value) for key, value in values.items()} == {
        key: "1.0" if metric.higher_is_better else "0.0" for key, metric in METRICS.items()
    }


@pytest.mark.parametrize("seed", range(40))
def test_absent_classes_as_scikit_learn_has_them(seed: int) -> None:
    """In a data set with few of ten classes, and in resamples that lack more of them."""
    draw = np.random.default_rng(seed)
    present = draw.choice(10, draw.integers(2, 8), replace=False)
    labels = draw.choice(present, 40).astype(np.int64)
    rows = draw.dirichlet(np.ones(10), 40) + 2 * draw.random((40, 1)) * np.eye(10)[labels]
    rows /= rows.sum(axis=1, keepdims=True)
    whole = sample(labels, rows)
    times = draw.integers(0, 2, 40)
    for metric, expected in (
        ("macro_f1", partial(f1_score, average="macro")),
        ("balanced_accuracy", by_recall),
    ):
        chosen, again = find(metric), whole.repeated(times)
        assert value(chosen, whole) == pytest.approx(expected(labels, whole.answers))
        assert value(chosen, again) == pytest.approx(expected(again.labels, again.answers))
        assert chosen.compute is not None
        (replicate,) = chosen.compute(whole.sums(times[None].astype(float)))
        assert replicate == value(chosen, again)
    areas = [roc_auc_score(labels == label, rows[:, label]) for label in set(labels.tolist())]
    assert value(find("roc_auc"), whole) == pytest.approx(np.mean(areas), abs=1e-6)


def by_recall(labels: Labels, answers: Labels) -> float:
    """scikit-learn's balanced accuracy, without its warning about an answer that is never true."""
    return float(recall_score(labels, answers, labels=np.unique(labels), average="macro"))


def test_perfect_answers_are_perfect_whatever_is_absent() -> None:
    labels = np.arange(52, dtype=np.int64) % 26
    values = scores(labels, np.eye(30)[labels])
    assert {name for name, value in values.items() if value == 1} == {
        name for name, metric in METRICS.items() if metric.higher_is_better
    }


def test_a_class_that_is_answered_and_never_true_costs_macro_f1_alone() -> None:
    labels = np.array([0, 0, 1, 1, 1], dtype=np.int64)
    values = scores(labels, np.eye(4)[[0, 0, 1, 1, 2]])
    assert values["macro_f1"] == round((1 + 0.8 + 0) / 3, 6)
    assert values["balanced_accuracy"] == round((1 + 2 / 3) / 2, 6)


def test_a_part_is_scored_by_the_classes_that_it_has() -> None:
    labels = np.array([0, 0, 1, 1, 2], dtype=np.int64)
    part = sample(labels, np.eye(3)[[0, 0, 1, 1, 0]]).part(labels < 2)
    assert value(METRICS["macro_f1"], part) == value(METRICS["roc_auc"], part) == 1
    part = sample(labels, np.eye(3)[[0, 2, 1, 1, 0]]).part(labels < 2)
    assert value(METRICS["macro_f1"], part) == pytest.approx((2 / 3 + 1) / 2)


def test_a_resample_of_a_part_is_scored_by_the_classes_that_it_has() -> None:
    labels = np.array([0, 0, 1, 2], dtype=np.int64)
    part = sample(labels, np.eye(3)[labels]).part(labels < 2)
    for name in ("macro_f1", "balanced_accuracy"):
        compute = METRICS[name].compute
        assert compute is not None
        assert compute(part.sums(np.array([[1.0, 2, 0], [1, 1, 1]]))).tolist() == [1, 1]


@pytest.mark.parametrize("classes", [2, 3])
def test_one_class_alone_stays_finite(classes: int) -> None:
    labels = np.zeros(5, dtype=np.int64)
    values = scores(labels, np.eye(classes)[[0, 0, 1, 0, 0]])
    assert all(math.isfinite(value) for value in values.values())
    assert values["roc_auc"] == 0.5


def test_the_last_bits_do_not_matter() -> None:
    assert scores(LABELS, np.nextafter(ROWS, 1)) == scores(LABELS, ROWS)


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("f1", "macro_f1"),
        ("Macro-F1", "macro_f1"),
        ("acc", "accuracy"),
        ("logloss", "log_loss"),
    ],
)
def test_an_unknown_metric_gets_a_suggestion(given: str, hint: str) -> None:
    with pytest.raises(UserError, match=f"did you mean `{hint}`"):
        find(given, target="class")


def test_a_name_like_no_other_gets_the_list() -> None:
    with pytest.raises(UserError, match=r"choose one of macro_f1, .*calibration_error\.$"):
        find("zzz", target="class")


def test_too_little_memory_is_no_fault_of_a_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_: object) -> float:
        raise MemoryError

    metric = replace(METRICS["accuracy"], compute=None, own=greedy)
    with pytest.raises(MemoryError):
        value(metric, sample(np.zeros(1, np.int64), np.ones((1, 2))))


def test_a_class_that_is_not_there() -> None:
    with pytest.raises(
        UserError, match=r"`recall\[x\]` names an unknown class; .* are a, b, c d\.$"
    ):
        find("recall[x]", CLASSES)
