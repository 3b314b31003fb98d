"""A search repeats the same trials, even after a kill, and never loses or duplicates one.

A function of the values replaces the experiments: the test is about the search.
"""

import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import PYTHONPATH

from samebits.cli.exp_sweep import summary
from samebits.console.errors import UserError
from samebits.diagnosis.words import WORDS
from samebits.experiments import runner
from samebits.experiments import sweep as module
from samebits.experiments.runner import ExperimentFailed
from samebits.experiments.space import Knob
from samebits.experiments.sweep import Plan, sweep

KNOBS = (Knob("model.width", (4, 8)), Knob("optimization.learning_rate", (), 1e-4, 0.1, True))
Values = dict[str, Any]
# Each trial notes in a file that it began, and takes a while.
SLOW = """
import sys, time
from pathlib import Path
from samebits.experiments import runner
from samebits.experiments import sweep as module
from samebits.experiments.space import Knob
module.GRACE, module.HEARTBEAT = 2, 1
module.git_says, module.make_ready = lambda *given: "", lambda: False
def run(name, values):
    with Path("begun").open("a") as file:
        file.write(f"{name} {values}\\n")
    time.sleep(0.3)
    rate = values["optimization.learning_rate"]
    return {"dev": {"accuracy": rate / values["model.width"]} }
module.run_experiment = run
knobs = [Knob("model.width", (4, 8)), Knob("optimization.learning_rate", (), 1e-4, 0.1, True)]
workers, seed = int(sys.argv[1]), int(sys.argv[2])
plan = module.Plan("s", knobs, "accuracy", trials=14, workers=workers, seed=seed)
for one in module.sweep(plan):
    print(one.user_attrs["experiment"], one.params)
"""


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "git_says", lambda *given: "")
    monkeypatch.setattr(module, "make_ready", lambda: False)


def plan(trials: int = 6, metric: str = "accuracy", **changed: Any) -> Plan:
    values: Values = {"name": "s", "knobs": KNOBS, "workers": 1, "seed": 0} | changed
    return Plan(metric=metric, trials=trials, **values)


def answers(monkeypatch: pytest.MonkeyPatch, answer: Callable[[Values], Values]) -> list[Values]:
    """Make experiments return `answer(values)`; return the list of what was tried."""
    tried: list[Values] = []

    def run(name: str, values: Values) -> Values:
        tried.append(values)
        return answer(values)

    monkeypatch.setattr(module, "run_experiment", run)
    return tried


def by_rate(values: Values) -> Values:
    return {
        "dev": {"accuracy": values["optimization.learning_rate"], "log_loss": values["model.width"]}
    }


def test_the_best_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = answers(monkeypatch, by_rate)
    best = sweep(plan())
    assert len(tried) == len(best) == 6
    scores = [trial.value for trial in best]
    assert scores == sorted(
        (values["optimization.learning_rate"] for values in tried), reverse=True
    )
    assert sweep(plan(name="t", metric="log_loss"))[0].value == 4


def test_the_seed_decides_what_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = answers(monkeypatch, by_rate)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        sweep(plan(14, name=name, seed=seed))
    assert tried[:14] == tried[14:28] != tried[28:]


def test_what_is_not_accepted_never_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, lambda values: by_rate(values) | {"accepted": values["model.width"] == 4})
    best = sweep(plan(12))
    accepted = [trial.user_attrs["accepted"] for trial in best]
    assert accepted == sorted(accepted, reverse=True)
    assert set(accepted) == {True, False}
    assert "yes" in summary(plan(), best, WORDS["class"]).splitlines()[1]


def test_more_trials_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = answers(monkeypatch, by_rate)
    sweep(plan(3))
    assert len(sweep(plan(5))) == len(tried) == 5


@pytest.mark.parametrize(
    ("changed", "what"),
    [({"seed": 1}, "seed"), ({"knobs": KNOBS[:1]}, "keys"), ({"metric": "macro_f1"}, "metric")],
)
def test_another_sweep_of_the_same_name(
    monkeypatch: pytest.MonkeyPatch, changed: Values, what: str
) -> None:
    tried = answers(monkeypatch, by_rate)
    sweep(plan(2))
    with pytest.raises(UserError, match=f"began with another {what}; give this one another name"):
        sweep(plan(4, **changed))
    assert len(tried) == 2


def test_some_failures_are_left_out_and_nothing_but_failures_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(values: Values) -> Values:
        if values["model.width"] == 8:
            raise ExperimentFailed("error: the loss is NaN")
        return by_rate(values)

    tried = answers(monkeypatch, fail)
    best = sweep(plan(12))
    assert 0 < len(best) < 12 == len(tried)
    assert all(trial.params["model.width"] == 4 for trial in best)
    with pytest.raises(
        UserError, match="the first 3 trials failed; the last one: t-0002: error: the"
    ):
        sweep(plan(12, name="t", knobs=(Knob("model.width", (8,)),)))


def test_changes_that_are_not_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "make_ready", runner.make_ready)
    monkeypatch.setattr(runner, "git_says", lambda *given: " M params.yaml\n")
    with pytest.raises(UserError, match="uncommitted changes; commit or stash them"):
        sweep(plan())


@pytest.mark.parametrize("url", ["nothing", "sqlite:////nowhere/at/all.db", "mysql://a/b"])
def test_a_storage_that_cannot_be_used(url: str) -> None:
    with pytest.raises(UserError, match=r"cannot be used .*; give the URL of a database"):
        sweep(plan(storage=url))


def start(folder: Path, workers: int = 1) -> "subprocess.Popen[str]":
    folder.mkdir(exist_ok=True)
    variables = os.environ | {"PYTHONPATH": PYTHONPATH}
    command = [sys.executable, "-c", SLOW, str(workers), "3"]
    return subprocess.Popen(
        command, cwd=folder, env=variables, stdout=subprocess.PIPE, encoding="utf-8"
    )


def begun(folder: Path) -> list[str]:
    path = folder / "begun"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def test_too_little_memory_is_no_fault_of_a_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **_more: object) -> None:
        raise MemoryError

    monkeypatch.setattr("optuna.storages.RDBStorage", full)
    monkeypatch.setattr(module, "sleep", lambda _: None)
    with pytest.raises(MemoryError), warnings.catch_warnings(action="ignore"):
        module._storage("sqlite://")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_and_started_again(tmp_path: Path) -> None:
    with start(tmp_path / "whole") as process:
        expected = process.communicate(timeout=120)[0]
    assert expected.count("\n") == 14
    with start(tmp_path / "killed") as process:
        limit = time.monotonic() + 60
        while len(begun(tmp_path / "killed")) < 12 and time.monotonic() < limit:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    with start(tmp_path / "killed") as process:
        assert process.communicate(timeout=120)[0] == expected
    again = begun(tmp_path / "killed")
    assert len(again) == 15
    assert list(dict.fromkeys(again)) == begun(tmp_path / "whole")


def test_several_workers_and_several_processes_share_the_trials(tmp_path: Path) -> None:
    first, two = start(tmp_path / "shared", workers=2), start(tmp_path / "shared", workers=2)
    said = [process.communicate(timeout=120)[0] for process in (first, two)]
    tried = begun(tmp_path / "shared")
    assert said[0] == said[1]
    assert said[0].count("\n") == len(tried) == len(set(tried))
    # Both may take the last one at the same time.
    assert 14 <= len(tried) <= 15
