"""Metrics of several classes are the usual ones; predictions are read back and judged."""

import json
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from predicted import CLASS_SETS, class_sets
from sklearn import metrics as sklearn

from samebits.console.errors import UserError
from samebits.core.sections import Evaluation
from samebits.data.targets import Answers
from samebits.metrics.baseline_scores import compared
from samebits.metrics.class_set_metrics import average_precision
from samebits.metrics.class_set_predictions import ClassSetPredictions, ClassSetScoring, pairs_of
from samebits.metrics.class_set_sample import ClassSetSample
from samebits.metrics.comparison import check_same, paired
from samebits.metrics.evaluation import check, judge_all, parts_of, resample_all
from samebits.metrics.intervals import measure, resample
from samebits.metrics.prediction_table import read_predictions, scoring_of, write_predictions
from samebits.metrics.proportions import measured
from samebits.metrics.registry import METRICS, OF_CLASS, ScoredSets, mean_of, metrics_of
from samebits.metrics.scores import find, value

NAMES = (
    *("macro_f1", "log_loss", "roc_auc"),
    *("micro_f1", "exact_match", "hamming_loss", "mean_average_precision"),
)
PLAIN = Evaluation(metric="macro_f1", target_error=0.1, constraints=(), slices=(), slice_examples=1)
COSTS = {"parameters": 3, "model_bytes": 9}


def drawn(draw: np.random.Generator, count: int = 300, together: int = 1) -> ClassSetSample:
    """Each class with its own share, and some wrong answers."""
    shape = (count, 4)
    labels = (draw.random(shape) < [0.5, 0.3, 0.1, 0.4]).astype(np.uint8)
    probabilities = (labels + 0.5 * draw.standard_normal(shape)).clip(0.001, 0.999).round(6)
    groups = np.arange(count, dtype=np.int64) // together
    return ClassSetSample(labels, (probabilities >= 0.5).astype(np.uint8), probabilities, groups)


def test_which_there_are() -> None:
    assert {*metrics_of("classes")} == {*NAMES}
    assert {"accuracy", "expected_calibration_error", "rmse"}.isdisjoint(metrics_of("classes"))
    assert {"hamming_loss", "exact_match"}.isdisjoint(metrics_of("class"))


def test_they_are_those_of_scikit_learn() -> None:
    sample = drawn(np.random.default_rng(0))
    labels, answers, rows = sample.labels, sample.answers, sample.probabilities
    losses = [
        sklearn.log_loss(labels[:, at], rows[:, at], labels=[0, 1]) for at in range(labels.shape[1])
    ]
    expected = {
        "macro_f1": sklearn.f1_score(labels, answers, average="macro"),
        "micro_f1": sklearn.f1_score(labels, answers, average="micro"),
        "exact_match": sklearn.accuracy_score(labels, answers),
        "hamming_loss": sklearn.hamming_loss(labels, answers),
        "log_loss": np.mean(losses),
        "roc_auc": sklearn.roc_auc_score(labels, rows, average="macro"),
        "mean_average_precision": sklearn.average_precision_score(labels, rows, average="macro"),
    }
    assert expected.keys() == {*NAMES}
    for name, number in expected.items():
        assert value(METRICS[name], sample) == pytest.approx(number, abs=2e-8), name
    for at in range(4):
        for name, score in (
            ("recall", sklearn.recall_score),
            ("precision", sklearn.precision_score),
            ("f1", sklearn.f1_score),
        ):
            figure = value(OF_CLASS[name](at), sample)
            assert figure == pytest.approx(score(labels[:, at], answers[:, at])), (name, at)


def test_equal_probabilities_are_taken_together() -> None:
    labels, rows = np.array([1, 0, 1, 0], np.uint8), np.array([0.5, 0.5, 0.5, 0.1])
    expected = sklearn.average_precision_score(labels, rows)
    assert average_precision(labels, rows) == pytest.approx(expected)
    assert average_precision(labels, np.full(4, 0.5)) == 0.5


