"""The content of reports/metrics.json."""

import dataclasses
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from predicted import summarise

from samebits.console.errors import UserError
from samebits.core.sections import Evaluation
from samebits.data.targets import Answers
from samebits.metrics.class_predictions import ClassPredictions
from samebits.metrics.evaluation import check
from samebits.metrics.registry import METRICS, Metric, Scored, metrics_of

PLAIN = Evaluation(metric="accuracy", target_error=0.1, constraints=(), slices=(), slice_examples=1)
CLASSES = ["a", "b"]
COSTS = {"parameters": 70, "model_bytes": 300}
Made = Callable[..., ClassPredictions]


def splits(made: Made, classes: int = 2, **known: Any) -> dict[str, ClassPredictions]:
    """Of 40 examples 40, 30 and 20 have the right answer."""
    labels = np.arange(40, dtype=np.int64) % classes
    rows = {
        name: np.eye(classes)[np.where(np.arange(40) < right, labels, (labels + 1) % classes)]
        for name, right in (("train", 40), ("dev", 30), ("test", 20))
    }
    return {name: made(labels, row, **known) for name, row in rows.items()}


def summary(predictions: dict[str, ClassPredictions], **changed: Any) -> dict[str, Any]:
    evaluation = dataclasses.replace(PLAIN, **changed)
    content = summarise(evaluation, CLASSES, predictions, COSTS, seed=0)
    return dict(json.loads(json.dumps(content, allow_nan=False)))


@pytest.mark.parametrize("metric", metrics_of("class"))
def test_the_score_is_the_chosen_metric_on_test(metric: str, made: Made) -> None:
    content = summary(splits(made), metric=metric)
    assert content["score"] == content["test"][metric]
    assert [content[name]["accuracy"] for name in ("train", "dev", "test")] == [1, 0.75, 0.5]
    assert content["dev"]["examples"] == 40
    assert content["parameters"] == 70
    assert content["accepted"] is True
    for name in ("train", "dev", "test"):
        for key, low, high in content[name]["intervals"]:
            assert low <= content[name][key] <= high
    assert [metric, *content["interval"]] in content["test"]["intervals"]


def test_a_missed_constraint(made: Made) -> None:
    texts = ("parameters <= 100", "recall[b] >= 0.9", "accuracy@path night/* >= 0.5")
    content = summary(splits(made), constraints=texts, slices=("path night/*",))
    assert [constraint["met"] for constraint in content["constraints"]] == [True, False, True]
    assert [constraint["margin"] for constraint in content["constraints"]] == [30, -0.4, 0]
    assert content["constraints"][0]["value"] == 70
    assert content["accepted"] is False


def test_the_worst_slice(made: Made) -> None:
    constraints, slices = ("worst_slice >= 0.7",), ("size at 14, 48",)
    predictions = splits(made)
    content = summary(predictions, constraints=constraints, slices=slices)
    shown = {
        (row["split"], row["slice"]): (row["examples"], row["value"]) for row in content["slices"]
    }
    assert shown["dev", "size from 48"] == shown["test", "size from 48"] == (1, 0)
    assert shown["test", "size below 14"] == (5, 1)
    assert content["constraints"][0]["value"] == 0
    # One example is no evidence.
    content = summary(predictions, constraints=constraints, slices=slices, slice_examples=2)
    assert content["constraints"][0]["value"] == round(15 / 34, 6)


def test_a_constraint_on_an_area_needs_a_slice_of_several_classes(made: Made) -> None:
    constraint = "roc_auc@class a >= 0.4"
    with pytest.raises(UserError, match="all of slice `class a` has one class, so `roc_auc`"):
        summary(splits(made), slices=("class",), constraints=(constraint,))


def test_a_slice_without_examples_is_not_said_to_be_missing(made: Made) -> None:
    slices = ("path */nowhere/*",)
    with pytest.raises(UserError, match=r"none of evaluation\.slices has an example there"):
        summary(splits(made), slices=slices, constraints=(f"accuracy@{slices[0]} >= 0.5",))


