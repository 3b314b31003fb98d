"""Predictions of masks: counted, written, read back, scored, judged by constraints and slices."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from predicted import MASK, masked, segmented

from samebits.console.errors import UserError
from samebits.core.sections import Evaluation
from samebits.data.drawn_masks import read_masks, write_masks
from samebits.data.targets import Answers
from samebits.metrics.baseline_scores import compared
from samebits.metrics.comparison import check_same, paired
from samebits.metrics.evaluation import check, judge_all, parts_of, resample_all
from samebits.metrics.intervals import measure, resample
from samebits.metrics.mask_predictions import DRAWN, MaskPredictions, MaskScoring
from samebits.metrics.prediction_table import read_predictions, scoring_of, write_predictions
from samebits.metrics.registry import METRICS, OF_CLASS, ScoredMasks, mean_of
from samebits.metrics.scores import value
from samebits.report.mistakes import SHOWN

PLAIN = Evaluation(metric="mean_iou", target_error=0.1, constraints=(), slices=(), slice_examples=1)
COSTS = {"parameters": 3, "model_bytes": 9}


def summary(predictions: dict[str, MaskPredictions], **changes: Any) -> dict[str, Any]:
    evaluation = replace(PLAIN, **changes)
    constraints = check(evaluation, MASK)
    parts = parts_of(evaluation, MASK, predictions)
    resampled = resample_all(evaluation, constraints, MASK, parts, 0)
    return judge_all(evaluation, constraints, MASK, parts, resampled, COSTS)


def test_a_table_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    known = {"dev": segmented(0, 5), "test": segmented(1, 7)}
    write_predictions(path, MASK, known)
    lines = path.read_text(encoding="utf-8").splitlines()
    columns = [f"{kind}:{name}" for kind in ("true", "said", "right") for name in MASK.classes]
    first = next(csv.reader(lines))
    assert first[-len(columns) - 4 :] == ["brightness", "prediction", "error", "loss", *columns]
    answers, predictions = read_predictions(path)
    assert (answers, [*predictions]) == (MASK, ["dev", "test"])
    for name, again in predictions.items():
        assert isinstance(again, MaskPredictions)
        assert (again.counts == known[name].counts).all()
        assert again.losses.tolist() == known[name].losses.tolist()
        assert again.examples == known[name].examples
        errors = [float(row.split(",")[-11]) for row in lines if row.startswith(name)]
        assert errors == pytest.approx(again.sample.errors.tolist(), abs=5e-7)
    said = known["test"].words(0)[1]
    assert f'"{said}"' in lines[6] and said.startswith("back, ground ")


def test_the_table_does_not_grow_with_pixels(tmp_path: Path) -> None:
    """A row holds a number for each class and kind, whatever the size of the image."""
    sizes = []
    for times in (1, 1000):
        network = segmented(0, 50)
        write_predictions(
            tmp_path / "p.csv", MASK, {"dev": replace(network, counts=network.counts * times)}
        )
        sizes.append((tmp_path / "p.csv").stat().st_size)
    assert sizes[1] < 1.5 * sizes[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("right:odd", "left:odd", "line 1, is not a row"),
        (",loss,", ",lost,", "line 1, is not a row"),
        ("\ndev,", "\ndev,1,", "line 2, is not a row"),
        ("0.000000,", "nan,", r"not a number \(nan or infinity\)"),
    ],
)
def test_a_damaged_table(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "predictions.csv"
    masks = segmented(0, 1)
    write_predictions(path, MASK, {"dev": replace(masks, losses=np.zeros(1))})
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=message):
        read_predictions(path)


def test_what_the_metrics_say() -> None:
    network = segmented(0, 40)
    true, said, right = network.counts.sum(axis=0)
    sample = network.sample
    figures = {
        name: value(METRICS[name], sample) for name in METRICS if METRICS[name].targets == ("mask",)
    }
    assert figures == pytest.approx(
        {
            "mean_iou": (right / (true + said - right)).mean(),
            "dice": (2 * right / (true + said)).mean(),
            "pixel_accuracy": right.sum() / true.sum(),
            "pixel_log_loss": network.losses.mean(),
        },
        rel=1e-6,
    )
    for at in range(3):
        iou = value(OF_CLASS["iou"](at), sample)
        assert iou == pytest.approx(right[at] / (true[at] + said[at] - right[at]))
    assert sample.errors == pytest.approx(1 - network.counts[:, 2].sum(axis=1) / 100)


def test_a_class_that_is_neither_true_nor_said_is_no_part_of_a_mean() -> None:
    masks = masked(np.array([[[60, 40, 0], [70, 30, 0], [60, 30, 0]]]))
    assert value(METRICS["mean_iou"], masks.sample) == pytest.approx((60 / 70 + 30 / 40) / 2)
    assert masks.sample.remarks(MASK.classes) == {"absent": ["odd"]}
    said = masked(np.array([[[60, 40, 0], [60, 30, 10], [60, 30, 0]]]))
    assert value(METRICS["mean_iou"], said.sample) == pytest.approx((60 / 60 + 30 / 40 + 0) / 3)
    part = said.sample.part(np.array([True]))
    assert value(METRICS["mean_iou"], part) == pytest.approx((60 / 60 + 30 / 40) / 2)


def test_an_interval_holds_the_truth() -> None:
    """For 60 samples of a thousand examples, nearly all intervals contain the figure of all."""
    whole = segmented(9, 60_000)
    truth = value(METRICS["mean_iou"], whole.sample)
    held, rows = 0, np.arange(60_000)
    for number in range(60):
        part = whole.sample.rows(rows[number * 1000 : (number + 1) * 1000])
        figure = measure(METRICS["mean_iou"], part, number)
        held += figure.low <= truth <= figure.high
        assert 0 < figure.low < figure.value < figure.high < 1
        assert figure.high - figure.low < 0.05
    assert held >= 52


def test_a_group_is_drawn_together() -> None:
    few = segmented(0, 30)
    counts, losses = (np.repeat(array, 20, axis=0) for array in (few.counts, few.losses))
    groups = [f"g{row // 20}" for row in range(600)]
    many = masked(counts, losses, groups)
    metric = METRICS["mean_iou"]
    first, other = (measure(metric, each.sample, 0) for each in (few, many))
    assert first.value == pytest.approx(other.value)
    assert other.error == pytest.approx(first.error, rel=0.15)


def test_one_more_right_is_seen_on_the_same_examples() -> None:
    a = segmented(0, 200)
    counts = a.counts.copy()
    chosen = np.arange(200) % 4 == 0  # these are all right now
    counts[chosen, 1] = counts[chosen, 2] = counts[chosen, 0]
    b = replace(a, counts=counts)
    metric = METRICS["mean_iou"]
    first, second = (resample({"": metric}, sample.sample, 0) for sample in (a, b))
    assert paired(metric, first, second).judged().verdict == "better"
    assert paired(metric, second, first).judged().verdict == "worse"
    assert paired(metric, first, first).judged().verdict == "cannot tell"


def test_constraints_slices_and_the_worst() -> None:
    night = segmented(0, 100, wrong=0.4, name="night/{}")
    day = segmented(1, 100, wrong=0.1, name="day/{}")
    joined = masked(
        np.concatenate([night.counts, day.counts]),
        np.concatenate([night.losses, day.losses]),
        names=[example.path for part in (night, day) for example in part.examples],
    )
    content = summary(
        {"train": segmented(2, 60), "dev": segmented(3, 80), "test": joined},
        constraints=("iou[odd] >= 0.1", "dice@path night/* >= 0.1", "worst_slice <= 0.9"),
        slices=("path night/*", "path day/*"),
    )
    assert content["accepted"] and content["metric"] == "mean_iou"
    rows = {row["slice"]: row for row in content["slices"] if row["split"] == "test"}
    assert rows["path night/*"]["value"] < rows["path day/*"]["value"] - 0.2
    errors = joined.sample.errors
    expected = errors.mean() - errors[100:].mean()
    assert rows["path night/*"]["cost"] == pytest.approx(expected, rel=1e-6)
    names = [name for name, *_ in content["test"]["intervals"]]
    assert names == ["mean_iou", "dice", "pixel_accuracy", "pixel_log_loss"]
    assert json.loads(json.dumps(content, allow_nan=False)) == content


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metric": "accuracy"}, "unknown metric of a mask `accuracy`"),
        ({"constraints": ("recall[odd] >= 0.9",)}, r"unknown metric of a mask `recall\[odd\]`"),
        ({"constraints": ("iou[cat] >= 0.9",)}, "names an unknown class; the classes are"),
        (
            {"constraints": ("mean_iou >= 90",)},
            "`mean_iou` lies between 0 and 1; write 90 % as 0.9",
        ),
        (
            {"slices": ("class",)},
            "slice `class`: examples have no class, since task.target is mask",
        ),
    ],
)
def test_what_masks_do_not_have(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        summary({"test": segmented(0, 9)}, **changes)


def test_a_constraint_on_a_class_that_no_pixel_is_of() -> None:
    masks = masked(np.array([[[60, 40, 0], [70, 30, 0], [60, 30, 0]]]))
    with pytest.raises(UserError, match=r"test has no pixel of its class, so"):
        summary({"test": masks}, constraints=("iou[odd] >= 0.5",))


def test_a_metric_of_ones_own() -> None:
    def hits(scored: ScoredMasks) -> Any:
        return scored.right[:, 1] / np.maximum(scored.true[:, 1], 1)

    own = mean_of("found", hits, higher_is_better=True, between_0_and_1=True)
    network = segmented(0, 50)
    expected = (network.counts[:, 2, 1] / np.maximum(network.counts[:, 0, 1], 1)).mean()
    figure = measure(own, network.sample, 0)
    assert figure.value == pytest.approx(expected) and figure.low < expected < figure.high


def test_simple_models_stand_beside_it() -> None:
    network = {name: segmented(0, 100, wrong=0.1) for name in ("dev", "test")}
    simple = segmented(0, 100, wrong=0.5)
    earned = {
        name: resample({"mean_iou": METRICS["mean_iou"]}, scored.sample, 0)
        for name, scored in network.items()
    }
    (row,) = compared("mean_iou", earned, {"it": dict.fromkeys(("dev", "test"), simple)}, 0)
    assert (row["verdict"], row["beaten"]) == ("better", True)


def test_the_plot_of_classes(tmp_path: Path) -> None:
    network, scoring = segmented(0, 20), scoring_of(MASK)
    assert scoring.pairs == "ious.csv"
    scoring.write_pairs(tmp_path / scoring.pairs, network)
    rows = (tmp_path / scoring.pairs).read_text(encoding="utf-8").splitlines()
    assert rows[0] == "class,iou" and len(rows) == 4
    assert rows[3] == f"odd,{value(OF_CLASS['iou'](2), network.sample):.6f}"


def test_what_cannot_be_scored() -> None:
    scoring, masks = MaskScoring(MASK.classes), segmented(0, 1)
    with pytest.raises(UserError, match="data set `dev` has 0 examples and 3 classes"):
        scoring.scored("dev", [], None, np.zeros((0, 10)))
    with pytest.raises(UserError, match=r"the counts have the shape \[1, 7\]; run"):
        scoring.scored("dev", masks.examples, None, np.zeros((1, 7)))
    broken = np.zeros((1, 10))
    broken[0, 0] = np.nan
    with pytest.raises(UserError, match="losses of 1 of 1 predictions are NaN or infinite"):
        scoring.scored("dev", masks.examples, None, broken)


def test_masks_are_not_compared_with_classes() -> None:
    network = segmented(0, 3)
    check_same((MASK, network), (MASK, network))
    with pytest.raises(UserError, match="A answers with a mask and B with a class"):
        check_same((MASK, network), (Answers("class", MASK.classes), network))


def test_the_masks_of_the_worst_are_kept(tmp_path: Path) -> None:
    network = segmented(0, 100)
    rows = network.worst()
    assert len(rows) == DRAWN >= SHOWN  # what the report shows of mistakes
    assert (
        network.sample.errors[rows].tolist() == sorted(network.sample.errors, reverse=True)[:DRAWN]
    )
    masks = np.arange(24 * 16, dtype=np.int64).reshape(24, 4, 4).astype(np.uint8)
    write_masks(tmp_path / "m", rows, masks)
    read = read_masks(tmp_path / "m")
    assert [*read] == rows and (read[rows[3]] == masks[3]).all()
    with pytest.raises(UserError, match="is missing: run `dvc repro evaluate` first"):
        read_masks(tmp_path / "none")
    (tmp_path / "m").write_bytes(b"x")
    with pytest.raises(UserError, match="is damaged: run"):
        read_masks(tmp_path / "m")
