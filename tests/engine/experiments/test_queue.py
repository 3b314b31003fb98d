"""Experiments are asked for once, and one that fails is named."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from samebits.console.errors import UserError
from samebits.experiments import queue
from samebits.experiments.beginning import NOTE

WANTED = {"one": ["model.width=8"], "two": ["model.width=9", "model.depth=1"]}
STATUS = queue._status


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "--quiet"], check=True)
    monkeypatch.setattr(queue, "_status", lambda: "")
    monkeypatch.setattr(queue, "look_around", lambda: None)  # there is no project here
    monkeypatch.setattr(queue, "PAUSE", 0.0)


QUEUE = """Task     Name               Created    Status
f1efe04  one                12:57 PM   Running
ce9f96f  other              Nov 26, 2026  Queued
ce0589f  two                12:57 PM   Failed

Worker status: 1 active, 0 idle
"""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What DVC is asked to do, which it does not."""
    found = list[tuple[str, ...]]()
    monkeypatch.setattr(queue, "_dvc", lambda *arguments: found.append(arguments))
    monkeypatch.setattr(queue, "_run_all", lambda: found.append(("--run-all",)))
    monkeypatch.setattr(queue, "git_says", lambda *_: "")
    return found


def test_what_a_killed_run_has_queued_is_waited_for(
    asked: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # One look without an answer is no death.
    silent = QUEUE.replace("1 active", "0 active")
    looks = iter([QUEUE, QUEUE, QUEUE, silent, QUEUE, QUEUE.replace("Running", "Success")])
    there = dict[str, list[str]]()

    def look() -> str:
        said = next(looks)
        there.update({"one": ["commit"]} if "Success" in said else {})
        return said

    monkeypatch.setattr(queue, "_status", look)
    monkeypatch.setattr(queue, "experiments", lambda: there)
    with pytest.raises(UserError, match="two did not end well"):
        queue.run_missing(WANTED)
    # The one that failed is asked for again, the one that was under way is not.
    assert [one[-1] for one in asked] == ["model.depth=1", "--run-all"]
    assert capsys.readouterr().err.count("waiting for DVC's worker, which still has one\n") == 1


def test_what_nobody_works_on_any_more_is_run_but_not_queued_twice(
    asked: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    left = QUEUE.replace("1 active", "0 active").replace("Running", "Queued")
    monkeypatch.setattr(queue, "_status", lambda: left)
    monkeypatch.setattr(queue, "experiments", dict)
    with pytest.raises(UserError, match="did not end well"):
        queue.run_missing(WANTED)
    assert [one[-1] for one in asked] == ["model.depth=1", "--run-all"]


def test_what_a_dead_worker_had_begun_begins_anew(
    asked: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """DVC ends it at the first word and believes that it ended at the second."""
    state = ["Running", "Running", "Failed"]

    def look() -> str:
        killed = sum(one[:2] == ("queue", "kill") for one in asked)
        return QUEUE.replace("1 active", "0 active").replace("Running", state[killed])

    monkeypatch.setattr(queue, "_status", look)
    monkeypatch.setattr(queue, "experiments", dict)
    with pytest.raises(UserError, match="did not end well"):
        queue.run_missing(WANTED)
    assert asked[:2] == [("queue", "kill", "one")] * 2
    assert [one[-1] for one in asked[2:]] == ["model.width=8", "model.depth=1", "--run-all"]


def test_dvc_that_waits_for_a_dead_worker_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue, "_status", lambda: QUEUE.replace("1 active", "0 active"))
    monkeypatch.setattr(queue, "WATCH", 0.05)
    waits = [sys.executable, "-c", "import time; time.sleep(600)"]
    monkeypatch.setattr(queue, "dvc", lambda *_: waits)
    with pytest.raises(UserError, match="worker has died and left one, other; the same command"):
        queue._run_all()


def test_dvc_that_works_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = list[str]()

    def look() -> str:
        looks.append(QUEUE)
        return QUEUE

    monkeypatch.setattr(queue, "_status", look)
    monkeypatch.setattr(queue, "WATCH", 0.05)
    works = [sys.executable, "-c", "import time; time.sleep(0.5); raise SystemExit(3)"]
    monkeypatch.setattr(queue, "dvc", lambda *_: works)
    with pytest.raises(UserError, match="'dvc exp run --run-all' failed"):
        queue._run_all()
    assert len(looks) > queue.LOOKS


def test_what_failed_is_named(
    asked: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "experiments", dict)
    with pytest.raises(UserError, match="one, two did not end well; 'dvc queue logs one'"):
        queue.run_missing(WANTED)
    assert asked[1][-5:] == ("two", "--set-param", "model.width=9", "--set-param", "model.depth=1")
    assert [one[-1] for one in asked] == ["model.width=8", "model.depth=1", "--run-all"]


def test_what_is_there_is_not_run_again(
    asked: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "experiments", lambda: {name: ["commit"] for name in WANTED})
    queue.run_missing(WANTED)
    assert not asked


def test_changes_that_are_not_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "git_says", lambda *_: " M params.yaml")
    with pytest.raises(UserError, match="not committed"):
        queue.run_missing(WANTED)


def test_a_kill_while_they_are_queued_can_be_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    noted, undone = list[Any](), list[bool]()

    def seen(*_: str) -> None:
        noted.append(NOTE.exists() and json.loads(NOTE.read_text(encoding="utf-8"))["values"])

    monkeypatch.setattr(queue, "_dvc", seen)
    monkeypatch.setattr(queue, "_run_all", seen)
    monkeypatch.setattr(queue, "undo", lambda: undone.append(not noted))
    monkeypatch.setattr(queue, "experiments", dict)
    monkeypatch.setattr(queue, "git_says", lambda *_: "")
    with pytest.raises(UserError, match="did not end well"):
        queue.run_missing(WANTED)
    assert noted == [{"model.width": 8}, {"model.width": 9, "model.depth": 1}, False]
    assert undone == [True]


def test_a_queue_that_dvc_cannot_read_is_not_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "_status", STATUS)
    monkeypatch.setattr(queue, "dvc", lambda *_: [sys.executable, "-c", "raise SystemExit(255)"])
    monkeypatch.setattr(queue, "experiments", dict)
    monkeypatch.setattr(queue, "git_says", lambda *_: "")
    with pytest.raises(UserError, match="'dvc queue status' failed; what it said stands above"):
        queue.run_missing(WANTED)