def test_no_area_tells_apart_what_is_all_of_one_class(made: Made) -> None:
    content = summary(splits(made), metric="roc_auc", slices=("class",))
    assert content["slices"]
    assert all("value" not in row and "cost" in row for row in content["slices"])
    with pytest.raises(UserError, match="where the metric is defined"):
        summary(
            splits(made), metric="roc_auc", slices=("class",), constraints=("worst_slice >= 0",)
        )


@pytest.mark.parametrize("classes", [1, 2])
def test_a_metric_of_ones_own_says_itself_where_it_means_something(
    made: Made, monkeypatch: pytest.MonkeyPatch, classes: int
) -> None:
    def share(scored: Scored) -> float:
        if len(set(scored.labels.tolist())) < classes:
            raise ValueError("it takes two classes")
        return float((scored.labels == scored.answers).mean())

    form = "area" if classes == 1 else "any"
    monkeypatch.setitem(METRICS, "own", Metric("Own", "", True, form, own=share))
    content = summary(splits(made), metric="own", slices=("class",))
    assert content["score"] == 0.5
    values = [row["value"] for row in content["slices"] if "value" in row]
    assert values == ([0.75, 0.75, 0.5, 0.5] if classes == 1 else [])


def failing(scored: Scored) -> float:
    """Like a user's metric that needs two classes."""
    if len({*scored.labels.tolist()}) < 2:
        raise ValueError("it takes two classes")
    return 0.5


def test_a_constraint_holds_where_ones_own_metric_fails(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METRICS, "own", Metric("Own", "", True, "any", own=failing))
    texts = ("accuracy@class a >= 0.9",)
    content = summary(splits(made), metric="own", slices=("class",), constraints=texts)
    assert [constraint["value"] for constraint in content["constraints"]] == [0.5]
    assert not any("value" in row for row in content["slices"])
    texts = ("own@class a >= 0.9",)
    with pytest.raises(UserError, match="your metric `Own` failed: ValueError: it takes two"):
        summary(splits(made), metric="own", slices=("class",), constraints=texts)


def test_ones_own_metric_that_fails_names_the_data_set(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METRICS, "own", Metric("Own", "", True, "any", own=failing))
    labels = np.zeros(9, dtype=np.int64)
    dev = made(labels, np.eye(2)[labels])
    with pytest.raises(UserError, match=r"^data set `dev`: your metric `Own` failed"):
        summary({**splits(made), "dev": dev}, metric="own")


def test_what_a_slice_costs(made: Made) -> None:
    """Test has 20 of 40 right: the small ones are right, and the large half has all the cost."""
    predictions = splits(made)
    rows = summary(predictions, slices=("size at 14, 29, 48",))["slices"]
    costs = {row["slice"]: row for row in rows if row["split"] == "test"}
    large, small = costs["size 29 to 48"], costs["size below 14"]
    assert large["value"] == 0
    assert large["cost"] == pytest.approx(19 / 40 * 20 / 21, abs=1e-6)
    assert small["cost"] == pytest.approx(5 / 40 * (15 / 35 - 1), abs=1e-6)
    assert large["cost_interval"][0] > 0.2
    assert all(
        cost["cost_interval"][0] <= cost["cost"] <= cost["cost_interval"][1]
        for cost in costs.values()
    )
    # One of 40 examples cannot cost much, and is no evidence that it does.
    assert costs["size from 48"]["cost_interval"][0] < 0.01
    loss = summary(predictions, slices=("size at 14, 29, 48",), metric="log_loss")["slices"]
    assert [row["cost"] for row in loss] == [row["cost"] for row in rows]


def test_a_slice_that_is_all_has_no_rest(made: Made) -> None:
    (_, test) = summary(splits(made), slices=("path *",))["slices"]
    assert test["value"] == 0.5
    assert "cost" not in test


def test_intervals_are_wider_where_examples_go_together(made: Made) -> None:
    groups = [f"g{number // 10}" for number in range(40)]
    alone, together = (
        summary(parts)["test"]["intervals"] for parts in (splits(made), splits(made, groups=groups))
    )
    width = [{key: high - low for key, low, high in interval} for interval in (alone, together)]
    assert width[1]["accuracy"] > 1.5 * width[0]["accuracy"]


