"""Long work reports its progress, also in a log."""

import re
import sys
from collections.abc import Callable

import pytest

from samebits.console import progress

OPTIONS = {"desc": "read", "unit": " examples"}
Caught = pytest.CaptureFixture[str]


def walk() -> list[int]:
    return list(progress.progress(range(3), total=3, **OPTIONS))


def update() -> list[int]:
    with progress.progress(total=3, leave=False, **OPTIONS) as bar:
        bar.set_postfix(loss="0.5", refresh=False)
        for _ in range(3):
            bar.update(1)
    return [0, 1, 2]


@pytest.mark.parametrize("work", [walk, update])
def test_a_log_gets_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: Caught, work: Callable[[], list[int]]
) -> None:
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    assert work() == [0, 1, 2]
    lines = capsys.readouterr().err.splitlines()
    loss = ", loss=0.5" if work is update else ""
    shape = rf"read: \d of 3 examples({loss})?, +\S+ examples/s, \S+ left"
    assert len(lines) >= 3
    assert all(re.fullmatch(shape, line) for line in lines), lines


@pytest.mark.parametrize("work", [walk, update])
def test_what_is_short_says_nothing(capsys: Caught, work: Callable[[], list[int]]) -> None:
    assert work() == [0, 1, 2]
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch, capsys: Caught) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    walk()
    assert "100%|" in capsys.readouterr().err


def shown(
    monkeypatch: pytest.MonkeyPatch, capsys: Caught, seconds: int, *, quiet: bool = False
) -> list[str]:
    """The lines of a training of so many steps, one a second."""
    clock = [0.0]
    monkeypatch.setattr(progress, "monotonic", lambda: clock[0])
    with progress.TrainingLine(seconds, 0, quiet=quiet) as line:
        for step in range(1, seconds + 1):
            clock[0] += 1
            if line.due():
                line.show(step, ["epoch 1 of 1", "loss 0.5"])
        line.end(seconds, ["epoch 1 of 1"])
    return capsys.readouterr().err.splitlines()


def test_a_training_says_in_a_log_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: Caught
) -> None:
    assert shown(monkeypatch, capsys, 25) == [
        "train: epoch 1 of 1, 00:15 left, loss 0.5, 1 steps/s",
        "train: epoch 1 of 1, 00:05 left, loss 0.5, 1 steps/s",
        "train: epoch 1 of 1, 25 steps in 00:25",
    ]
    assert shown(monkeypatch, capsys, 25, quiet=True) == []


def test_a_long_training_never_writes_thousands_of_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: Caught
) -> None:
    lines = shown(monkeypatch, capsys, 24 * 3600)
    assert 100 < len(lines) < 400
    assert lines[-1] == "train: epoch 1 of 1, 86400 steps in 24:00:00"


def test_a_training_has_one_line_of_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: Caught
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    with pytest.raises(KeyError), progress.TrainingLine(9, 3) as line:
        line.show(4, ["epoch 1 of 1", "loss 0.5"])
        line.say("A sentence.")
        line.show(5, ["epoch 1 of 1"])
        raise KeyError
    written = capsys.readouterr().err
    first, sentence, last, after = written.split("\n")
    assert (len(first), len(last), after) == (40, 40, "")
    assert first.startswith("\rtrain: epoch 1 of 1, ")
    assert sentence == "A sentence."
