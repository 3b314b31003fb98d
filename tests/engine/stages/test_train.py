"""The weights: the same after a kill, and nothing left behind."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from handwritten_digits import model
from safetensors.torch import load_file, save_file
from torch import nn

from samebits.console.errors import UserError
from samebits.core.seals import hash_of
from samebits.data.raw_pointer import record_origin
from samebits.ingest.weights import with_dependency
from samebits.training import pretrained

TRAIN = ("-m", "samebits", "run", "train")
RESULTS = (
    "models/model.safetensors",
    "models/identity.json",
    "reports/learning-curves.csv",
    "reports/losses.csv",
)
Repro = Callable[..., dict[str, bytes]]
Settle = Callable[..., None]


def test_the_outputs(repro: Repro, project: Path) -> None:
    made = repro("validate", "prepare", "train")
    params = yaml.safe_load((project / "params.yaml").read_text(encoding="utf-8"))
    identity = json.loads(made["models/identity.json"])
    read = ("augmentation", "model", "optimization", "regularization", "reproducibility")
    assert {*identity["params"]} == {*read}
    for name in read:  # and the keys that params.yaml leaves out, with their defaults
        assert identity["params"][name].items() >= params[name].items()
    assert identity["params"]["optimization"]["freeze"] == ""
    curves = made["reports/learning-curves.csv"].decode().splitlines()
    assert curves[0] == "epoch,train_loss,dev_loss,dev_accuracy"
    assert [line.split(",")[0] for line in curves[1:]] == ["1", "2"]
    assert json.loads((project / "provenance/train.json").read_text(encoding="utf-8"))
    # A finished run leaves no checkpoint, so that another one starts at its first step.
    assert list((project / "checkpoints").iterdir()) == []
    assert repro("train") == made


def test_what_a_network_takes_while_it_is_built(
    repro: Repro, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A buffer is computed once, and is a part of every step."""
    build = model.build

    def rooted(*given: Any, **more: Any) -> nn.Module:
        network: nn.Module = build(*given, **more)
        network.register_buffer("scale", torch.ones(4).sqrt(), persistent=False)
        return network

    repro("validate", "prepare", "train")
    monkeypatch.setattr(model, "build", rooted)
    for stage in ("train", "evaluate"):
        with pytest.raises(UserError, match=r"takes torch\.sqrt"):
            repro(stage)


def test_runtime_never_moves_a_bit(repro: Repro, project: Path, settle: Settle) -> None:
    made = repro("validate", "prepare", "train")
    runtime = {"workers": 1, "prefetch": 1, "log_every": 1, "checkpoint_every": 3}
    settle(project / "params.yaml", runtime=runtime)
    assert repro("train") == made


def test_a_slice_by_an_unknown_number_is_refused_before_training(
    repro: Repro, project: Path, settle: Settle
) -> None:
    repro("validate", "prepare")
    settle(project / "params.yaml", evaluation={"slices": ["size in 2 parts", "sharpness at 3"]})
    words = "slice `sharpness at 3`: `decode` in data.py returns no fact sharpness; "
    with pytest.raises(UserError, match=words):
        repro("train")
    assert not (project / "checkpoints").exists()


def give_weights(project: Path, name: str, value: float, *, declared: bool = True) -> Path:
    """Bring in a bias for the head, as `samebits weights` does."""
    path = Path("data/weights", f"{name}.safetensors")
    path.parent.mkdir(exist_ok=True)
    save_file({"bias": torch.full((3,), value)}, path)
    pointer = path.with_name(f"{path.name}.dvc")
    md5 = hash_of(path)
    pointer.write_text(yaml.safe_dump({"outs": [{"md5": md5, "path": path.name}]}), "utf-8")
    made = hashlib.sha256(path.read_bytes()).hexdigest()
    record_origin(pointer, {"kind": "weights", "source": "a test", "safetensors": made})
    pipeline = with_dependency(Path("dvc.yaml").read_text("utf-8"), path.as_posix())
    if declared and pipeline:
        Path("dvc.yaml").write_text(pipeline, "utf-8")
    return path


def begin(network: nn.Module, section: model.Model) -> None:
    assert section.width == 4
    network.get_parameter("head.bias").copy_(pretrained.load("first")["bias"])


def test_pretrained_weights_are_an_input(
    repro: Repro, project: Path, monkeypatch: pytest.MonkeyPatch, settle: Settle
) -> None:
    """Others make another identity, and other weights; `evaluate` needs none."""
    monkeypatch.setattr(model, "start", begin, raising=False)
    settle(project / "params.yaml", optimization={"learning_rate": 1e-9})
    path = give_weights(project, "first", 5.0)
    repro("validate", "prepare", "train")
    bias = load_file("models/model.safetensors")["head.bias"]
    torch.testing.assert_close(bias, torch.full((3,), 5.0))
    before = json.loads(Path("models/identity.json").read_bytes())
    give_weights(project, "first", 7.0)
    repro("train")
    after = json.loads(Path("models/identity.json").read_bytes())
    assert {name for name in before if before[name] != after[name]} == {"inputs"}
    path.unlink()
    repro("evaluate")
    with pytest.raises(
        UserError, match=r"first\.safetensors is missing; .*'samebits data missing'"
    ):
        repro("train")


