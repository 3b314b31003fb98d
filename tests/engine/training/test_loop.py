"""Training gives the same bits whether or not it was killed, and however fast it went."""

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tqdm import tqdm

from samebits.console.errors import UserError
from samebits.training import loop
from samebits.training import predict as prediction
from samebits.training.checkpoint import Progress
from samebits.training.early_stopping import Stop
from samebits.training.optimizer import AdamW

Train = Callable[..., Any]


def test_it_learns(run: Train) -> None:
    found = run(epochs=40, learning_rate=0.1, dropout=0, rotation=0, shift=0).progress
    first, last = found.curves[0], found.curves[-1]
    assert last[2] < first[2] / 2
    assert last[3] > 0.9


def test_what_it_measures(run: Train) -> None:
    found = run(epochs=4).progress
    assert found.step == len(found.losses) == 12
    assert [row[0] for row in found.curves] == [1, 2, 3, 4]
    for row in found.curves:
        losses = found.losses[int(row[0] - 1) * 3 : int(row[0]) * 3]
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
    kill("killed", at=3, **chosen)  # counted from where it goes on: step 7
    resumed = run("killed", **chosen)
    assert "going on after step 4" in capsys.readouterr().err
    assert resumed == whole


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


def test_checkpoints_come_by_time_as_well(
    run: Train, kill: Train, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = run("whole", checkpoint_every=1000)
    clock = iter(range(0, 10**6, 25))
    monkeypatch.setattr(loop, "monotonic", lambda: next(clock))
    kill("killed", at=8, checkpoint_every=1000, checkpoint_seconds=60)
    assert run("killed", checkpoint_every=1000) == whole
    # A look at the clock after each step, and one more after each checkpoint: 25 seconds each.
    assert "going on after step 6" in capsys.readouterr().err


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
        for one in self.param_groups[0]["params"]:
            one.data.fill_(math.nan)

    monkeypatch.setattr(AdamW, "step", step)
    with pytest.raises(UserError, match="the dev loss after step 0 is nan"):
        run(batch_size=30, epochs=1)


def patient(patience: int, losses: list[float]) -> bool:
    curves = [[float(place), 0.0, loss, 0.0] for place, loss in enumerate(losses)]
    return loop._Run(1, Progress(len(losses), [], curves)).stopped_early(patience)


def test_early_stopping_counts_epochs_since_the_best() -> None:
    assert not patient(1, [])
    assert not patient(2, [3, 2, 1, 1])
    assert patient(2, [3, 2, 1, 1, 1])  # not to fall is not to rise
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


def test_the_bar_is_quiet_off_the_terminal(run: Train, capsys: pytest.CaptureFixture[str]) -> None:
    run(log_every=1)
    assert capsys.readouterr() == ("", "")


def test_the_bar_shows_loss_rate_and_time_left(
    run: Train, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(loop, "progress", lambda **options: tqdm(mininterval=0, **options))
    run(log_every=1)
    shown = capsys.readouterr().err
    assert "train:" in shown
    assert "loss=" in shown
    assert " steps/s" in shown
    assert "<00:" in shown


@pytest.mark.parametrize("error", [RuntimeError, ConnectionResetError, EOFError])
def test_a_worker_that_ends_first_when_all_are_asked_to(error: type[Exception]) -> None:
    for asked, raised in ((True, KeyboardInterrupt), (False, error)):
        with pytest.raises(raised), Stop(0) as stop:
            stop.asked = asked
            raise error
