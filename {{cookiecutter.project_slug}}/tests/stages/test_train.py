"""The weights: the same after a kill, and nothing left behind."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from {{ cookiecutter.__package_name }} import errors
from {{ cookiecutter.__package_name }}.errors import UserError

PACKAGE = errors.__name__.partition(".")[0]
RESULTS = (
    "models/model.safetensors",
    "models/identity.json",
    "reports/learning-curves.csv",
    "reports/losses.csv",
)
Repro = Callable[..., dict[str, bytes]]
Settle = Callable[..., None]


def test_the_outputs(repro: Repro, project: Path) -> None:
    found = repro("validate", "prepare", "train")
    params = yaml.safe_load((project / "params.yaml").read_text(encoding="utf-8"))
    identity = json.loads(found["models/identity.json"])
    read = ("model", "optimization", "regularization", "reproducibility")
    assert identity["params"] == {name: params[name] for name in read}
    curves = found["reports/learning-curves.csv"].decode().splitlines()
    assert curves[0] == "epoch,train_loss,dev_loss,dev_accuracy"
    assert [line.split(",")[0] for line in curves[1:]] == ["1", "2"]
    assert json.loads((project / "provenance/train.json").read_text(encoding="utf-8"))
    # A finished run leaves no checkpoint, so that another one starts at its first step.
    assert list((project / "checkpoints").iterdir()) == []
    assert repro("train") == found


def test_runtime_never_moves_a_bit(repro: Repro, project: Path, settle: Settle) -> None:
    found = repro("validate", "prepare", "train")
    runtime = {"workers": 1, "prefetch": 1, "log_every": 1, "checkpoint_every": 3}
    settle(project / "params.yaml", runtime=runtime)
    assert repro("train") == found


def test_without_data(repro: Repro) -> None:
    with pytest.raises(UserError, match=r"index\.json is not there; run 'dvc repro prepare'"):
        repro("train")


def start(root: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-I", "-m", f"{PACKAGE}.stages.train"]
    return subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, encoding="utf-8")


def kill(root: Path, step: int) -> int:
    """Train until a checkpoint of `step` stands, kill at whichever step it is then; the status."""
    process = start(root)
    while process.poll() is None:
        steps = [int(one.stem.split("-")[-1]) for one in (root / "checkpoints").glob("*.ckpt")]
        if max(steps, default=0) >= step:
            process.kill()
            break
        time.sleep(0.002)
    process.communicate()
    return process.returncode


def test_a_real_kill(repro: Repro, project: Path, settle: Settle) -> None:
    settle(project / "params.yaml", optimization={"epochs": 10}, runtime={"checkpoint_every": 5})
    repro("validate", "prepare")
    other = Path(shutil.copytree(project, project.with_name("other")))
    whole = start(other)
    assert kill(project, 10) != 0
    resumed = start(project)
    assert "going on after step" in resumed.communicate()[1]
    assert whole.communicate()[1] == ""
    assert (resumed.returncode, whole.returncode) == (0, 0)
    for path in RESULTS:
        assert (project / path).read_bytes() == (other / path).read_bytes(), path
    assert list((project / "checkpoints").iterdir()) == []


def test_no_compiler_is_imported(repro: Repro, project: Path) -> None:
    """Torch's optimizers would import it, which takes longer than torch itself."""
    repro("validate", "prepare")
    code = f"import runpy, sys; runpy.run_module('{PACKAGE}.stages.train', run_name='__main__')\n"
    code += "sys.exit('torch._dynamo' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(project / "src")}
    subprocess.run([sys.executable, "-c", code], cwd=project, env=environment, check=True)
