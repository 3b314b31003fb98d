"""A diagnosis on the terminal, and examples from use at the end of the chain."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from conftest import image_file

from samebits.arguments import parse
from samebits.cli import diagnose
from samebits.console.errors import UserError
from samebits.core.yours import Yours
from samebits.data.folder import Labelled
from samebits.data.prepared import Example
from samebits.diagnosis.words import WORDS
from samebits.experiments.fractions import FILE, predictions_here

CONTENT: dict[str, Any] = {
    "link": "variance",
    "sentence": "The largest gap is variance.",
    "chain": [
        {"name": "target", "error": 0.02, "interval": None, "examples": 0},
        {"name": "train", "error": 0.01, "interval": [0.0, 0.02], "examples": 1200},
        {"name": "train_dev", "error": 0.125, "interval": [0.05, 0.25], "examples": 60},
    ],
    "gaps": [
        {
            "name": "bias",
            "title": "avoidable bias",
            "to": "train",
            "value": -0.01,
            "interval": [-0.02, 0.0],
            "real": False,
        },
        {
            "name": "variance",
            "title": "variance",
            "to": "train_dev and dev",
            "value": 0.115,
            "interval": [0.04, 0.24],
            "real": True,
        },
    ],
    "ideas": [{"idea": "L2", "why": "why", "command": "dvc exp run -S a=1", "cost": "one run"}],
}


@pytest.fixture
def evaluated(project: Path, repro: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project after its pipeline; nothing is run again."""
    monkeypatch.setattr(diagnose, "_repro", lambda: None)
    repro("validate", "prepare", "train", "evaluate", "diagnose")
    return project


def test_the_drawing() -> None:
    said = diagnose.told(CONTENT, WORDS["class"])
    lines = [line.split() for line in said.splitlines()]
    assert lines[0] == ["target", "2.0", "%"]
    assert lines[1] == ["|", "-1.0", "-2.0", "to", "+0.0", "avoidable", "bias"]
    assert lines[2] == ["train", "1.0", "%", "0.0", "to", "2.0", "%", "of", "1,200", "examples"]
    words = "variance, on train-dev and dev <- the largest real gap"
    assert lines[3] == ["|", "+11.5", "+4.0", "to", "+24.0", *words.split()]
    assert " 1. L2 (one run): why\n      dvc exp run -S a=1\n" in said


def test_images_from_use(
    evaluated: Path, verb: Callable[..., str], fill: Callable[..., Path]
) -> None:
    before = (evaluated / "reports/diagnosis.json").read_bytes()
    plain = verb("diagnose")
    assert "real world" not in plain
    use = fill(evaluated / "use", height=10)
    said = verb("diagnose", "--real", str(use))
    assert "real world" in said
    assert "of 90 examples" in said
    assert (evaluated / "reports/diagnosis.json").read_bytes() == before
    assert json.loads(verb("diagnose", "--json")) == json.loads(before)
    with pytest.raises(UserError, match="there is no folder nowhere"):
        verb("diagnose", "--real", "nowhere")


def test_what_was_learnt_from_is_no_news_from_use(
    evaluated: Path, verb: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is known by its content, under whatever name."""
    use = Path(shutil.copytree(evaluated / "data/raw", evaluated / "use"))
    for path in sorted(use.rglob("*.png")):
        path.rename(path.with_name(f"renamed-{path.name}"))
    with pytest.raises(UserError, match=r"all 90 examples of .*use are in data/raw already"):
        verb("diagnose", "--real", str(use))
    for number in range(20):
        (use / "tree" / f"new-{number}.png").write_bytes(image_file(2, number, height=10))
    diagnose.main(parse(["diagnose", "--real", str(use)]), Yours(("data", "model")))
    said = capsys.readouterr()
    assert "of 20 examples" in said.out
    assert said.err.startswith("note: 90 of the 110 examples of ")
    assert said.err.endswith("are in data/raw already, and were left out.\n")


@pytest.mark.parametrize(("rows", "left"), [(True, ["b", "a"]), (False, ["b"])])
def test_an_equal_row_with_another_answer_is_another_observation(
    rows: bool, left: list[str]
) -> None:
    known = SimpleNamespace(examples=[Example("t.csv:2", "cat", "a", "", {})])
    labelled = Labelled(
        {"x": np.arange(3)},
        np.arange(3),
        [
            Example("", label, md5, "", {})
            for label, md5 in (("cat", "a"), ("cat", "b"), ("dog", "a"))
        ],
    )
    before: Any = SimpleNamespace(predictions={"train": known})
    new = diagnose.unseen(labelled, before, Path("use"), rows)
    assert [example.md5 for example in new.examples] == left
    assert new.arrays["x"].tolist() == new.labels.tolist() == [1, 2][: len(left)]


def test_a_learning_curve_is_told_while_it_belongs_to_the_predictions(
    evaluated: Path, verb: Callable[..., str]
) -> None:
    content = {"predictions": predictions_here(), "sentence": "More data is worth its cost."}
    FILE.write_text(json.dumps(content), encoding="utf-8")
    assert "More data is worth its cost." in verb("diagnose")
    Path("reports/predictions.csv").write_text("others", encoding="utf-8")
    assert "More data" not in verb("diagnose")
    FILE.write_text("[]", encoding="utf-8")
    with pytest.raises(UserError, match="is damaged; remove it and run `samebits exp curve`"):
        verb("diagnose")


def test_a_pipeline_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnose, "dvc", lambda *_, **__: SimpleNamespace(returncode=1))
    monkeypatch.setattr(diagnose, "look_around", lambda: None)
    with pytest.raises(UserError, match="'dvc repro diagnose' failed"):
        diagnose._repro()
