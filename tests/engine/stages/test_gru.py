"""The other layer of the task text-class, a GRU, keeps every promise of the shipped one."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, yours
from learnt import made, samebits

Settle = Callable[..., None]
RESULTS = ("models/model.safetensors", "reports/losses.csv", "reports/learning-curves.csv")


@pytest.fixture
def texts(tmp_path: Path, settle: Settle) -> Path:
    """A project of texts whose network has layers of GRU, one on the other."""
    root = made(tmp_path / "project", "text-class")
    settle(root / "params.yaml", model={"layer": "gru", "width": 8})
    params = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    assert params["reproducibility"]["level"] == "portable"
    assert params["model"]["depth"] > 1
    assert params["regularization"]["dropout"] > 0
    return root


def run(root: Path, *stages: str) -> str:
    """Run stages, and return what the last one says."""
    for stage in stages:
        done = samebits(root, "run", stage)
        assert done.returncode == 0, done.stderr.decode()
    return done.stderr.decode()


def results(root: Path) -> list[bytes]:
    return [(root / path).read_bytes() for path in RESULTS]


def test_it_keeps_the_checks_of_a_project(texts: Path) -> None:
    """Of an answer among other examples, of parts of a batch, of a kill in every step."""
    yours(texts / "tests", ROOT / "tests")
    files = ("tests/test_model.py", "tests/test_training.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, cwd=texts, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("shards", [1, 4])
def test_any_number_of_processes_gives_the_same_bits(
    texts: Path, settle: Settle, shards: int
) -> None:
    settle(texts / "params.yaml", reproducibility={"shards": shards})
    run(texts, "validate", "prepare", "train")
    alone = results(texts)
    settle(texts / "params.yaml", runtime={"processes": shards, "workers": 1})
    run(texts, "train")
    assert results(texts) == alone


def test_a_killed_run_resumes_to_the_same_bits(texts: Path, settle: Settle) -> None:
    settle(texts / "params.yaml", optimization={"epochs": 10}, runtime={"checkpoint_every": 5})
    run(texts, "validate", "prepare", "train")
    whole = results(texts)
    command = [sys.executable, "-I", "-m", "samebits", "run", "train"]
    with subprocess.Popen(command, cwd=texts, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not [*(texts / "checkpoints").glob("*.ckpt")]:
            time.sleep(0.002)
        process.kill()
    assert process.returncode != 0
    assert "resuming after step" in run(texts, "train")
    assert results(texts) == whole
