"""Any number of processes gives the same bits, and no process is left behind."""

import importlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import PACKAGE
from safetensors.torch import load_file

from samebits.console.errors import UserError
from samebits.core import determinism, kernels
from samebits.core.seals import Seal
from samebits.core.sections import Reproducibility
from samebits.core.yours import READ_BY, Yours
from samebits.training.distributed import ALONE, joined

TRAIN = ("-m", "samebits", "run", "train")
SAID = r"train: epoch .* steps in \d\d:\d\d\n"  # by one process
RESULTS = ("models/model.safetensors", "reports/losses.csv", "reports/learning-curves.csv")
Settle = Callable[..., None]


def section(shards: int = 4, device: str = "cpu") -> Reproducibility:
    return Reproducibility(
        seed=0, level="portable", device=device, threads=1, shards=shards, chunk=8
    )


def test_one_process_is_alone() -> None:
    with joined(1, section()) as group:
        assert group is ALONE
        assert (group.rank, group.size) == (0, 1)


@pytest.mark.parametrize("processes", [3, 8])
def test_shards_that_cannot_be_shared_out(processes: int) -> None:
    said = rf"{processes} processes cannot share .*\(4\) evenly; .*to 1 or 2 or 4\."
    with pytest.raises(UserError, match=said), joined(processes, section()):
        pass


def test_more_processes_than_devices() -> None:
    said = r"has 1; set runtime\.processes to 1"
    with pytest.raises(UserError, match=said), joined(2, section(device="mps")):
        pass


@pytest.fixture
def prepared(project: Path, settle: Settle) -> Path:
    settle(project / "params.yaml", reproducibility={"shards": 4}, runtime={"checkpoint_every": 1})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "configure", lambda *_: None)
        patch.setattr(determinism, "check", lambda *_: None)
        for name in ("validate", "prepare"):
            stage = importlib.import_module(f"samebits.stages.{name}")
            stage.main(Yours(READ_BY[name]), Seal(name))
    return project


def results(project: Path) -> list[bytes]:
    return [(project / path).read_bytes() for path in RESULTS]


MORE = {
    "optimization": {"ema": 0.9, "precision": "bfloat16"},
    "regularization": {"best_epoch": True},
}


@pytest.mark.parametrize("chosen", [{}, MORE], ids=["as shipped", "all that is off"])
def test_the_number_of_processes_moves_no_bit(
    prepared: Path, stage: Any, settle: Settle, chosen: dict[str, Any]
) -> None:
    settle(prepared / "params.yaml", **chosen)
    assert stage("train").returncode == 0
    alone = results(prepared)
    settle(prepared / "params.yaml", runtime={"processes": 2, "workers": 1})
    done = stage("train")
    assert done.returncode == 0
    assert re.fullmatch(SAID, done.stderr)
    assert results(prepared) == alone


START = """

def start(network: nn.Module, model: Model) -> None:
    network.get_parameter("head.bias").fill_(0.5)
"""


def test_nor_with_first_weights_and_statistics(prepared: Path, stage: Any, settle: Settle) -> None:
    """Every process starts from the same weights, and folds the same statistics."""
    file = prepared / f"src/{PACKAGE}/model.py"
    text = file.read_text("utf-8")
    norm = "nn.GroupNorm(math.gcd(GROUPS, width), width)"
    assert norm in text
    file.write_text(text.replace(norm, "nn.BatchNorm2d(width)") + START, "utf-8")
    settle(prepared / "params.yaml", optimization={"freeze": "^head", "layer_decay": 0.9})
    assert stage("train").returncode == 0
    alone = results(prepared)
    weights = load_file(prepared / RESULTS[0])
    assert (weights["head.bias"] == 0.5).all()
    assert weights["features.1.num_batches_tracked"] > 1
    settle(prepared / "params.yaml", runtime={"processes": 4})
    assert stage("train").returncode == 0
    assert results(prepared) == alone


