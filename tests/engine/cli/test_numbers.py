"""Verbs for answers that are numbers: in the unit of the data, never in per cent."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import configured
from predicted import NUMBER, missing

from samebits.cli import compare, diagnose, exp_curve, exp_seeds, rank
from samebits.cli.compare import comparison
from samebits.cli.exp_sweep import summary
from samebits.cli.rank import ranking
from samebits.core.files import write_json
from samebits.data.fields import Field
from samebits.data.prepared import Index
from samebits.diagnosis.words import WORDS
from samebits.experiments import fractions
from samebits.metrics.prediction_table import write_predictions
from samebits.metrics.results import Result

Make = Callable[..., Result]
Verb = Callable[..., str]
EXPONENT_OR_SHARE = re.compile(r"\d %(?!\))|e[+-]\d")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose answers are numbers, no other seeds, and no differences."""
    params = configured(tmp_path)
    content = yaml.safe_load(params.read_text(encoding="utf-8"))
    content["task"] |= {"reader": "lines", "answer": "price", "target": "number"}
    content["regularization"]["label_smoothing"] = 0.0
    content["evaluation"] |= {"metric": "mae", "target_error": 20000.0, "constraints": []}
    params.write_text(yaml.safe_dump(content), encoding="utf-8")
    monkeypatch.chdir(params.parent)
    monkeypatch.setattr(compare, "differing", lambda *_: {})
    for module in (compare, rank):
        monkeypatch.setattr(module, "spread_over_seeds", lambda *_: None)
    Path("reports").mkdir()
    return params.parent


def test_compare(number_result: Make) -> None:
    a, b = number_result("a", 30000.0), number_result("b", 20000.0)
    said = comparison(a, b)
    assert said.startswith("A  a  mae 30,000 on dev\nB  b  mae 20,000 on dev\n")
    assert "B is better by -10,000" in said
    assert not EXPONENT_OR_SHARE.search(said.replace("95 %", ""))
    assert "B is worse by +10,000" in comparison(b, a)
    assert "The two score the same" in comparison(a, a)


def test_rank(number_result: Make) -> None:
    said = ranking(number_result("HEAD", 30000.0), [number_result("wider", 20000.0)])
    rows = [line.split() for line in said.splitlines()[1:3]]
    assert rows == [["1", "20,000", "wider"], ["2", "30,000", "HEAD"]]


def test_seeds(number_result: Make, monkeypatch: pytest.MonkeyPatch, verb: Verb) -> None:
    errors = {"HEAD": 3e-7, "seed-1": 2e-7, "seed-2": 4e-7}
    monkeypatch.setattr(exp_seeds, "run_seeds", lambda *_: ["seed-1", "seed-2"])
    monkeypatch.setattr(exp_seeds, "read_result", lambda name: number_result(name, errors[name]))
    lines = verb("exp seeds", "2").splitlines()
    assert lines[:3] == ["3e-07  HEAD", "2e-07  seed-1", "4e-07  seed-2"]
    assert "mean 3e-07, 2e-07 to 4e-07" in lines[4]
    assert "standard deviation 1e-07" in lines[5]


def test_sweep() -> None:
    plan: Any = SimpleNamespace(name="sweep", metric="mae", knobs=[])
    trial: Any = SimpleNamespace(
        value=31234.5678, params={}, user_attrs={"experiment": "one", "accepted": True}
    )
    assert summary(plan, [trial], WORDS["number"]).splitlines()[1].split() == [
        *("one", "31,234.57", "yes")
    ]


def test_errors(verb: Verb) -> None:
    dev = missing(0, 300, 0.2, 1e5)
    write_predictions(Path("reports/predictions.csv"), NUMBER, {"dev": dev})
    write_json(Path("reports/metrics.json"), {"metric": "mae"})
    folder = Path("data/prepared/dev")
    Index("v", "", "number", [], {"age": Field("float32", ())}, (0.0, 1.0)).write(folder)
    np.save(folder / "age-00000.npy", np.arange(300, dtype=np.float32))
    mistakes = int((dev.sample.errors > 20000).sum())
    said = verb("errors", "--most", "5")
    assert f"5 of {mistakes} dev mistakes, 0 with tags" in said
    header, *rows = Path("reports/error-analysis.csv").read_text(encoding="utf-8").splitlines()
    assert header == "md5,path,label,prediction,error,now,tags"
    cells = [row.split(",") for row in rows]
    order = np.argsort(-dev.sample.errors, kind="stable")[:5].tolist()
    assert [row[1] for row in cells] == [dev.examples[at].path for at in order]
    assert [float(row[4]) for row in cells] == pytest.approx(dev.sample.errors[order].tolist())
    page = Path("reports/errors.html").read_text(encoding="utf-8")
    assert "True number → predicted number" in page
    assert f"{dev.sample.errors[order[0]]:,.0f} away" in page


def test_a_learning_curve(number_result: Make, monkeypatch: pytest.MonkeyPatch, verb: Verb) -> None:
    parts = {"part-0.25": (250, 80000.0), "part-0.5": (500, 40000.0), "HEAD": (1000, 20000.0)}

    def read_result(name: str) -> Result:
        learned, error = parts[name]
        return number_result(name, error, learned=learned)

    for module in (exp_curve, fractions):
        monkeypatch.setattr(module, "read_result", read_result)
    monkeypatch.setattr(exp_curve, "run_fractions", lambda *_: ["part-0.5", "part-0.25"])
    said = verb("exp curve")
    lines = [line.split() for line in said.splitlines()]
    assert [line[0] for line in lines[:3]] == ["250", "500", "1,000"]
    assert [line[2] for line in lines[:3]] == ["80,000", "40,000", "20,000"]
    twice = float(lines[3][2].replace(",", ""))
    assert 6000 < twice < 16000
    assert "After learning from 1,000 images, answers on dev are 20,000 away from the" in said
    assert "More data is worth its cost." in said
    assert not EXPONENT_OR_SHARE.search(said.replace("95 %", ""))
    kept = fractions.remembered()
    assert kept is not None
    assert kept["points"][0] == {"learned": 250, "error": 80000.0, "examples": 400}


def test_the_drawing_of_a_diagnosis() -> None:
    content: dict[str, Any] = {
        "link": "bias",
        "sentence": "The largest gap is avoidable bias.",
        "chain": [
            {"name": "target", "error": 20000.0, "interval": None, "examples": 0},
            {"name": "train", "error": 31234.5, "interval": [30000.0, 32500.0], "examples": 1200},
        ],
        "gaps": [
            {
                "name": "bias",
                "title": "avoidable bias",
                "to": "train",
                "value": 11234.5,
                "interval": [10000.0, 12500.0],
                "real": True,
            }
        ],
        "ideas": [],
    }
    lines = [
        " ".join(line.split()) for line in diagnose.told(content, WORDS["number"]).splitlines()
    ]
    assert lines[:3] == [
        "target 20,000",
        "| +11,234 +10,000 to +12,500 avoidable bias <- the largest real gap",
        "train 31,234 30,000 to 32,500 of 1,200 examples",
    ]


def test_two_results_of_other_targets(number_result: Make, result: Make) -> None:
    other = replace(number_result("b", 1.0), metrics=result("b").metrics)
    with pytest.raises(Exception, match="A answers with a class and B with a number"):
        comparison(result("a"), other)
