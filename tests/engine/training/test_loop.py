"""Training gives the same bits whether or not it was killed, and however fast it went."""

import math
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from samebits.console import progress
from samebits.console.errors import UserError
from samebits.tracking import tracker
from samebits.tracking.tracker import Tracker
from samebits.training import loop
from samebits.training import predict as prediction
from samebits.training.checkpoint import Progress
from samebits.training.early_stopping import Stop
from samebits.training.optimizer import AdamW

Train = Callable[..., Any]


def test_it_learns(run: Train) -> None:
    progress = run(epochs=40, learning_rate=0.1, dropout=0, rotation=0, shift=0).progress
    first, last = progress.curves[0], progress.curves[-1]
    assert last[2] < first[2] / 2
    assert last[3] > 0.9


def test_what_it_measures(run: Train) -> None:
    progress = run(epochs=4).progress
    assert progress.step == len(progress.losses) == 12
    assert [row[0] for row in progress.curves] == [1, 2, 3, 4]
    for row in progress.curves:
        losses = progress.losses[int(row[0] - 1) * 3 : int(row[0]) * 3]
        assert row[1] == math.fsum(losses) / 3
        assert len(row) == len(loop.COLUMNS) + 1
        assert 0 <= row[3] <= 1


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_a_killed_run_goes_on_to_the_same_bits(
    run: Train, kill: Train, optimizer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen: dict[str, Any] = {"optimizer": optimizer, "early_stopping": 0}
    whole = run("whole", **chosen)
    kill("killed", at=6, **chosen)
    kill("killed", at=3, **chosen)  # counted from where it resumes: step 7
    resumed = run("killed", **chosen)
    assert "resuming after step 4" in capsys.readouterr().err
    assert resumed == whole


def test_mixed_precision_learns_and_goes_on_to_the_same_bits(run: Train, kill: Train) -> None:
    plain: dict[str, Any] = {"dropout": 0, "rotation": 0, "shift": 0}
    chosen = plain | {"precision": "bfloat16", "epochs": 40, "learning_rate": 0.1}
    whole = run("whole", **chosen)
    assert whole.progress.curves[-1][2] < whole.progress.curves[0][2] / 2
    kill("killed", at=30, **chosen)
    assert run("killed", **chosen) == whole


@pytest.mark.parametrize("at", range(9))
def test_every_step_to_be_killed_at(run: Train, kill: Train, at: int) -> None:
    whole = run("whole", checkpoint_every=2)
    kill("killed", at=at, checkpoint_every=2)
    assert run("killed", checkpoint_every=2) == whole


@pytest.mark.parametrize(
    "runtime",
    [
        {"workers": 1, "prefetch": 1},
        {"workers": 2, "prefetch": 3},
        {"log_every": 1},
        {"log_every": 1000, "checkpoint_every": 1000},
        {"checkpoint_every": 1},
    ],
)
def test_runtime_never_moves_a_bit(run: Train, runtime: dict[str, int]) -> None:
    assert run("one") == run("other", **runtime)


TRACKERS = {
    "takes all": "import sys; sys.stdin.read()",
    "raises": "raise ValueError('no room')",
    "hangs": "import time; time.sleep(999)",
}


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is linked to this Python")
@pytest.mark.parametrize("kind", TRACKERS)
def test_no_tracker_moves_a_bit_or_stops_a_training(
    run: Train,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
) -> None:
    program, python = tmp_path / "program.py", tmp_path / ".venv" / tracker.PYTHON
    program.write_text(TRACKERS[kind], "utf-8")
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    monkeypatch.setattr(tracker, "home", lambda _: tmp_path)
    monkeypatch.setattr(tracker, "PROGRAM", program)
    monkeypatch.setattr(tracker, "END_SECONDS", 30.0 if kind == "takes all" else 0.5)
    assert run("one") == run("other", tracker="wandb", log_every=1)
    said = re.findall("runtime.tracker: wandb .*", capsys.readouterr().err)
    assert len(said) == (kind != "takes all")


def test_a_tracker_gets_what_was_measured(run: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    given = list[tuple[int, dict[str, float]]]()
    monkeypatch.setattr(Tracker, "step", lambda _, step, values: given.append((step, values)))
    progress = run(log_every=4, epochs=2).progress
    columns = [*loop.COLUMNS, "dev_accuracy"]
    epochs = [dict(zip(columns, row, strict=True)) for row in progress.curves]
    [first, (step, values), last] = given
    assert [first, last] == [(3, epochs[0]), (6, epochs[1])]
    assert (step, values["loss"]) == (4, progress.losses[3])
    assert 0 < values["learning_rate"] <= 0.01


def test_checkpoints_come_by_time_as_well(
    run: Train, kill: Train, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = run("whole", checkpoint_every=1000)
    clock = iter(range(0, 10**6, 25))
    monkeypatch.setattr(loop, "monotonic", lambda: next(clock))
    kill("killed", at=8, checkpoint_every=1000, checkpoint_seconds=60)
    assert run("killed", checkpoint_every=1000) == whole
    # The clock is read after each step, and again after each checkpoint: 25 seconds each.
    assert "resuming after step 6" in capsys.readouterr().err


def test_runtime_may_change_at_a_resume(run: Train, kill: Train) -> None:
    whole = run("whole")
    kill("killed", at=5, workers=1)
    assert run("killed", workers=2, checkpoint_every=3, log_every=1) == whole


@pytest.mark.parametrize(
    "changed",
    [
        {"seed": 1},
        {"learning_rate": 0.02},
        {"optimizer": "sgd"},
        {"batch_size": 6},
        {"clip": 0.1},
        {"balance": 1.0},
        {"shards": 1},
        {"shards": 4},
        {"epochs": 4},
        {"warmup": 0.5},
        {"ema": 0.9},
        {"precision": "bfloat16"},
        {"best_epoch": True, "learning_rate": 0.5, "epochs": 6},
        {"freeze": "^features"},
        {"layer_decay": 0.5},
        {"dropout": 0.3},
        {"weight_decay": 0.5},
        {"label_smoothing": 0.3},
        {"rotation": 20},
        {"shift": 0.3},
        {"flip": False},
    ],
)
def test_every_other_knob_moves_the_weights(run: Train, changed: dict[str, Any]) -> None:
    assert run("one").weights != run("other", **changed).weights


def test_ambient_randomness_moves_nothing(run: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run("whole")

    def predict(*arguments: Any) -> Any:
        torch.rand(7)  # as a library might
        return prediction.predict(*arguments)

    monkeypatch.setattr(loop, "predict", predict)
    assert run("other") == whole


def test_a_finished_run_is_left_as_it_is(run: Train) -> None:
    assert run(checkpoint_every=9) == run(checkpoint_every=9)


def test_a_loss_that_is_not_finite(run: Train, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"loss.* is (nan|inf); lower optimization\.learning_rate"):
        run(optimizer="sgd", learning_rate=1e6, warmup=0, epochs=40, checkpoint_every=1)


def test_weights_that_are_not_finite_at_the_last_step(
    run: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss of the last step is computed before the step that breaks the weights."""
    exact = AdamW.step

    def step(self: AdamW) -> None:
        exact(self)
        for parameter in self.param_groups[0]["params"]:
            parameter.data.fill_(math.nan)

    monkeypatch.setattr(AdamW, "step", step)
    with pytest.raises(UserError, match="the dev loss after step 0 is nan"):
        run(batch_size=30, epochs=1)


def patient(patience: int, losses: list[float]) -> bool:
    curves = [[float(place), 0.0, loss, 0.0] for place, loss in enumerate(losses)]
    return loop._Run(1, Progress(len(losses), [], curves)).stopped_early(patience)


def test_early_stopping_counts_epochs_since_the_best() -> None:
    assert not patient(1, [])
    assert not patient(2, [3, 2, 1, 1])
    assert patient(2, [3, 2, 1, 1, 1])  # not falling is not rising
    assert not patient(2, [3, 2, 1, 4, 0.5])
    assert patient(1, [3, 4])
    assert not patient(0, [1, 2, 3, 4, 5, 6, 7])


STOPPING: dict[str, Any] = {"early_stopping": 1, "epochs": 60, "learning_rate": 0.3}


def test_early_stopping_stops(run: Train) -> None:
    stopped = run("stopped", **STOPPING).progress
    whole = run("whole", **STOPPING | {"early_stopping": 0}).progress
    assert stopped.step < whole.step == 180
    assert stopped.curves == whole.curves[: len(stopped.curves)]
    losses = [row[2] for row in stopped.curves]
    assert losses.index(min(losses)) == len(losses) - 2


def test_early_stopping_across_a_resume(run: Train, kill: Train) -> None:
    whole = run("whole", **STOPPING)
    last = whole.progress.step - 1
    kill("killed", at=last, **STOPPING)
    assert run("killed", **STOPPING) == whole
    # A checkpoint of the very step at which it stopped.
    run("end", **STOPPING, checkpoint_every=whole.progress.step)
    assert run("end", **STOPPING, checkpoint_every=whole.progress.step) == whole


DONE = r"train: epoch 3 of 3, loss \d\.\d{4}, dev loss \d\.\d{4}, 9 steps in 00:0\d"
SHORT = r"train: epoch \d of 3, \d\d:\d\d left, loss \d.*, learning rate [\d.e-]+, [\d.e+]+ steps/s"


def test_a_short_training_says_in_a_log_how_it_ended(
    run: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    run()
    assert re.fullmatch(DONE + "\n", capsys.readouterr().err)


def test_a_training_says_how_far_it_is(
    run: Train, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "MOST_SECONDS", 0.0)
    silent = run("silent")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert all(re.fullmatch(SHORT, line) for line in lines[:-1]), lines
    assert " dev loss " not in lines[1]
    assert " dev loss " in lines[2]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(progress, "TERMINAL_SECONDS", 0.0)
    monkeypatch.setenv("COLUMNS", "200")
    assert run("terminal") == silent
    shown = capsys.readouterr().err
    assert shown.startswith("\r")
    assert shown.count("\n") == 1
    assert re.fullmatch(DONE, shown.split("\r")[-1].rstrip())


@pytest.mark.parametrize("error", [RuntimeError, ConnectionResetError, EOFError])
def test_a_worker_that_ends_first_when_all_are_asked_to(error: type[Exception]) -> None:
    for asked, raised in ((True, KeyboardInterrupt), (False, error)):
        with pytest.raises(raised), Stop(0) as stop:
            stop.asked = asked
            raise error
