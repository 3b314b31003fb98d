"""Several experiments that start from HEAD, through DVC's queue."""

import subprocess
from collections.abc import Mapping, Sequence

import yaml

from ..errors import UserError
from ..reproducibility.revisions import dvc, experiments, git, outside_git
from .beginning import noted, undo


def run_missing(wanted: Mapping[str, Sequence[str]]) -> None:
    """Run those experiments that are not there yet: name → changes such as `model.width=8`.

    Raises:
        UserError: there are changes that are not committed, or an experiment failed.
    """
    undo()
    if git("status", "--porcelain", "--untracked-files=no").stdout:
        raise UserError("there are changes that are not committed; commit them, or stash them.")
    missing = [name for name in wanted if name not in experiments()]
    for name in missing:
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


def head() -> str:
    """Return the beginning of HEAD's hash, for the names of experiments that start from it."""
    return git("rev-parse", "--short=10", "HEAD").stdout.strip()


def _dvc(*arguments: str) -> None:
    done = subprocess.run(dvc(*arguments), env=outside_git(), check=False)
    if done.returncode:
        raise UserError(f"'dvc {' '.join(arguments)}' failed; what it said stands above.")
