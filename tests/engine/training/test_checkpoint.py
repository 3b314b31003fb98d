"""A checkpoint is complete or skipped, and never used for another run."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from samebits.console.errors import UserError
from samebits.training import checkpoint as checkpoints
from samebits.training.checkpoint import Progress

Train = Callable[..., Any]
IDENTITY = {"code": "c", "data": "d", "params": {"model": {"width": 4}}}
OTHER = {"code": "c", "data": "e", "params": {"model": {"width": 8}}}


def network(value: float = 0.0) -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    """A network filled with `value` and an optimizer that has made one step."""
    linear = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(linear.parameters(), lr=0.1, fused=True)
    linear(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    for parameter in linear.parameters():
        parameter.data.fill_(value)
    return linear, optimizer


def write(folder: Path, step: int, identity: Any = IDENTITY) -> None:
    progress = Progress(step, [0.5] * step, [[1, 0.1, 1 / 3, 0.9]])
    checkpoints.write(folder, identity, progress, *network(float(step)))


def restore(folder: Path, identity: Any = IDENTITY) -> tuple[int, float]:
    """The step that was restored and the weight that came with it; 0 and -1 for none."""
    linear, optimizer = network(-1.0)
    body = checkpoints.newest(folder, identity)
    step = checkpoints.load(body, linear, optimizer).step if body else 0
    return step, float(linear.state_dict()["bias"][0])


def latest(folder: Path) -> Path:
    return max(folder.glob("*.ckpt"))


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    progress = Progress(7, [0.1, float(torch.tensor(1 / 3))], [[1, 0.1, 1 / 3, 0.9]])
    linear, optimizer = network(0.25)
    losses = torch.tensor(progress.losses, dtype=torch.float32).tolist()
    checkpoints.write(tmp_path, IDENTITY, progress, linear, optimizer)
    other, fresh = network(-1.0)
    fresh.state.clear()
    body = checkpoints.newest(tmp_path, IDENTITY)
    assert body is not None
    assert checkpoints.load(body, other, fresh) == Progress(7, losses, progress.curves)
    assert all(map(torch.equal, linear.state_dict().values(), other.state_dict().values()))
    before, after = optimizer.state_dict()["state"], fresh.state_dict()["state"]
    assert before.keys() == after.keys()
    for number, state in before.items():
        assert state.keys() == after[number].keys()
        assert all(torch.equal(state[name], after[number][name]) for name in state)


def test_none_to_go_on_from(tmp_path: Path) -> None:
    assert restore(tmp_path / "nowhere") == (0, -1.0)


def test_the_newest_two_are_kept(tmp_path: Path) -> None:
    for step in (2, 4, 10, 100):
        write(tmp_path, step)
    assert sorted(int(path.stem.split("-")[1]) for path in tmp_path.iterdir()) == [10, 100]
    assert restore(tmp_path) == (100, 100.0)


# Both ways, because the files of one identity sort before those of the other.
@pytest.mark.parametrize(("identity", "other"), [(IDENTITY, OTHER), (OTHER, IDENTITY)])
def test_another_run_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], identity: Any, other: Any
) -> None:
    for step in (400, 500):
        write(tmp_path, step, other)
    assert restore(tmp_path, identity) == (0, -1.0)
    assert "is not used: it has another data, params" in capsys.readouterr().err
    # Later steps of another run must not displace recent ones of this.
    for step in (1, 2, 3):
        write(tmp_path, step, identity)
    assert restore(tmp_path, identity) == (3, 3.0)
    assert restore(tmp_path, other) == (500, 500.0)
    checkpoints.remove(tmp_path, identity)
    assert restore(tmp_path, identity) == (0, -1.0)
    assert restore(tmp_path, other) == (500, 500.0)


def test_removal_takes_what_a_kill_left_half_written(tmp_path: Path) -> None:
    write(tmp_path, 1)
    (tmp_path / f".{latest(tmp_path).name}.abc").write_bytes(b"half")
    checkpoints.remove(tmp_path, IDENTITY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", [0, 1, 64, 65, 100, 0.5, 0.99])
def test_a_truncated_one_is_passed_over(
    tmp_path: Path, part: float, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, 1)
    write(tmp_path, 2)
    content = latest(tmp_path).read_bytes()
    length = int(len(content) * part) if isinstance(part, float) else part
    latest(tmp_path).write_bytes(content[:length])
    assert restore(tmp_path) == (1, 1.0)
    assert "is damaged; trying the one before it" in capsys.readouterr().err


def test_no_byte_can_change_unseen(tmp_path: Path) -> None:
    write(tmp_path, 1)
    path = latest(tmp_path)
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        flipped = content[place] ^ 1
        path.write_bytes(content[:place] + bytes([flipped]) + content[place + 1 :])
        assert checkpoints.newest(tmp_path, IDENTITY) is None, place
    path.write_bytes(content)
    assert restore(tmp_path) == (1, 1.0)


def test_training_passes_over_a_damaged_one(run: Train, kill: Train, tmp_path: Path) -> None:
    whole = run("whole", checkpoint_every=2)
    kill("killed", at=7, checkpoint_every=2)
    path = latest(tmp_path / "killed")
    path.write_bytes(path.read_bytes()[:-1])
    assert run("killed", checkpoint_every=2) == whole


def test_training_does_not_use_another_run(run: Train, kill: Train) -> None:
    whole = run("whole", seed=1)
    kill("killed", at=7, seed=0, identity=OTHER)
    assert run("killed", seed=1) == whole


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, 1)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UserError, match=r"2\.ckpt could not be written \(No space left.*make"):
            write(tmp_path, 2)
    assert len(list(tmp_path.iterdir())) == 1
    assert restore(tmp_path) == (1, 1.0)