def test_a_seed_moves_intervals_and_nothing_else(made: Made) -> None:
    predictions = splits(made)
    ones = [summarise(PLAIN, CLASSES, predictions, COSTS, seed) for seed in (0, 0, 1)]
    assert ones[0] == ones[1]
    assert ones[0]["test"]["intervals"] != ones[2]["test"]["intervals"]
    assert ones[0]["test"]["log_loss"] == ones[2]["test"]["log_loss"]


def test_classes_without_examples_are_named(made: Made) -> None:
    labels = np.zeros(9, dtype=np.int64)
    lacking = made(labels, np.eye(2)[labels])
    content = summary({"dev": splits(made)["dev"], "test": lacking}, metric="macro_f1")
    assert content["score"] == 1
    assert content["test"]["absent"] == ["b"]
    assert "absent" not in content["dev"]


@pytest.mark.parametrize("figure", ["recall", "precision", "f1"])
def test_a_constraint_on_a_class_without_an_example_gets_no_verdict(
    made: Made, figure: str
) -> None:
    labels = np.zeros(9, dtype=np.int64)
    lacking = {"test": made(labels, np.eye(2)[labels])}
    with pytest.raises(UserError, match=rf"`{figure}\[b\] >= 0.9`: test has no example of its cl"):
        summary(lacking, constraints=(f"{figure}[b] >= 0.9",))
    with pytest.raises(UserError, match="slice `class a` has no example of its class"):
        summary(splits(made), slices=("class",), constraints=(f"{figure}[b]@class a <= 0.9",))


def test_an_area_of_a_single_class_gets_no_verdict(made: Made) -> None:
    labels = np.zeros(9, dtype=np.int64)
    lacking = {"test": made(labels, np.eye(2)[labels])}
    for changed in ({"constraints": ("roc_auc >= 0.5",)}, {"metric": "roc_auc"}):
        with pytest.raises(UserError, match=r"^data set `test`: .*all of test has one class"):
            summary(lacking, **changed)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"metric": "accurracy"}, "did you mean `accuracy`"),
        ({"constraints": ("accuracy@class a >= 0.5",)}, "no slice `class a` on test; .* none; add"),
        ({"constraints": ("worst_slice >= 0.5",)}, "needs slices"),
        (
            {"constraints": ("worst_slice >= 90",), "slices": ("class",)},
            "`worst_slice` lies between 0 and 1; write 90 % as 0.9",
        ),
        (
            {"constraints": ("worst_slice <= -1",), "slices": ("class",), "metric": "log_loss"},
            "`worst_slice` is never negative",
        ),
        (
            {"constraints": ("worst_slice >= 0.5",), "slices": ("class",), "slice_examples": 99},
            "needs a slice of test with evaluation.slice_examples",
        ),
    ],
)
def test_names_that_are_not_there(changed: dict[str, Any], words: str, made: Made) -> None:
    with pytest.raises(UserError, match=words):
        summary(splits(made), **changed)


def test_the_test_examples_must_be_there(made: Made) -> None:
    with pytest.raises(UserError, match="no `test` data set"):
        summary({"train": splits(made)["train"]})


def test_names_are_checked_before_anything_is_predicted() -> None:
    with pytest.raises(UserError, match="names an unknown class"):
        constrained = dataclasses.replace(PLAIN, constraints=("recall[c] >= 1",))
        check(constrained, Answers("class", CLASSES))


def test_many_predictions_take_seconds(made: Made) -> None:
    """A tenth of the 100,000 predictions that must take under 30 s."""
    draw = np.random.default_rng(0)
    labels, rows = draw.integers(0, 2, 10_000), draw.dirichlet([1, 1], 10_000)
    start = time.perf_counter()
    summary({"test": made(labels, rows)}, slices=("class", "brightness in 3 parts"))
    assert time.perf_counter() - start < 10
