"""What more data would give, from results with parts of it, printed and written."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import configured

from samebits.cli import exp_curve
from samebits.console.errors import UserError
from samebits.experiments import fractions
from samebits.metrics.results import Result

Make = Callable[..., Result]
# Training examples, and mistakes among 400 on dev: twice the data, half the mistakes.
PARTS = {"part-0.5": (500, 40), "HEAD": (1000, 20), "part-0.25": (250, 80)}


@pytest.fixture(autouse=True)
def _results(result: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_result(name: str) -> Result:
        learned, wrong = PARTS[name]
        made = result(name, wrong)
        train = result(name, 0, count=learned).predictions["test"]
        return replace(made, predictions=made.predictions | {"train": train})

    monkeypatch.chdir(configured(tmp_path).parent)
    Path("reports").mkdir()
    Path("reports/predictions.csv").write_text("those of HEAD", encoding="utf-8")
    for module in (exp_curve, fractions):
        monkeypatch.setattr(module, "read_result", read_result)
    parts = [name for name in PARTS if name != "HEAD"]
    monkeypatch.setattr(exp_curve, "run_fractions", lambda *_: parts)


def test_what_was_found_is_told_and_kept(verb: Callable[..., str]) -> None:
    said = verb("exp curve")
    lines = [line.split() for line in said.splitlines()]
    assert [line[0] for line in lines[:3]] == ["250", "500", "1,000"]
    assert [line[2] for line in lines[:3]] == ["20.0", "10.0", "5.0"]
    assert [line[:2] for line in lines[3:5]] == [["2", "times"], ["4", "times"]]
    assert 1.5 < float(lines[3][2]) < 4
    assert "After learning from 1,000 images, 5.0 % of the images get a wrong class on dev" in said
    assert "More data is worth its cost." in said
    kept = fractions.remembered()
    assert kept is not None
    assert kept["worth"] is True
    assert kept["points"][0] == {"learned": 250, "wrong": 80, "examples": 400}
    assert kept["sentence"] in said


def test_it_belongs_to_the_predictions_that_are_here(verb: Callable[..., str]) -> None:
    verb("exp curve")
    Path("reports/predictions.csv").write_text("others", encoding="utf-8")
    assert fractions.remembered() is None


def test_parts_of_another_dev_set(
    result: Make, monkeypatch: pytest.MonkeyPatch, verb: Callable[..., str]
) -> None:
    monkeypatch.setattr(
        fractions, "read_result", lambda name: result(name, 9, count=90 if name == "HEAD" else 80)
    )
    with pytest.raises(UserError, match="scored on other dev sets than HEAD"):
        verb("exp curve")
    assert not fractions.FILE.exists()


def test_the_file_says_the_same_each_time(verb: Callable[..., str]) -> None:
    contents = set[str]()
    for _ in range(2):
        verb("exp curve")
        contents.add(fractions.FILE.read_text(encoding="utf-8"))
    assert len(contents) == 1
    assert json.loads(contents.pop())["ahead"][0]["times"] == 2
