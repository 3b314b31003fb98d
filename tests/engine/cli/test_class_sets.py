"""Verbs for answers with several classes: in shares of the answers, and by class."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import configured
from predicted import CLASS_SETS, confused, summarise

from samebits.cli import compare, exp_curve, rank
from samebits.cli.compare import comparison
from samebits.cli.rank import ranking
from samebits.core.config import read
from samebits.core.files import write_json
from samebits.core.sections import Evaluation
from samebits.data.fields import Field
from samebits.data.prepared import Index
from samebits.experiments import fractions
from samebits.metrics.prediction_table import write_predictions
from samebits.metrics.results import Result

Verb = Callable[..., str]
COSTS = {"parameters": 3, "model_bytes": 9}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with several classes, no other seeds, and no differences."""
    params = configured(tmp_path)
    content = yaml.safe_load(params.read_text(encoding="utf-8"))
    content["task"] |= {"reader": "labels", "answer": "kinds", "target": "classes"}
    content["evaluation"] |= {"constraints": [], "slices": []}
    params.write_text(yaml.safe_dump(content), encoding="utf-8")
    monkeypatch.chdir(params.parent)
    monkeypatch.setattr(compare, "differing", lambda *_: {})
    for module in (compare, rank):
        monkeypatch.setattr(module, "spread_over_seeds", lambda *_: None)
    Path("reports").mkdir()
    return params.parent


def result(name: str, error: float, learned: int = 100) -> Result:
    """A result with this share of wrong answers."""
    known = {
        split: confused(seed, count, error)
        for seed, (split, count) in enumerate(
            {"train": learned, "train_dev": 9, "dev": 400, "test": 400}.items()
        )
    }
    metrics = summarise(read(Evaluation), CLASS_SETS, known, COSTS, seed=0)
    revision = type("Revision", (), {"name": name, "commit": name, "title": name, "lock": {}})()
    return Result(revision, metrics, CLASS_SETS, {**known})


def test_compare() -> None:
    a, b = result("a", 0.3), result("b", 0.1)
    said = comparison(a, b)
    assert re.search(r"^A  .*macro_f1 0\.\d{4,6} on dev\nB  ", said)
    assert "B is better by +0." in said
    assert "B is worse by -0." in comparison(b, a)
    assert "The two score the same" in comparison(a, a)


def test_rank() -> None:
    said = ranking(result("HEAD", 0.3), [result("wider", 0.1)])
    rows = [line.split() for line in said.splitlines()[1:3]]
    assert [row[0::2] for row in rows] == [["1", "wider"], ["2", "HEAD"]]


def test_errors(verb: Verb) -> None:
    dev = confused(0, 300, 0.2)
    write_predictions(Path("reports/predictions.csv"), CLASS_SETS, {"dev": dev})
    write_json(Path("reports/metrics.json"), {"metric": "macro_f1"})
    folder = Path("data/prepared/dev")
    Index("v", "", "classes", ["c0", "c1", "c2"], {"age": Field("float32", ())}).write(folder)
    np.save(folder / "age-00000.npy", np.arange(300, dtype=np.float32))
    mistakes = int((dev.sample.errors > 0).sum())
    assert f"5 of {mistakes} dev mistakes, 0 with tags" in verb("errors", "--most", "5")
    table = Path("reports/error-analysis.csv")
    header, *rows = table.read_text(encoding="utf-8").splitlines()
    assert header == "md5,path,label,prediction,error,now,tags"
    errors = [float(row.split(",")[4]) for row in rows]
    assert errors == sorted(dev.sample.errors.round(6).tolist(), reverse=True)[:5]
    page = Path("reports/errors.html").read_text(encoding="utf-8")
    assert "True classes → predicted classes" in page and "% of the answers wrong" in page
    # Tags stay, and a name that is not a class is reported with its line.
    tagged = [rows[0] + "blur", *rows[1:]]
    table.write_text("\n".join([header, *tagged, ""]), encoding="utf-8")
    assert "5 of" in verb("errors", "--most", "5")
    assert table.read_text(encoding="utf-8").splitlines()[1] == tagged[0]
    wrong = tagged[0].replace(f",{rows[0].split(',')[2]},", ",c1;c0,", 1)
    table.write_text("\n".join([header, wrong, ""]), encoding="utf-8")
    with pytest.raises(
        Exception, match=r"error-analysis\.csv, line 2: c1;c0 must be written c0;c1"
    ):
        verb("errors", "--most", "5")


def test_a_learning_curve(monkeypatch: pytest.MonkeyPatch, verb: Verb) -> None:
    parts = {"part-0.25": (250, 0.4), "part-0.5": (500, 0.2), "HEAD": (1000, 0.1)}

    def read_result(name: str) -> Result:
        learned, error = parts[name]
        return result(name, error, learned)

    for module in (exp_curve, fractions):
        monkeypatch.setattr(module, "read_result", read_result)
    monkeypatch.setattr(exp_curve, "run_fractions", lambda *_: ["part-0.5", "part-0.25"])
    said = verb("exp curve")
    lines = [line.split() for line in said.splitlines()]
    assert [line[0] for line in lines[:3]] == ["250", "500", "1,000"]
    assert "of the answers, one for each class, are wrong on dev" in said
    assert "More data is worth its cost." in said
    kept = fractions.remembered()
    assert kept is not None and kept["points"][0]["error"] == pytest.approx(0.4, abs=0.03)
