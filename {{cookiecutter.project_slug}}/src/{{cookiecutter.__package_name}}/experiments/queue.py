"""Several experiments that start from HEAD, through DVC's queue."""

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from time import sleep

import yaml

from ..data.tracked import look_around
from ..errors import UserError
from ..reproducibility.repository import git_says, outside_git
from ..reproducibility.revisions import dvc, experiments
from .beginning import check_place, noted, undo

# A line of `dvc queue status`: task, name, when it was created, how it stands.
_WAITING = re.compile(r"\w{7} +(\S+) .*(?:Queued|Running)")
_NOBODY = "Worker status: 0 active, 0 idle"
PAUSE = 2.0  # seconds between two looks


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
        _dvc("exp", "run", "--run-all")
    failed = [name for name in wanted if name not in experiments()]
    if failed:
        raise UserError(
            f"{', '.join(failed)} did not end well; 'dvc queue logs {failed[0]}' says why."
        )


def _left(names: Sequence[str]) -> list[str]:
    """Wait while DVC's worker goes on with some of these; return what it left in the queue."""
    told = False
    while True:
        said = _status() if names else ""
        waiting = [name for name in _WAITING.findall(said) if name in names]
        if not waiting or _NOBODY in said:
            return waiting
        if not told:
            sys.stderr.write(f"waiting for DVC's worker, which still has {', '.join(waiting)}\n")
            told = True
        sleep(PAUSE)


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
