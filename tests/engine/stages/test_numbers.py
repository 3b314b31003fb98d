"""Examples whose answer is a number go from files to the metrics, and reproduce."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import PACKAGE, ROOT
from folder_remote import Remote

TASK = Path(__file__).parents[1] / "tasks/number"
PREPARED, REPORTS = Path("data/prepared"), Path("reports")
SPLITS = ("train", "train_dev", "dev", "test")
WEIGHTS = Path("models/model.safetensors")
COUNT, COLUMNS = 400, 4
Price = Callable[[float], float]


def dear(value: float) -> float:
    """A price, in a unit that makes large numbers."""
    return 250_000 + 80_000 * value


def small(value: float) -> float:
    """A weight, in a unit that is far too large."""
    return 3e-8 * (value - 1)


@pytest.fixture(params=[dear, small], ids=["dear", "small"])
def price(request: pytest.FixtureRequest, project: Path) -> Price:
    """A project with houses, each in a folder of its price; the current folder."""
    pricing: Price = request.param
    shutil.copytree(ROOT / "src/samebits/report", "src/samebits/report", dirs_exist_ok=True)
    shutil.copytree(TASK, Path("src", PACKAGE), dirs_exist_ok=True)
    content = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    content |= {"input": {"columns": COLUMNS}, "augmentation": {"noise": 0.05}}
    content |= {"model": {"width": 32}}
    content["task"] |= {"target": "number"}
    content["data"] |= {"dev_fraction": 0.25, "test_fraction": 0.25}
    content["optimization"] |= {"epochs": 60, "batch_size": 16, "learning_rate": 0.02}
    content["regularization"] |= {"label_smoothing": 0, "dropout": 0.0}
    content["evaluation"] |= {
        "metric": "rmse",
        "target_error": pricing(0.1) - pricing(0),
        "constraints": [
            f"rmse <= {pricing(9) - pricing(0)}",
            f"worst_slice <= {pricing(9) - pricing(0)}",
        ],
        "slices": ["area in 3 parts"],
    }
    content["reproducibility"] |= {"shards": 2}
    Path("params.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    text = Path("dvc.yaml").read_text(encoding="utf-8")
    Path("dvc.yaml").write_text(text.replace("confusion.csv", "residuals.csv"), encoding="utf-8")
    shutil.rmtree("data/raw")
    draw = np.random.default_rng(0)
    for number, row in enumerate(draw.uniform(-2, 2, (COUNT, COLUMNS))):
        true = pricing(row[0] + abs(row[1]) + 0.5 * row[2] + 0.02 * draw.standard_normal())
        path = Path("data/raw", f"{true:.5g}", f"{number:03d}.csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(",".join(f"{cell:.6f}" for cell in row), encoding="utf-8")
    return pricing


def test_from_files_to_the_metrics(
    price: Price, stage: Callable[..., Any], settle: Callable[..., None], tmp_path: Path
) -> None:
    def run(*names: str) -> None:
        for name in names:
            done = stage(name)
            assert done.returncode == 0, done.stderr

    run("validate", "prepare", "train")
    check_stored()
    weights = WEIGHTS.read_bytes()
    Remote(tmp_path / "remote").push(PREPARED / "train", PREPARED / "dev")
    for runtime in ({"processes": 2}, {"processes": 2, "stream": True, "workers": 1}):
        settle(Path("params.yaml"), runtime=runtime)
        run("train")
        assert WEIGHTS.read_bytes() == weights
    with Path("reports/learning-curves.csv").open(encoding="utf-8") as file:
        curves = [*csv.DictReader(file)]
    assert [*curves[0]] == ["epoch", "train_loss", "dev_loss", "dev_error"]
    assert float(curves[0]["dev_loss"]) > 0.01 > float(curves[-1]["dev_loss"])
    run("evaluate")
    first = {path: path.read_bytes() for path in sorted(REPORTS.glob("*")) if path.is_file()}
    run("evaluate")
    assert first == {path: path.read_bytes() for path in first}
    check_scored(price)
    run("diagnose", "report")


def check_stored() -> None:
    """Labels are the numbers; every index has the scale of training."""
    learnt = np.load(PREPARED / "train" / "labels.npy")
    for split in SPLITS:
        index = json.loads((PREPARED / split / "index.json").read_bytes())
        assert (index["target"], index["classes"]) == ("number", [])
        assert index["scale"] == [
            pytest.approx(learnt.mean(), rel=1e-12),
            pytest.approx(learnt.std(), rel=1e-12),
        ]
        with (PREPARED / split / "examples.csv").open(encoding="utf-8") as file:
            texts = [row["label"].removeprefix("'") for row in csv.DictReader(file)]
        labels = np.load(PREPARED / split / "labels.npy")
        assert (labels.dtype, labels.shape) == (np.dtype("<f8"), (len(texts),))
        assert labels.tolist() == [*map(float, texts)]


def check_scored(price: Price) -> None:
    """Every figure can be computed from reports/predictions.csv."""
    metrics = json.loads((REPORTS / "metrics.json").read_bytes())
    with (REPORTS / "predictions.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
    truth = np.array([float(row["label"].removeprefix("'")) for row in rows])
    said = np.array([float(row["prediction"]) for row in rows])
    errors = np.abs(said - truth)
    assert [float(row["error"]) for row in rows] == pytest.approx(errors.tolist(), rel=1e-8)
    test = metrics["test"]
    assert test["rmse"] == pytest.approx(np.sqrt((errors**2).mean()), rel=1e-7)
    assert test["mae"] == pytest.approx(errors.mean(), rel=1e-7)
    assert test["median_absolute_error"] == pytest.approx(np.median(errors), rel=1e-7)
    assert test["r2"] == pytest.approx(1 - (errors**2).mean() / truth.var(), rel=1e-7)
    assert test["r2"] > 0.98
    for name, low, high in test["intervals"]:
        assert 0 < low < test[name] < high, name
    assert {"macro_f1", "absent"}.isdisjoint(test)
    assert (metrics["score"], metrics["accepted"]) == (test["rmse"], True)
    assert [row["slice"] for row in metrics["slices"]] == 2 * [
        f"area {part} of 3" for part in (1, 2, 3)
    ]
    assert all(row["cost_interval"][0] <= row["cost"] for row in metrics["slices"])
    names = [baseline["name"] for baseline in metrics["baselines"]]
    assert names == [
        "mean of training",
        "linear regression on the arrays",
        "gradient boosting on the arrays",
    ]
    mean, linear, trees = metrics["baselines"]
    assert mean["beaten"] and linear["beaten"] and trees["beaten"]
    assert mean["value"] == pytest.approx(truth.std(), rel=0.2)
    assert linear["value"] < 0.8 * mean["value"]
    with (REPORTS / "residuals.csv").open(encoding="utf-8") as file:
        pairs = [(float(row["actual"]), float(row["predicted"])) for row in csv.DictReader(file)]
    assert pairs == [*zip(truth.tolist(), said.tolist(), strict=True)]


def test_the_checks_of_a_project(price: Price, python: Callable[..., Any]) -> None:
    shutil.copytree(ROOT / "tests", "tests", ignore=shutil.ignore_patterns("__pycache__", "{*"))
    Path("tests/test_data.py").write_text(
        "from pathlib import Path\n\n"
        "from samebits.testing import DataChecks\n\n\n"
        "class TestData(DataChecks):\n"
        "    def contents(self) -> list[bytes]:\n"
        "        return [path.read_bytes() for path in sorted(Path('data/raw').glob('*/*'))[:9]]\n",
        encoding="utf-8",
    )
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert done.returncode == 0, done.stdout


def test_a_loss_of_all_pairs_is_seen(price: Price, python: Callable[..., Any]) -> None:
    """Of outputs [b, 1] and targets [b], torch makes [b, b]."""
    shutil.copytree(ROOT / "tests", "tests", ignore=shutil.ignore_patterns("__pycache__", "{*"))
    path = Path("src", PACKAGE, "training.py")
    path.write_text(path.read_text(encoding="utf-8").replace(".squeeze(1)", ""), encoding="utf-8")
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_training.py")
    for name in ("the_loss_is_a_mean_over_examples", "it_learns_one_batch"):
        assert f"::test_{name}" in done.stdout


def test_what_means_nothing_is_refused(
    price: Price, stage: Callable[..., Any], settle: Callable[..., None]
) -> None:
    settle(Path("params.yaml"), regularization={"label_smoothing": 0.1})
    assert (
        "'regularization.label_smoothing' is 0.1, but answers have no" in stage("validate").stderr
    )
