"""Images with masks go from files to the report, and reproduce."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pairs
import pytest
import yaml
from conftest import ANSWERS, JINJA, PACKAGE, ROOT
from folder_remote import Remote

from samebits.data.drawn_masks import read_masks
from samebits.data.readers import Pairs
from samebits.data.tar_layout import pack

PREPARED, REPORTS = Path("data/prepared"), Path("reports")
WEIGHTS = Path("models/model.safetensors")
KINDS = ("true", "said", "right")
COUNT = 160


@pytest.fixture
def masks(project: Path) -> Path:
    """A project of images with masks; the current folder."""
    shutil.copytree(ROOT / "src/samebits/report", "src/samebits/report", dirs_exist_ok=True)
    pairs.files(Path("src", PACKAGE))
    answers = ANSWERS | {"task": "image-mask"}
    for name in ("params.yaml", "dvc.yaml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        Path(name).write_text(JINJA.from_string(text).render(cookiecutter=answers), "utf-8")
    content = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    content["data"] |= {"classes": [*pairs.NAMES], "dev_fraction": 0.2, "test_fraction": 0.2}
    content["input"] |= {"size": pairs.SIDE}
    content["model"] |= {"width": 8, "depth": 2}
    content["optimization"] |= {"epochs": 20, "batch_size": 8, "learning_rate": 0.01}
    content["evaluation"] |= {"constraints": ["iou[stroke] >= 0.5", "worst_slice >= 0.3"]}
    content["reproducibility"] |= {"shards": 2}
    content["runtime"] |= {"checkpoint_every": 2}
    Path("params.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    shutil.rmtree("data/raw")
    pairs.filled(Path("data/raw"), COUNT)
    return project


def test_from_files_to_the_report(
    masks: Path, stage: Callable[..., Any], settle: Callable[..., None], tmp_path: Path
) -> None:
    def run(*names: str) -> None:
        for name in names:
            done = stage(name)
            assert done.returncode == 0, done.stderr

    run("validate", "prepare", "train")
    weights = WEIGHTS.read_bytes()
    Remote(tmp_path / "remote").push(PREPARED / "train", PREPARED / "dev")
    for runtime in ({"processes": 2}, {"processes": 2, "stream": True, "workers": 1}):
        settle(Path("params.yaml"), runtime=runtime)
        run("train")
        assert WEIGHTS.read_bytes() == weights
    with Path("reports/learning-curves.csv").open(encoding="utf-8") as file:
        curves = [*csv.DictReader(file)]
    assert [*curves[0]] == ["epoch", "train_loss", "dev_loss", "dev_mean_iou"]
    assert float(curves[-1]["dev_mean_iou"]) > 0.8
    run("evaluate")
    first = {path: path.read_bytes() for path in sorted(REPORTS.glob("*")) if path.is_file()}
    run("evaluate")
    assert first == {path: path.read_bytes() for path in first}
    check_scored()
    run("diagnose", "report")
    page = (REPORTS / "report.html").read_text(encoding="utf-8")
    assert "Classes of pixels on test" in page and 'class="wide tiny"' in page
    # In the packed layout, everything but the version is the same.
    before = {path: path.read_bytes() for path in sorted(PREPARED.rglob("*.npy"))}
    pack(Path("data/raw"), reader=Pairs())
    run("validate", "prepare")
    assert before == {path: path.read_bytes() for path in before}


def check_scored() -> None:
    """Every figure can be computed from reports/predictions.csv."""
    metrics = json.loads((REPORTS / "metrics.json").read_bytes())
    with (REPORTS / "predictions.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
    counts = np.array(
        [[[float(row[f"{kind}:{name}"]) for name in pairs.NAMES] for kind in KINDS] for row in rows]
    )
    for row, mask in zip(rows, counts[:, 0], strict=True):
        true = pairs.drawn(int(Path(row["path"]).stem))[1]
        assert mask.tolist() == np.bincount(true.ravel(), minlength=3).tolist()
        wrong = 1 - float(row["right:background"]) / 64
        wrong -= (float(row["right:stroke"]) + float(row["right:blot"])) / 64
        assert float(row["error"]) == pytest.approx(wrong, abs=1e-6)
    true, said, right = counts.sum(axis=0)
    ious = right / (true + said - right)
    assert metrics["test"]["mean_iou"] == pytest.approx(ious.mean(), rel=1e-7)
    assert metrics["test"]["pixel_accuracy"] == pytest.approx(right.sum() / true.sum(), rel=1e-7)
    assert metrics["accepted"] and metrics["score"] == metrics["test"]["mean_iou"]
    with (REPORTS / "ious.csv").open(encoding="utf-8") as file:
        told = {row["class"]: float(row["iou"]) for row in csv.DictReader(file)}
    assert told == pytest.approx(dict(zip(pairs.NAMES, ious.tolist(), strict=True)), abs=1e-6)
    majority, linear = metrics["baselines"]
    assert majority["name"] == "commonest class everywhere" and majority["beaten"]
    assert linear["value"] > majority["value"]
    kept = read_masks(REPORTS / "masks.safetensors")
    with (REPORTS / "predictions.csv").open(encoding="utf-8") as file:
        dev = [row for row in csv.DictReader(file) if row["split"] == "dev"]
    worst = sorted(dev, key=lambda row: -float(row["error"]))[0]
    assert len(kept) == min(24, len(dev)) and dev[next(iter(kept))]["error"] == worst["error"]
    for at, mask in kept.items():
        said_there = np.bincount(mask.ravel(), minlength=3).tolist()
        assert said_there == [float(dev[at][f"said:{name}"]) for name in pairs.NAMES]


def test_the_checks_of_a_project(masks: Path, python: Callable[..., Any]) -> None:
    answers = ANSWERS | {"task": "image-mask"}
    Path("tests").mkdir()
    for file in sorted((ROOT / "tests").glob("*.py*")):
        if name := JINJA.from_string(file.name).render(cookiecutter=answers):
            shutil.copyfile(file, Path("tests", name))
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "test"),
    [
        ("training.py", "(2 * draws[:, 0] - 1)", "__import__('torch').rand(8)", "augment_draws"),
        (
            "model.py",
            "nn.GroupNorm(math.gcd(GROUPS, width), width)",
            "nn.InstanceNorm2d(width, track_running_stats=True)",
            "ba",
        ),
        ("training.py", "(logits, batch.target,", "(logits, 0 * batch.target,", "test_it_learns"),
    ],
)
def test_a_faulty_file_is_seen(
    masks: Path, python: Callable[..., Any], file: str, old: str, new: str, test: str
) -> None:
    path = Path("src", PACKAGE, file)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    shutil.copytree(ROOT / "tests", "tests", ignore=shutil.ignore_patterns("__pycache__", "{*"))
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert done.returncode != 0 and test in done.stdout


def test_what_means_nothing_is_refused(
    masks: Path, stage: Callable[..., Any], settle: Callable[..., None]
) -> None:
    settle(Path("params.yaml"), data={"classes": []})
    assert "'data.classes' has 0 names, but where task.target is mask" in stage("validate").stderr


def test_masks_of_other_classes_stop_the_pipeline(
    masks: Path, stage: Callable[..., Any], settle: Callable[..., None]
) -> None:
    settle(Path("params.yaml"), data={"classes": [*pairs.NAMES[:2]]})
    done = stage("validate")
    assert done.returncode != 0
    assert "its mask has the value 2, and data.classes names 2 classes, 0 to 1" in done.stderr
