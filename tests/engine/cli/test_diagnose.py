"""What the terminal shows of a diagnosis, and pictures from use at the end of the chain."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from samebits.cli import diagnose
from samebits.console.errors import UserError
from samebits.core import determinism
from samebits.experiments.fractions import FILE

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
def evaluated(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project after its pipeline; nothing is run again."""
    from samebits.stages import diagnose as stage
    from samebits.stages import evaluate, prepare, train, validate

    monkeypatch.setattr(determinism, "apply", lambda *_: {})
    monkeypatch.setattr(diagnose, "_repro", lambda: None)
    for one in (validate, prepare, train, evaluate, stage):
        one.main()
    return project


def shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> str:
    monkeypatch.setattr(sys, "argv", ["diagnose", *arguments])
    diagnose.main()
    return capsys.readouterr().out


def test_the_drawing() -> None:
    said = diagnose.told(CONTENT)
    lines = [line.split() for line in said.splitlines()]
    assert lines[0] == ["target", "2.0", "%"]
    assert lines[1] == ["|", "-1.0", "-2.0", "to", "+0.0", "avoidable", "bias"]
    assert lines[2] == ["train", "1.0", "%", "0.0", "to", "2.0", "%", "of", "1,200", "pictures"]
    words = "variance, on train-dev and dev <- the largest that is really there"
    assert lines[3] == ["|", "+11.5", "+4.0", "to", "+24.0", *words.split()]
    assert " 1. L2 (one run): why\n      dvc exp run -S a=1\n" in said


def test_pictures_from_use(
    evaluated: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (evaluated / "reports/diagnosis.json").read_bytes()
    plain = shown(monkeypatch, capsys)
    assert "real world" not in plain
    use = Path(shutil.copytree(evaluated / "data/raw", evaluated / "use"))
    said = shown(monkeypatch, capsys, "--real", str(use))
    assert "real world" in said
    assert "of 90 pictures" in said
    assert (evaluated / "reports/diagnosis.json").read_bytes() == before
    with pytest.raises(UserError, match="there is no folder nowhere"):
        shown(monkeypatch, capsys, "--real", "nowhere")


def test_a_learning_curve_is_told_while_it_belongs_to_the_predictions(
    evaluated: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from samebits.experiments.fractions import predictions_here

    content = {"predictions": predictions_here(), "sentence": "More data is worth its cost."}
    FILE.write_text(json.dumps(content), encoding="utf-8")
    assert "More data is worth its cost." in shown(monkeypatch, capsys)
    Path("reports/predictions.csv").write_text("others", encoding="utf-8")
    assert "More data" not in shown(monkeypatch, capsys)
    FILE.write_text("[]", encoding="utf-8")
    with pytest.raises(UserError, match="is damaged; remove it and run `make learning-curve`"):
        shown(monkeypatch, capsys)


def test_a_pipeline_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    run: Callable[..., Any] = lambda *_, **__: type("Done", (), {"returncode": 1})  # noqa: E731
    monkeypatch.setattr("subprocess.run", run)
    monkeypatch.setattr(diagnose, "look_around", lambda: None)
    with pytest.raises(UserError, match="'dvc repro diagnose' failed"):
        diagnose._repro()
