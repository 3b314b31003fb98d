"""Several experiments that start from HEAD, through DVC's queue."""

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from time import sleep

import yaml

from ..console.errors import UserError
from ..core.git import git_says, outside_git
from ..remote.revisions import dvc, experiments
from ..remote.tracked import look_around
from .beginning import check_place, noted, undo

# A line of `dvc queue status`: task, name, when it was created, how it stands.
_TASK = re.compile(r"\w{7} +(\S+) .*(Queued|Running)")
_NOBODY = "Worker status: 0 active, 0 idle"
LOOKS = 3  # in a row without a worker before it counts as dead: a busy one may be late to answer
PAUSE = 2.0  # seconds between two looks
WATCH = 30.0  # the same while experiments run


def run_missing(wanted: Mapping[str, Sequence[str]]) -> None:
    """Run those experiments that are not there yet: name → changes such as `model.width=8`.

    DVC's worker goes on with what it has when who asked for it is killed: that is waited for, and
    what nobody works on is not asked for twice.

    Raises:
        UserError: there are changes that are not committed, or an experiment failed.
    """
    check_place()
    undo()
    if git_says("status", "--porcelain", "--untracked-files=no"):
        raise UserError("there are changes that are not committed; commit them, or stash them.")
    look_around()
    waiting = _left([name for name in wanted if name not in experiments()])
    missing = [name for name in wanted if name not in experiments()]
    for name in (one for one in missing if one not in waiting):
        changes = [part for change in wanted[name] for part in ("--set-param", change)]
        pairs = (change.partition("=") for change in wanted[name])
        with noted({key: yaml.safe_load(text) for key, _, text in pairs}):
            _dvc("exp", "run", "--queue", "--quiet", "--name", name, *changes)
    if missing:
        _run_all()
    failed = [name for name in wanted if name not in experiments()]
    if failed:
        raise UserError(
            f"{', '.join(failed)} did not end well; 'dvc queue logs {failed[0]}' says why."
        )


def _left(names: Sequence[str]) -> list[str]:
    """Wait while DVC's worker goes on with some of these; return what it left in the queue.

    What a dead worker had begun would be "Running" for ever: DVC is told that it is not.
    """
    told = False
    while names:
        tasks = _tasks(names)
        if not tasks:
            break
        if _is_dead():
            begun = [name for name, state in tasks.items() if state == "Running"]
            while begun:  # the first time ends what still runs, the next one what has ended
                _dvc("queue", "kill", *begun)
                begun = [name for name, state in _tasks(begun).items() if state == "Running"]
            return [*_tasks(names)]
        if not told:
            sys.stderr.write(f"waiting for DVC's worker, which still has {', '.join(tasks)}\n")
            told = True
        sleep(PAUSE)
    return []


def _run_all() -> None:
    """Run what is queued. DVC waits for its worker even where that has died; this does not.

    Raises:
        UserError: DVC failed, or its worker has died.
    """
    run = dvc("exp", "run", "--run-all")
    looks = 0
    with subprocess.Popen(run, env=outside_git()) as process:
        while True:
            try:
                failed = process.wait(WATCH)
                break
            except subprocess.TimeoutExpired:
                said = _status()
                looks = looks + 1 if _NOBODY in said and _TASK.search(said) else 0
            if looks == LOOKS:
                process.terminate()
                left = ", ".join(name for name, _ in _TASK.findall(said))
                raise UserError(
                    f"DVC's worker has died and left {left}; the same command once more goes on "
                    "with what is not there yet."
                )
    if failed:
        raise UserError("'dvc exp run --run-all' failed; what it said stands above.")


def _tasks(names: Sequence[str]) -> dict[str, str]:
    """Those of these experiments that wait or run, and which of the two they do."""
    return {name: state for name, state in _TASK.findall(_status()) if name in names}


def _is_dead() -> bool:
    """Whether DVC's worker does not answer, however often it is asked."""
    for look in range(LOOKS):
        if _NOBODY not in _status():
            return False
        sleep(PAUSE if look < LOOKS - 1 else 0)
    return True


def _status() -> str:
    return _dvc("queue", "status", stdout=subprocess.PIPE)


def head() -> str:
    """Return the beginning of HEAD's hash, for the names of experiments that start from it."""
    return git_says("rev-parse", "--short=10", "HEAD").strip()


def _dvc(*arguments: str, stdout: int | None = None) -> str:
    """Run DVC and return what it printed, or "" where that went to the terminal."""
    done = subprocess.run(
        dvc(*arguments), env=outside_git(), stdout=stdout, encoding="utf-8", check=False
    )
    if done.returncode:
        raise UserError(f"'dvc {' '.join(arguments)}' failed; what it said stands above.")
    return done.stdout or ""