def test_an_error_is_the_share_of_wrong_answers() -> None:
    sample = drawn(np.random.default_rng(0))
    assert sample.errors.tolist() == (sample.labels != sample.answers).mean(axis=1).tolist()
    assert (sample.each, sample.share) == (4, True)
    assert sample.of_class(2).tolist() == (sample.labels[:, 2] == 1).tolist()


@pytest.mark.parametrize("name", NAMES)
def test_an_interval_covers_what_is_true_of_all_examples(name: str) -> None:
    draw, covered = np.random.default_rng(0), 0
    truth = value(METRICS[name], drawn(np.random.default_rng(99), 60_000))
    for seed in range(60):
        figure = measure(METRICS[name], drawn(draw), seed)
        covered += figure.low <= truth <= figure.high
    assert covered >= 52, covered


def test_the_mean_error_has_an_interval_that_covers() -> None:
    draw, covered, widths = np.random.default_rng(0), 0, []
    truth = value(METRICS["hamming_loss"], drawn(np.random.default_rng(99), 60_000))
    for _ in range(300):
        sample = drawn(draw)
        error = measured("", sample.errors, sample.groups, each=sample.each)
        covered += error.low <= truth <= error.high
        widths.append(error.high - error.low)
    assert 276 <= covered <= 297
    # 300 examples count as 1200 answers, because those of an example are independent.
    assert np.mean(widths) < 2 * 2 * (truth * (1 - truth) / 1000) ** 0.5
    flawless = measured("", np.zeros(300), np.arange(300), each=4)
    assert (flawless.low, flawless.error) == (0, 0) and 0 < flawless.high < 0.02


def test_examples_of_one_group_tell_less() -> None:
    sample = drawn(np.random.default_rng(0), 20)
    many = sample.repeated(np.full(20, 10)).grouped(np.repeat(np.arange(20), 10))
    for name in ("hamming_loss", "macro_f1"):
        few, same = (measure(METRICS[name], given, 0) for given in (sample, many))
        assert same.error == pytest.approx(few.error, rel=0.1)
        assert same.high - same.low > 0.6 * (few.high - few.low)


def test_sums_are_whole_numbers_that_no_order_moves() -> None:
    draw = np.random.default_rng(0)
    sample = drawn(draw, 500)
    weights, order = draw.integers(0, 4, (3, 500)).astype(float), draw.permutation(500)
    turned = sample.rows(order)
    for name in ("true", "answered", "right", "error", "exact", "loss", "area"):
        column = sample.column(name)
        assert (column.values == np.rint(column.values)).all(), name
        if name != "area":  # it is that of all examples together
            assert (column.sums(weights) == turned.column(name).sums(weights[:, order])).all(), name


def test_perfect_answers_and_no_class_at_all() -> None:
    labels = np.array([[1, 0], [0, 1], [1, 1], [0, 0]], np.uint8)
    perfect = ClassSetSample(labels, labels, labels.astype(float), np.arange(4))
    figures_of = {
        name: figure.value
        for name, figure in resample(metrics_of("classes"), perfect, 0).figures.items()
    }
    assert figures_of == dict.fromkeys(NAMES, 1.0) | {"hamming_loss": 0, "log_loss": 0}
    nothing = np.zeros((4, 2), np.uint8)
    empty = ClassSetSample(nothing, nothing, nothing.astype(float), np.arange(4))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        resample(metrics_of("classes"), empty, 0)
    assert "no example of it has a class" in empty.untold(METRICS["macro_f1"])
    assert perfect.untold(METRICS["roc_auc"]) == ""
    first = perfect.part(np.array([True, False, False, False]))
    assert "every class is in all of it or in none" in first.untold(METRICS["roc_auc"])
    assert "has no example of its class" in first.untold(OF_CLASS["recall"](1))
    assert first.remarks(["a", "b"]) == {
        "by_class": [["a", 1, 1, 1], ["b", 0, 0, 0]],
        "absent": ["b"],
    }


def test_models_are_told_apart() -> None:
    worse = drawn(np.random.default_rng(0))
    rows = np.abs(worse.labels - 0.6 * np.abs(worse.labels - worse.probabilities))
    better = replace(worse, answers=(rows >= 0.5).astype(np.uint8), probabilities=rows)
    for name in NAMES:
        a, b = (resample({"": METRICS[name]}, sample, seed=0) for sample in (worse, better))
        difference = paired(METRICS[name], a, b)
        assert (difference.judged().verdict, difference.judged().gain) == ("better", 1), name
        assert paired(METRICS[name], a, a).judged().more is None