def test_started_by_torchrun(prepared: Path, stage: Any, python: Any) -> None:
    assert stage("train").returncode == 0
    alone = results(prepared)
    run = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--no-python")
    done = python(*run, sys.executable, "-I", *TRAIN)
    assert done.returncode == 0, done.stderr
    assert results(prepared) == alone


PROBE = """
import runpy, sys
from samebits.core import determinism

choose = determinism.choose

def and_watch(*arguments):
    choose(*arguments)
    from samebits.training.shared_memory import Memory
    shared = Memory.shared

    def watched(rank, *others):
        memory = None if {hidden} else shared(rank, *others)
        if rank == 0:
            print("shared:", memory is not None)
        return memory

    Memory.shared = watched

determinism.choose = and_watch
sys.argv = ["samebits", "run", "train"]
runpy.run_module("samebits", run_name="__main__")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is shared on Linux alone")
@pytest.mark.parametrize("hidden", [False, True], ids=["memory", "sockets"])
def test_how_gradients_travel_moves_no_bit(
    prepared: Path, stage: Any, python: Any, settle: Settle, hidden: bool
) -> None:
    assert stage("train").returncode == 0
    alone = results(prepared)
    settle(prepared / "params.yaml", runtime={"processes": 2})
    done = python("-c", PROBE.format(hidden=hidden))
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(SAID, done.stderr)
    assert f"shared: {not hidden}" in done.stdout
    assert results(prepared) == alone


def test_an_error_is_said_once(prepared: Path, stage: Any, settle: Settle) -> None:
    settle(
        prepared / "params.yaml",
        optimization={"optimizer": "sgd", "learning_rate": 1e6, "warmup": 0.0},
        runtime={"processes": 2},
    )
    done = stage("train")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "lower optimization.learning_rate" in done.stderr


GO_WRONG = """
import torch
from samebits.console.errors import UserError, run
from samebits.core.config import read
from samebits.core.sections import Reproducibility
from samebits.training.distributed import joined

def main():
    with joined(2, read(Reproducibility)) as group:
        if group.rank in {ranks}:
            raise UserError("this is wrong")
        for _ in range(9):
            group.sum(torch.ones(8))

run(main)
"""


@pytest.mark.parametrize("ranks", [(0,), (1,), (0, 1)])
def test_who_knows_what_is_wrong_says_it(
    prepared: Path, python: Any, ranks: tuple[int, ...]
) -> None:
    """Such as an example that only one of them has to read."""
    done = python("-c", GO_WRONG.format(ranks=ranks))
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["error: this is wrong"]


def others(root: Path) -> list[int]:
    """The processes that rank 0 has started, by their command line and folder."""
    pids = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            folder = (process / "cwd").resolve()
        except OSError:
            continue
        if folder == root.resolve() and b"samebits\0run\0train" in command:
            pids.append(int(process.name))
    return pids


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("victim", ["first", "other"])
def test_a_kill_leaves_no_process_behind(prepared: Path, settle: Settle, victim: str) -> None:
    settle(prepared / "params.yaml", optimization={"epochs": 10000}, runtime={"processes": 2})
    command = [sys.executable, "-I", *TRAIN]
    with subprocess.Popen(command, cwd=prepared, stderr=subprocess.PIPE, encoding="utf-8") as first:
        wait(lambda: bool(list((prepared / "checkpoints").glob("*.ckpt"))))
        pids = others(prepared)
        assert first.pid in pids
        assert len(pids) == 2
        os.kill(first.pid if victim == "first" else max(set(pids) - {first.pid}), signal.SIGKILL)
        wait(lambda: not others(prepared))
        assert first.stderr is not None
        said = first.stderr.read()
    if victim == "other":
        assert said.count("\n") == 1
        assert "another of the 2 processes has ended" in said


def wait(until: Callable[[], bool]) -> None:
    started = time.monotonic()
    while not until():
        assert time.monotonic() - started < 60, "it takes longer than a minute"
        time.sleep(0.05)
