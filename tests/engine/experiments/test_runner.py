"""An experiment is run again only if DVC was busy; they start one after the other.

A script that prints DVC's messages takes DVC's place.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from samebits import programs
from samebits.console.errors import UserError
from samebits.experiments import runner
from samebits.experiments.runner import ExperimentFailed, run_experiment
from samebits.remote.revisions import Revision

LOCKED = "ERROR: Unable to acquire lock. Most likely another DVC process is running"
Play = Callable[..., list[list[str]]]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "--quiet"], check=True)


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Make DVC run these scripts, one per call; the experiment exists after the last.

    Returns DVC's arguments, call by call.
    """

    def scripts(*given: str, result: dict[str, Any] | None = None) -> list[list[str]]:
        asked = list[list[str]]()
        left = [*given]

        def dvc(*arguments: str, **_: str) -> list[str]:
            asked.append([*arguments])
            return [sys.executable, "-c", left.pop(0)]

        monkeypatch.setattr(programs, "dvc_command", dvc)
        monkeypatch.setattr(runner, "PAUSE", 0.0)
        monkeypatch.setattr(runner, "metrics", lambda _: None if left or not result else result)
        return asked

    return scripts


def fails(said: str) -> str:
    return f"import sys; print({said!r}); sys.exit(255)"


def test_it_is_asked_for_as_dvc_takes_it(play: Play) -> None:
    asked = play("print('Running stage')", result={"score": 1})
    assert run_experiment("s-0001", {}) == {"score": 1}
    assert asked == [["exp", "run", "--temp", "--name", "s-0001"]]


def test_where_it_began_is_noted_until_it_has_begun(play: Play, tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; note = Path('.dvc/tmp/beginning.json')"
    play(f"{script}; sys.exit('ERROR: saw ' + note.read_text().replace(chr(10), ''))")
    with pytest.raises(ExperimentFailed, match=r"saw .*model\.width.*8"):
        run_experiment("s", {"model.width": 8})
    assert not (tmp_path / ".dvc/tmp/beginning.json").exists()


def test_one_that_is_there_is_not_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "metrics", lambda _: {"score": 2})
    monkeypatch.setattr(programs, "dvc_command", lambda *_, **__: pytest.fail("it ran"))
    assert run_experiment("s", {}) == {"score": 2}


def test_values_are_written_as_yaml_has_them() -> None:
    command = runner._command("s", {"a.b": True, "a.c": 1e-05, "a.d": "*/web-*"})
    assert command[-6:] == [
        "--set-param",
        "++a.b=true",
        "--set-param",
        "++a.c=1e-05",
        *command[-2:],
    ]
    assert command[-1] == "++a.d=*/web-*"


@pytest.mark.parametrize(
    "said",
    [
        LOCKED,
        "ERROR: '/x/params.yaml' is busy, it is being blocked by:",
        "ERROR: Unable to read RWLock-file '.dvc/tmp/rwlock'. JSON structure is corrupted",
    ],
)
def test_where_dvc_is_busy_it_is_run_again(play: Play, said: str) -> None:
    asked = play(fails(said), fails(said), "print('ok')", result={"score": 1})
    assert run_experiment("s", {}) == {"score": 1}
    assert len(asked) == 3


def test_where_another_process_took_it_over_it_is_run_again(play: Play) -> None:
    asked = play("print('Ran experiment')", "print('Ran experiment')", result={"score": 1})
    assert run_experiment("s", {}) == {"score": 1}
    assert len(asked) == 2


def test_a_stage_that_fails_is_not_run_again(play: Play) -> None:
    said = "Running stage 'train':\nerror: the loss is NaN\nERROR: failed to reproduce 'train'"
    asked = play(fails(said), "print('ok')", result={"score": 1})
    with pytest.raises(ExperimentFailed, match=r"^error: the loss is NaN$"):
        run_experiment("s", {})
    assert len(asked) == 1


def test_busy_for_ever(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "ATTEMPTS", 3)
    asked = play(*[fails(LOCKED)] * 9)
    with pytest.raises(ExperimentFailed, match="Unable to acquire lock"):
        run_experiment("s", {})
    assert len(asked) == 3


def test_one_begins_when_the_one_before_has_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "dvc_command", lambda *given, **_: [*given])
    script = """
import sys, time
from pathlib import Path
log = Path(sys.argv[1])
def note(what):
    with log.open("a") as file: file.write(what + " ")
note("begin"); time.sleep(0.5); note("begun")
print("Running stage 'train':", flush=True)
time.sleep(1.5); note("end")
"""
    command, log = [sys.executable, "-c", script, str(tmp_path / "log")], tmp_path / "log"
    threads = [threading.Thread(target=runner._dvc, args=(command, {})) for _ in range(2)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    words = log.read_text(encoding="utf-8").split()
    # The second starts after the first, and does not wait for its end.
    assert words[:3] == ["begin", "begun", "begin"], time.monotonic() - start
    assert sorted(words[3:]) == ["begun", "end", "end"]


@pytest.mark.parametrize("content", [b"", b"[" * 100_000, b"[1]", b"7"])
def test_damaged_metrics(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(Revision, "find", lambda _: Revision)
    monkeypatch.setattr(Revision, "output", lambda _: content)
    with pytest.raises(
        ExperimentFailed, match=r"its reports/metrics\.json is damaged; remove it with"
    ):
        runner.metrics("s")


def test_no_such_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> None:
        raise UserError(f"there is no '{name}'")

    monkeypatch.setattr(Revision, "find", find)
    assert runner.metrics("s") is None


WANTED = {"one": {"model.width": 8}, "two": {"model.width": 9, "model.depth": 1}}


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The experiments that are run, which takes no time."""
    names = list[str]()
    monkeypatch.setattr(runner, "look_around", lambda: None)  # there is no project here
    monkeypatch.setattr(runner, "git_says", lambda *_: "")
    monkeypatch.setattr(runner, "experiments", dict)
    monkeypatch.setattr(runner, "run_experiment", lambda name, _: names.append(name))
    return names


def test_what_is_there_is_not_run_again(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "experiments", lambda: {"one": ["commit"]})
    runner.run_missing(WANTED)
    assert ran == ["two"]


def test_what_failed_is_named(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str, _: object) -> None:
        ran.append(name)
        raise ExperimentFailed("error: no")

    monkeypatch.setattr(runner, "run_experiment", fail)
    with pytest.raises(UserError, match="one failed: error: no; run the same command again"):
        runner.run_missing(WANTED)
    assert ran == ["one"]


def test_changes_that_are_not_committed(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "git_says", lambda *_: " M params.yaml")
    with pytest.raises(UserError, match="uncommitted changes"):
        runner.run_missing(WANTED)
    assert not ran


def test_what_a_kill_left_half_begun_is_undone_first(
    ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    undone = list[bool]()
    monkeypatch.setattr(runner, "undo", lambda: undone.append(not ran))
    runner.run_missing(WANTED)
    assert undone == [True] and ran == ["one", "two"]


def test_experiments_that_git_cannot_read_are_not_none(
    ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise UserError("Git failed in 'git for-each-ref': no")

    monkeypatch.setattr(runner, "experiments", refuse)
    with pytest.raises(UserError, match="Git failed"):
        runner.run_missing(WANTED)
    assert not ran