def test_metrics_of_ones_own() -> None:
    def any_of_them(scored: ScoredSets) -> np.ndarray:
        return np.asarray((scored.labels & scored.answers).any(axis=1))

    share = mean_of("hit", any_of_them, higher_is_better=True, between_0_and_1=True)
    figure = measure(share, drawn(np.random.default_rng(0)), 0)
    assert 0 < figure.low < figure.value < figure.high < 1


def test_what_there_is_for_classes() -> None:
    with pytest.raises(UserError, match="of several classes `accuracy`: choose one of macro_f1"):
        find("accuracy", ["a"], "classes")
    assert find("f1[b]", ["a", "b"], "classes").label == 1
    with pytest.raises(UserError, match="names an unknown class"):
        find("f1[c]", ["a", "b"], "classes")


def test_a_table_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    answers = Answers("classes", ["=1", "a", "b"])
    labels = np.array([[1, 0, 1], [0, 0, 0]], np.uint8)
    probabilities = np.array([[0.5, 0.1, 0.4999999], [0.0, 1.0, 0.25]], np.float32)
    test = scored(labels, probabilities, answers.classes)
    write_predictions(path, answers, {"dev": test, "test": test})
    lines = path.read_text(encoding="utf-8").splitlines()
    head = "split,path,label,md5,group,width,height,brightness,prediction,error,p:=1,p:a,p:b"
    assert lines[0] == head
    assert ",'=1;b," in lines[1]
    assert lines[1].endswith(",'=1,0.333333,0.500000,0.100000,0.500000")
    assert ",none," in lines[2] and lines[2].endswith(",a,0.333333,0.000000,1.000000,0.250000")
    known, both = read_predictions(path)
    assert (known, [*both]) == (answers, ["dev", "test"])
    again = both["test"]
    assert isinstance(again, ClassSetPredictions)
    for name in ("labels", "answers", "probabilities"):
        assert getattr(again, name).tolist() == getattr(test, name).tolist(), name
    assert again.examples == test.examples
    assert [again.words(row) for row in range(2)] == [("=1;b", "=1"), ("none", "a")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",prediction,error", ",prediction,errors", "line 1, is not a row"),
        (",b,0.500000,", ",c,0.500000,", "line 2, is not a row"),
        (",a;b,", ",a;c,", "line 2, is not a row"),
        (",b,0.500000,", ",b;b,0.500000,", "not a number"),
        (",0.250000,", ",nan,", r"not a number \(nan or infinity\)"),
    ],
)
def test_a_damaged_table(tmp_path: Path, old: str, new: str, message: str) -> None:
    path, answers = tmp_path / "predictions.csv", Answers("classes", ["a", "b"])
    test = scored(np.array([[1, 1]], np.uint8), np.array([[0.25, 0.75]]), answers.classes)
    write_predictions(path, answers, {"test": test})
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=message):
        read_predictions(path)


def scored(
    labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> ClassSetPredictions:
    named = class_sets(labels, labels, classes=[*classes]).examples
    return ClassSetScoring(classes).scored("test", named, labels, probabilities)


def test_what_was_said_in_the_place_of_what(tmp_path: Path) -> None:
    labels = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 1, 0]], np.uint8)
    answers = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 1], [0, 0, 1]], np.uint8)
    expected = [(0, 0), (1, 2), (0, 3), (3, 1), (3, 2), (0, 2), (1, 2)]
    assert [*pairs_of(labels, answers)] == expected
    test = class_sets(labels, answers, classes=["a", "b", "c"])
    scoring = scoring_of(Answers("classes", ["a", "b", "c"]))
    assert scoring.pairs == "confusion.csv"
    scoring.write_pairs(tmp_path / "confusion.csv", test)
    lines = (tmp_path / "confusion.csv").read_text(encoding="utf-8").splitlines()
    assert lines[:4] == ["actual,predicted", "a,a", "b,c", "a,none"]


