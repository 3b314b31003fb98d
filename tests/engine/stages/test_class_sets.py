"""Examples with several classes go from files to the report, and reproduce."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from class_set_defects import NAMES, written
from conftest import PACKAGE, ROOT
from folder_remote import Remote
from sklearn import metrics as sklearn

PREPARED, REPORTS = Path("data/prepared"), Path("reports")
SPLITS = ("train", "train_dev", "dev", "test")
WEIGHTS = Path("models/model.safetensors")


@pytest.fixture
def several(project: Path) -> Path:
    """A project of images, each with any of three bright sides; the current folder."""
    shutil.copytree(ROOT / "src/samebits/report", "src/samebits/report", dirs_exist_ok=True)
    for name in ("model.py", "training.py"):
        (source,) = ROOT.rglob(f"*== 'image-classes'*{name}*")
        Path("src", PACKAGE, name).unlink()
        shutil.copy(source, Path("src", PACKAGE, name))
    content = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    content["task"] |= {"reader": "labels", "answer": "kinds", "target": "classes"}
    content["data"] |= {"dev_fraction": 0.25, "test_fraction": 0.25, "near_duplicate": 0.0}
    content["data"] |= {"least_examples": 3, "label_error_examples": 0}
    content["model"] |= {"width": 16, "depth": 2}
    content["augmentation"] = {"rotation": 0.0, "shift": 0.0, "flip": False}
    content["optimization"] |= {"epochs": 30, "batch_size": 8, "balance": 0.5}
    content["evaluation"] |= {"constraints": ["recall[left] >= 0.1"], "slices": ["class"]}
    content["reproducibility"] |= {"shards": 2}
    Path("params.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    shutil.rmtree("data/raw")
    written(Path("data/raw"))
    return project


def test_from_files_to_the_report(
    several: Path, stage: Callable[..., Any], settle: Callable[..., None], tmp_path: Path
) -> None:
    def run(*names: str) -> None:
        for name in names:
            done = stage(name)
            assert done.returncode == 0, done.stderr

    run("validate", "prepare", "train")
    check_stored()
    weights = WEIGHTS.read_bytes()
    Remote(tmp_path / "remote").push(PREPARED / "train", PREPARED / "dev")
    settle(Path("params.yaml"), runtime={"processes": 2, "stream": True, "workers": 1})
    run("train")
    assert WEIGHTS.read_bytes() == weights
    with (REPORTS / "learning-curves.csv").open(encoding="utf-8") as file:
        curves = [*csv.DictReader(file)]
    assert [*curves[0]] == ["epoch", "train_loss", "dev_loss", "dev_error"]
    assert float(curves[-1]["dev_error"]) < float(curves[0]["dev_error"])
    run("evaluate")
    first = {path: path.read_bytes() for path in sorted(REPORTS.glob("*")) if path.is_file()}
    run("evaluate")
    assert first == {path: path.read_bytes() for path in first}
    check_scored()
    run("diagnose", "report")
    assert "Classes on test" in (REPORTS / "report.html").read_text(encoding="utf-8")


def check_stored() -> None:
    """Labels have a place for each class."""
    for split in SPLITS:
        index = json.loads((PREPARED / split / "index.json").read_bytes())
        assert (index["target"], index["classes"], index["scale"]) == ("classes", [*NAMES], [])
        with (PREPARED / split / "examples.csv").open(encoding="utf-8") as file:
            texts = [row["label"] for row in csv.DictReader(file)]
        labels = np.load(PREPARED / split / "labels.npy")
        assert (labels.dtype, labels.shape) == (np.dtype("u1"), (len(texts), 3))
        assert labels.tolist() == [
            [int(name in text.split(";")) for name in NAMES] for text in texts
        ]


def check_scored() -> None:
    """Every figure can be computed from reports/predictions.csv."""
    metrics = json.loads((REPORTS / "metrics.json").read_bytes())
    with (REPORTS / "predictions.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
    true, said = (
        np.array([[name in row[column].split(";") for name in NAMES] for row in rows], int)
        for column in ("label", "prediction")
    )
    sure = np.array([[float(row[f"p:{name}"]) for name in NAMES] for row in rows])
    assert (said == (sure >= 0.5)).all()
    assert [float(row["error"]) for row in rows] == pytest.approx(
        (true != said).mean(axis=1).tolist(), abs=1e-6
    )
    test = metrics["test"]
    for name, expected in (
        ("macro_f1", sklearn.f1_score(true, said, average="macro")),
        ("micro_f1", sklearn.f1_score(true, said, average="micro")),
        ("hamming_loss", sklearn.hamming_loss(true, said)),
        ("exact_match", sklearn.accuracy_score(true, said)),
        ("roc_auc", sklearn.roc_auc_score(true, sure)),
        ("mean_average_precision", sklearn.average_precision_score(true, sure)),
    ):
        assert test[name] == pytest.approx(expected, abs=2e-6), name
    assert test["macro_f1"] == metrics["score"] > 0.8 and metrics["accepted"]
    counts = [[*true.sum(axis=0)], [*said.sum(axis=0)], [*(true & said).sum(axis=0)]]
    assert test["by_class"] == [
        [name, *map(int, each)] for name, *each in zip(NAMES, *counts, strict=True)
    ]
    names = [baseline["name"] for baseline in metrics["baselines"]]
    assert names == ["majority answer of each class", "logistic regression on pixels"]
    assert [row["slice"] for row in metrics["slices"]] == 2 * [f"class {name}" for name in NAMES]
    with (REPORTS / "confusion.csv").open(encoding="utf-8") as file:
        pairs = [(row["actual"], row["predicted"]) for row in csv.DictReader(file)]
    assert sum(a == b for a, b in pairs) == int((true & said).sum())
    assert {name for pair in pairs for name in pair} <= {*NAMES, "none"}


def test_the_checks_of_a_project(several: Path, python: Callable[..., Any]) -> None:
    shutil.copytree(ROOT / "tests", "tests", ignore=shutil.ignore_patterns("__pycache__", "{*"))
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert done.returncode == 0, done.stdout


def test_one_class_too_many_is_refused(several: Path, stage: Callable[..., Any]) -> None:
    table = Path("data/raw/labels.csv")
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("003.png,bottom;left", "003.png,bottom;bottom"), encoding="utf-8")
    assert "labels.csv, line 5, names the class bottom twice" in stage("validate").stderr
    assert not PREPARED.exists()


def test_folders_have_one_class(several: Path, stage: Callable[..., Any]) -> None:
    path = Path("params.yaml")
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["task"] |= {"reader": "folders", "answer": ""}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    said = stage("validate").stderr
    assert "'task.target' is classes, but the reader folders gives a file the one class" in said