def test_undeclared_weights(repro: Repro, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "start", begin, raising=False)
    give_weights(project, "first", 5.0, declared=False)
    repro("validate", "prepare")
    with pytest.raises(
        UserError, match=r"train in dvc\.yaml does not depend on data/weights/first"
    ):
        repro("train")


def test_weights_that_are_swapped_in_the_middle(
    repro: Repro, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where those that are recorded come back before the end."""

    def swapped(network: nn.Module, section: model.Model) -> None:
        begin(network, section)
        content = path.read_bytes()
        path.write_bytes(content[:-1] + b"?")
        path.write_bytes(content)

    monkeypatch.setattr(model, "start", swapped, raising=False)
    path = give_weights(project, "first", 5.0)
    repro("validate", "prepare")
    with pytest.raises(
        UserError, match=r"^data/weights/first\.safetensors changed while train ran"
    ):
        repro("train")
    assert not Path("models").exists()


def test_a_start_that_makes_another_network(repro: Repro, monkeypatch: pytest.MonkeyPatch) -> None:
    def widened(network: nn.Module, section: model.Model) -> None:
        network.add_module("more", nn.Linear(1, 1))

    monkeypatch.setattr(model, "start", widened, raising=False)
    repro("validate", "prepare")
    with pytest.raises(UserError, match=r"`start` adds, removes or reshapes .* do that in `build`"):
        repro("train")


def test_without_data(repro: Repro) -> None:
    with pytest.raises(UserError, match=r"index\.json is missing; run 'dvc repro prepare'"):
        repro("train")


def start(root: Path, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-I", *TRAIN]
    return subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, encoding="utf-8", **options)


def kill(root: Path, step: int) -> int:
    """Train until a checkpoint of `step` exists, then kill at any step; return the status."""
    process = start(root)
    while process.poll() is None:
        steps = [int(path.stem.split("-")[-1]) for path in (root / "checkpoints").glob("*.ckpt")]
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
    assert "resuming after step" in resumed.communicate()[1]
    assert "resuming" not in whole.communicate()[1]
    assert (resumed.returncode, whole.returncode) == (0, 0)
    for path in RESULTS:
        assert (project / path).read_bytes() == (other / path).read_bytes(), path
    assert list((project / "checkpoints").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no groups of processes to ask")
@pytest.mark.parametrize(
    ("how", "runtime"),
    [
        (signal.SIGINT, {"processes": 2}),
        (signal.SIGTERM, {"processes": 1}),
        (signal.SIGTERM, {"workers": 1}),
    ],
    ids=str,
)
def test_a_run_that_is_interrupted_says_where_it_goes_on(
    repro: Repro, project: Path, settle: Settle, how: signal.Signals, runtime: dict[str, int]
) -> None:
    """As a terminal does: every process of the run is asked to end."""
    settle(
        project / "params.yaml",
        optimization={"epochs": 400},
        reproducibility={"shards": 2},
        runtime={"checkpoint_every": 100} | runtime,
    )
    repro("validate", "prepare")
    other = Path(shutil.copytree(project, project.with_name("other")))
    interrupted = start(project, start_new_session=True)
    while interrupted.poll() is None and not list((project / "checkpoints").glob("*.ckpt")):
        time.sleep(0.002)
    time.sleep(0.05)  # some steps
    os.killpg(interrupted.pid, how)
    said = interrupted.communicate(timeout=60)[1]
    steps = [int(path.stem.split("-")[-1]) for path in (project / "checkpoints").glob("*.ckpt")]
    again = f"run it again, or 'dvc repro': training resumes after step {max(steps)}."
    assert (interrupted.returncode, said.splitlines()[-1]) == (130, f"interrupted; {again}")
    assert "Traceback" not in said
    assert max(steps) > 100
    whole, resumed = start(other), start(project)
    assert f"resuming after step {max(steps)}" in resumed.communicate(timeout=300)[1]
    whole.communicate(timeout=300)
    assert (whole.returncode, resumed.returncode) == (0, 0)
    for path in RESULTS:
        assert (project / path).read_bytes() == (other / path).read_bytes(), path


def test_no_compiler_is_imported(repro: Repro, project: Path) -> None:
    """Torch's optimizers would import it, which takes longer than torch itself."""
    repro("validate", "prepare")
    code = "import runpy, sys; sys.argv = ['samebits', 'run', 'train']\n"
    code += "runpy.run_module('samebits', run_name='__main__')\n"
    code += "sys.exit('torch._dynamo' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(project / "src")}
    subprocess.run([sys.executable, "-c", code], cwd=project, env=environment, check=True)