def test_what_cannot_be_scored() -> None:
    scoring, labels = ClassSetScoring(["a", "b"]), np.zeros((1, 2), np.uint8)
    known = class_sets(labels, labels).examples
    with pytest.raises(UserError, match="data set `dev` has 0 examples of 2 classes"):
        scoring.scored("dev", [], labels[:0], np.zeros((0, 2)))
    with pytest.raises(UserError, match=r"probabilities of shape \[1, 3\]"):
        scoring.scored("dev", known, labels, np.zeros((1, 3)))
    for wrong in (np.nan, 1.5, -0.1):
        with pytest.raises(UserError, match="1 of 1 predictions are not probabilities"):
            scoring.scored("dev", known, labels, np.array([[0.5, wrong]]))


def summary(predictions: dict[str, ClassSetPredictions], **changes: Any) -> dict[str, Any]:
    evaluation = replace(PLAIN, **changes)
    constraints = check(evaluation, CLASS_SETS)
    parts = parts_of(evaluation, CLASS_SETS, predictions)
    resampled = resample_all(evaluation, constraints, CLASS_SETS, parts, 0)
    return judge_all(evaluation, constraints, CLASS_SETS, parts, resampled, COSTS)


def predictions(seed: int, count: int = 200) -> ClassSetPredictions:
    sample = drawn(np.random.default_rng(seed), count)
    return class_sets(sample.labels[:, :3], sample.answers[:, :3], sample.probabilities[:, :3])


def test_constraints_slices_and_the_worst() -> None:
    test = predictions(0)
    content = summary(
        {"train": predictions(1), "dev": predictions(2), "test": test},
        constraints=("recall[c0] >= 0.5", "hamming_loss <= 0.4", "worst_slice >= 0.1"),
        slices=("class", "path day/*"),
    )
    assert (
        content["accepted"]
        and [constraint["met"] for constraint in content["constraints"]] == [True] * 3
    )
    rows = {row["slice"]: row for row in content["slices"] if row["split"] == "test"}
    assert [*rows] == ["class c0", "class c1", "class c2", "path day/*"]
    # An example is in the slice of each of its classes.
    assert [row["examples"] for row in rows.values()][:3] == test.labels.sum(axis=0).tolist()
    errors, day = test.sample.errors, test.labels[:, 0] == 1
    expected = errors.mean() - errors[~day].mean()
    assert rows["class c0"]["cost"] == pytest.approx(expected, abs=2e-6)
    low, high = rows["class c0"]["cost_interval"]
    assert low < rows["class c0"]["cost"] < high
    assert {row[0] for row in content["test"]["by_class"]} == {"c0", "c1", "c2"}
    assert json.loads(json.dumps(content, allow_nan=False)) == content


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metric": "accuracy"}, "unknown metric of several classes `accuracy`"),
        ({"constraints": ("rmse <= 1",)}, "unknown metric of several classes `rmse`"),
        ({"constraints": ("hamming_loss <= 3",)}, "`hamming_loss` lies between 0 and 1"),
        ({"constraints": ("f1[x] >= 0.5",)}, "names an unknown class"),
    ],
)
def test_what_there_is_not(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        summary({"test": predictions(0)}, **changes)


def test_simple_models_stand_beside_it() -> None:
    network = {name: predictions(at) for at, name in enumerate(("dev", "test"))}
    shares = {
        name: scored(own.labels, np.full(own.labels.shape, 0.2), own.classes)
        for name, own in network.items()
    }
    metric = {"macro_f1": METRICS["macro_f1"]}
    earned = {name: resample(metric, own.sample, 0) for name, own in network.items()}
    (row,) = compared("macro_f1", earned, {"majority": shares}, 0)
    assert (row["verdict"], row["beaten"], row["value"]) == ("better", True, 0.0)


def test_several_classes_are_not_compared_with_one() -> None:
    network = predictions(0)
    check_same((CLASS_SETS, network), (CLASS_SETS, network))
    with pytest.raises(UserError, match="compare models of the same target"):
        check_same((CLASS_SETS, network), (replace(CLASS_SETS, target="class"), network))
