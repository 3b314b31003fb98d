"""Predictions of numbers: written, read back, scored, and judged by constraints and in slices."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from predicted import example

from samebits.console.errors import UserError
from samebits.core.sections import Evaluation
from samebits.data.targets import Answers
from samebits.metrics.baseline_scores import compared
from samebits.metrics.comparison import check_same
from samebits.metrics.constraints import Constraint
from samebits.metrics.evaluation import check, judge_all, parts_of, resample_all
from samebits.metrics.intervals import resample
from samebits.metrics.number_predictions import NumberPredictions, NumberScoring
from samebits.metrics.prediction_table import read_predictions, scoring_of, write_predictions
from samebits.metrics.registry import METRICS
from samebits.metrics.sums import Values

NUMBERS = Answers("number", [])
PLAIN = Evaluation(metric="rmse", target_error=5, constraints=(), slices=(), slice_examples=1)
COSTS = {"parameters": 3, "model_bytes": 9}


def made(truth: Values, said: Values, decimals: int = 6, group: str = "") -> NumberPredictions:
    examples = [
        example(f"{'night' if at % 2 else 'day'}/{at:03d}", f"{number!r}", f"{at:032x}", group)
        for at, number in enumerate(truth.tolist())
    ]
    return NumberScoring(decimals).scored("test", examples, truth, said)


def drawn(count: int = 200, seed: int = 0, off: float = 2.0) -> NumberPredictions:
    draw = np.random.default_rng(seed)
    truth = (50 + 10 * draw.standard_normal(count)).round(3)
    return made(truth, truth + off * draw.standard_normal(count))


def summary(predictions: dict[str, NumberPredictions], **changes: Any) -> dict[str, Any]:
    evaluation = replace(PLAIN, **changes)
    constraints = check(evaluation, NUMBERS)
    parts = parts_of(evaluation, NUMBERS, predictions)
    resampled = resample_all(evaluation, constraints, NUMBERS, parts, 0)
    return judge_all(evaluation, constraints, NUMBERS, parts, resampled, COSTS)


def test_a_table_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    test = made(np.array([-1.5, 2e-9, 3e5]), np.array([-1.4567891, 0.0, 299999.98765432]))
    write_predictions(path, NUMBERS, {"dev": drawn(5), "test": test})
    lines = path.read_text(encoding="utf-8").splitlines()
    head = "split,path,label,md5,group,width,height,brightness,prediction,error"
    assert lines[0] == head
    assert lines[-1].endswith(",299999.987654,0.012346")
    assert "test,day/000,'-1.5," in lines[6] and lines[6].endswith(",-1.456789,0.043211")
    answers, predictions = read_predictions(path)
    assert (answers, [*predictions]) == (NUMBERS, ["dev", "test"])
    again = predictions["test"]
    assert isinstance(again, NumberPredictions)
    for name in ("truth", "answers"):
        assert getattr(again, name).tolist() == getattr(test, name).tolist()
    assert again.examples == test.examples
    assert again.sample.errors.tolist() == test.sample.errors.tolist()
    assert [again.words(row) for row in range(3)] == [
        ("-1.5", "-1.45679"),
        ("2e-09", "0"),
        ("300000.0", "300000"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",prediction,error", ",prediction,errors", "line 1, is not a row"),
        (",-1.456789,", ",-1.456789,1,", "line 7, is not a row"),
        (",-1.456789,", ",minus one,", "not a number"),
        (",-1.456789,", ",nan,", r"not a number \(nan or infinity\)"),
        (",'-1.5,", ",cat,", "not a number"),
    ],
)
def test_a_damaged_table(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "predictions.csv"
    test = made(np.array([-1.5]), np.array([-1.4567891]))
    write_predictions(path, NUMBERS, {"dev": drawn(5), "test": test})
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=message):
        read_predictions(path)


def test_pairs(tmp_path: Path) -> None:
    test = made(np.array([-1.5, 3e5]), np.array([-1.25, 299999.5]))
    scoring = scoring_of(NUMBERS, (0.0, 1.0))
    assert scoring.pairs == "residuals.csv"
    scoring.write_pairs(tmp_path / scoring.pairs, test)
    text = (tmp_path / scoring.pairs).read_text(encoding="utf-8")
    assert text == "actual,predicted\n-1.5,-1.25\n300000.0,299999.5\n"


@pytest.mark.parametrize(
    ("spread", "kept"), [(2.5, 1234.56789012), (4e5, 1234.568), (3e-8, 1234.5678901234567)]
)
def test_an_answer_has_nine_digits_of_the_spread(spread: float, kept: float) -> None:
    scoring, truth = NumberScoring.of(spread), np.array([1234.5678901234567])
    assert scoring.scored("dev", [example()], truth, truth).answers.tolist() == [kept]


def test_what_cannot_be_scored() -> None:
    scoring, truth = NumberScoring(6), np.zeros(1)
    with pytest.raises(UserError, match="data set `dev` has 0 examples"):
        scoring.scored("dev", [], np.zeros(0), np.zeros(0))
    with pytest.raises(UserError, match=r"1 examples, .* shape \[1\] and .* of shape \[1, 1\]"):
        scoring.scored("dev", [example()], truth, np.zeros((1, 1)))
    with pytest.raises(UserError, match="1 of 1 predictions are NaN or infinite"):
        scoring.scored("dev", [example()], truth, np.array([np.inf]))


def test_constraints_slices_and_the_worst() -> None:
    test = drawn()
    off = test.answers.copy()
    off[1::2] = test.truth[1::2] + 3 * (off[1::2] - test.truth[1::2])
    test = made(test.truth, off)
    content = summary(
        {"train": drawn(60, 1), "dev": drawn(80, 2), "test": test},
        constraints=("rmse <= 5", "r2 >= 0.5", "mae@path night/* <= 9", "worst_slice <= 20"),
        slices=("path night/*", "path day/*"),
    )
    assert (
        content["accepted"]
        and [constraint["met"] for constraint in content["constraints"]] == [True] * 4
    )
    rows = {row["slice"]: row for row in content["slices"] if row["split"] == "test"}
    night, day = rows["path night/*"], rows["path day/*"]
    assert content["constraints"][3]["value"] == night["value"] > 2 * day["value"]
    assert content["constraints"][3]["interval"] == night["interval"]
    # If nights were as good as days, the mean error of all would fall by this much.
    errors = test.sample.errors
    expected = errors.mean() - errors[0::2].mean()
    assert night["cost"] == pytest.approx(expected, rel=1e-6)
    assert 0 < night["cost_interval"][0] < night["cost"] < night["cost_interval"][1]
    assert day["cost_interval"][1] < 0
    assert json.loads(json.dumps(content, allow_nan=False)) == content


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metric": "accuracy"}, "unknown metric of a number `accuracy`"),
        ({"constraints": ("recall[a] >= 0.9",)}, r"unknown metric of a number `recall\[a\]`"),
        ({"constraints": ("rmse <= -1",)}, "`rmse` is never negative"),
        ({"constraints": ("r2 >= 1.5",)}, "`r2` is never above 1"),
        ({"slices": ("class",)}, "examples have no class, since task.target is number"),
    ],
)
def test_what_numbers_do_not_have(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        summary({"test": drawn()}, **changes)


def test_a_slice_of_one_example_has_a_cost() -> None:
    content = summary({"test": drawn()}, slices=("path day/000",))
    (row,) = content["slices"]
    assert row["examples"] == 1 and np.isfinite(row["cost_interval"]).all()
    assert row["cost_interval"][0] < row["cost"] < row["cost_interval"][1]


def test_simple_models_stand_beside_it() -> None:
    network = {name: drawn() for name in ("dev", "test")}
    mean = made(network["dev"].truth, np.full(200, 50.0))
    earned = {
        name: resample({"rmse": METRICS["rmse"]}, scored.sample, 0)
        for name, scored in network.items()
    }
    (row,) = compared("rmse", earned, {"mean": dict.fromkeys(("dev", "test"), mean)}, 0)
    assert (row["verdict"], row["beaten"]) == ("better", True)
    assert row["value"] == pytest.approx(10, rel=0.1) and row["difference"] < -7


def test_numbers_are_not_compared_with_classes() -> None:
    network = drawn(3)
    check_same((NUMBERS, network), (NUMBERS, network))
    with pytest.raises(UserError, match="A answers with a number and B with a class"):
        check_same((NUMBERS, network), (Answers("class", ["a"]), network))


def test_a_bound_of_any_size_can_be_written() -> None:
    assert Constraint.of("rmse <= 2.5e-9").bound == 2.5e-9
