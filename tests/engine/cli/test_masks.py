"""Verbs for answers that are masks: in shares of the pixels."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pairs
import pytest
import yaml
from conftest import configured
from predicted import MASK, segmented

from samebits.cli import compare, exp_curve, rank
from samebits.cli.compare import comparison
from samebits.cli.rank import ranking
from samebits.core.files import write_json
from samebits.data.drawn_masks import FILE, write_masks
from samebits.data.fields import Field
from samebits.data.prepared import Index
from samebits.experiments import fractions
from samebits.metrics.prediction_table import write_predictions
from samebits.metrics.registry import METRICS
from samebits.metrics.results import Result
from samebits.metrics.scores import value
from samebits.remote.revisions import Revision

Verb = Callable[..., str]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose answers are masks, no other seeds, and no differences."""
    params = configured(tmp_path)
    content = yaml.safe_load(params.read_text(encoding="utf-8"))
    content["task"] |= {"reader": "pairs", "target": "mask"}
    content["data"]["classes"] = MASK.classes
    content["evaluation"] |= {"metric": "mean_iou", "target_error": 0.1, "constraints": []}
    params.write_text(yaml.safe_dump(content), encoding="utf-8")
    monkeypatch.chdir(params.parent)
    monkeypatch.setattr(compare, "differing", lambda *_: {})
    for module in (compare, rank):
        monkeypatch.setattr(module, "spread_over_seeds", lambda *_: None)
    Path("reports").mkdir()
    return params.parent


def result(name: str, wrong: float, learned: int = 100) -> Result:
    """A result with this share of wrong pixels."""
    split = segmented(0, 400, 0.3)
    missed = split.counts[:, 0] - split.counts[:, 2]
    right = (split.counts[:, 0] - np.floor(missed * wrong / 0.3)).clip(0)
    said = right + np.roll(split.counts[:, 0] - right, 1, axis=1)
    split = replace(split, counts=np.stack([split.counts[:, 0], said, right], axis=1))
    score = round(value(METRICS["mean_iou"], split.sample), 6)
    metrics: dict[str, Any] = {
        "score": score,
        "metric": "mean_iou",
        "interval": [score - 0.1, score + 0.1],
        "accepted": True,
        "constraints": [],
        **{split: {"mean_iou": score} for split in ("dev", "test")},
    }
    revision = Revision(name, f"{len(name):040x}")
    vars(revision)["lock"] = {"stages": {}}  # as if it had been read
    train = segmented(1, learned, 0.1)
    return Result(revision, metrics, MASK, {"train": train, "dev": split, "test": split})


def test_compare_and_rank() -> None:
    a, b = result("a", 0.3), result("better", 0.1)
    said = comparison(a, b)
    assert said.startswith(f"A  a  mean_iou {a.metrics['score']:.6f} on dev\n")
    assert "B is better by +0." in said and "B is worse by -0." in comparison(b, a)
    rows = [line.split() for line in ranking(a, [b]).splitlines()[1:3]]
    assert [(row[0], row[-1]) for row in rows] == [("1", "better"), ("2", "a")]


def test_errors(verb: Verb) -> None:
    dev = segmented(0, 30)
    write_predictions(Path("reports/predictions.csv"), MASK, {"dev": dev})
    write_json(Path("reports/metrics.json"), {"metric": "mean_iou"})
    folder, side = Path("data/prepared/dev"), pairs.SIDE
    fields = {"image": Field("uint8", (1, side, side)), "mask": Field("uint8", (side, side))}
    Index("v", "", "mask", MASK.classes, fields).write(folder)
    drawn = [pairs.drawn(number) for number in range(30)]
    np.save(folder / "image-00000.npy", np.stack([image[np.newaxis] for image, _ in drawn]))
    np.save(folder / "mask-00000.npy", np.stack([mask for _, mask in drawn]))
    worst = dev.worst()[:3]
    write_masks(FILE, worst, np.stack([drawn[row][1] for row in worst]))
    mistakes = int((dev.sample.errors > 0.1).sum())
    said = verb("errors", "--most", "5")
    assert f"5 of {mistakes} dev mistakes, 0 with tags" in said
    header, *rows = Path("reports/error-analysis.csv").read_text(encoding="utf-8").splitlines()
    assert header == "md5,path,label,prediction,error,now,tags"
    assert [row.split(",")[1] for row in rows] == [
        dev.examples[row].path for row in dev.worst()[:5]
    ]
    page = Path("reports/errors.html").read_text(encoding="utf-8")
    assert "True mask → predicted mask" in page and "% of its pixels wrong" in page
    assert page.count('class="wide tiny"') == 5


def test_a_learning_curve(monkeypatch: pytest.MonkeyPatch, verb: Verb) -> None:
    parts = {"part-0.25": (250, 0.28), "part-0.5": (500, 0.14), "HEAD": (1000, 0.07)}
    for module in (exp_curve, fractions):
        monkeypatch.setattr(
            module, "read_result", lambda name: result(name, parts[name][1], parts[name][0])
        )
    monkeypatch.setattr(exp_curve, "run_fractions", lambda *_: ["part-0.5", "part-0.25"])
    said = verb("exp curve")
    assert "of the pixels get a wrong class on dev" in said
    assert "After learning from 1,000 images" in said
