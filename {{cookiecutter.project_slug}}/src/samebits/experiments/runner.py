"""DVC experiments that start from HEAD, each in a folder of its own, several at once.

DVC lets a single process at a time start or end an experiment; another waits three seconds and
gives up, which is short on a busy machine. So experiments start one after the other, and one that
finds DVC busy is run again; finished stages are not repeated.
"""

import re
import subprocess
from collections.abc import Mapping
from threading import Lock
from time import sleep
from typing import Any

from ..console.errors import UserError
from ..console.progress import progress
from ..core.files import read_json
from ..metrics.results import METRICS
from ..programs import dvc_started, git_says, outside_git
from ..remote.revisions import Revision, experiments
from ..remote.tracked import look_around
from .beginning import check_place, noted, undo

ATTEMPTS, PAUSE = 20, 2.0
# DVC's messages once the experiment is in its own folder, and if another process is in the way.
BEGUN = re.compile("Running stage|didn't change|is cached")
BUSY = re.compile("[Uu]nable to acquire lock|is busy|index.lock|read RWLock")
_beginning = Lock()


class ExperimentFailed(Exception):
    """An experiment failed; the message is its last error."""


def run_missing(wanted: Mapping[str, Mapping[str, Any]]) -> None:
    """Run the experiments that do not exist yet, by name, each with its values of keys.

    Raises:
        UserError: there are uncommitted changes, or an experiment failed.
    """
    make_ready()
    known = experiments()
    missing = [name for name in wanted if name not in known]
    bar = progress(total=len(missing), unit=" experiments")
    with bar:
        for name in missing:
            bar.set_description(name)
            try:
                run_experiment(name, wanted[name])
            except ExperimentFailed as error:
                raise UserError(
                    f"{name} failed: {error}; run the same command again to continue with the "
                    "missing experiments."
                ) from None
            bar.update()


def make_ready() -> bool:
    """Check that experiments can start here; return whether a half-started one had to be undone.

    Raises:
        UserError: they cannot, or there are uncommitted changes.
    """
    check_place()
    undone = undo()
    if git_says("status", "--porcelain", "--untracked-files=no"):
        raise UserError("there are uncommitted changes; commit or stash them.")
    look_around()
    return undone


def head() -> str:
    """Return HEAD's short hash, for the names of experiments that start from it."""
    return git_says("rev-parse", "--short=10", "HEAD").strip()


def run_experiment(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Run the DVC experiment `name` with these values of keys; return its metrics.

    One that finished before a kill exists already and is not run again.

    Raises:
        ExperimentFailed: the pipeline failed, or DVC stayed busy.
    """
    results, attempts = metrics(name), 0
    while results is None:
        code, said = _dvc(_command(name, values), values)
        attempts += 1
        results = metrics(name)
        # DVC exits with 0 but without a result if another process has taken the experiment over.
        again = code == 0 or any(map(BUSY.search, said))
        if results is None and not (again and attempts < ATTEMPTS):
            errors = [line for line in said if line.startswith(("error: ", "ERROR: "))]
            own = [line for line in errors if line.startswith("error: ")]
            raise ExperimentFailed((own or errors or said or ["it printed nothing"])[-1])
        if results is None:
            sleep(PAUSE)
    return results


def metrics(name: str) -> dict[str, Any] | None:
    """Return the metrics of the experiment of this name, or None if there is none.

    Raises:
        ExperimentFailed: they are damaged.
    """
    try:
        content = Revision.find(name).output(METRICS)
    except UserError:
        return None
    if content is None:
        return None
    try:
        return dict(read_json(content))
    except (ValueError, TypeError):
        raise ExperimentFailed(
            f"its {METRICS} is damaged; remove it with 'dvc exp remove {name}' and run this again"
        ) from None


def _command(name: str, values: Mapping[str, Any]) -> list[str]:
    command = ["exp", "run", "--temp", "--name", name]
    for key, value in values.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        # Two pluses set a key that is in params.yaml, and add one that has its default there.
        command += ["--set-param", f"++{key}={text}"]
    return command


def _dvc(command: list[str], values: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Run a command that starts an experiment; return its exit status and its output by lines."""
    said = list[str]()
    with _beginning, noted(values):
        # In a session of its own, so that only the caller gets an interrupt from the keyboard.
        process = dvc_started(
            *command,
            env=outside_git() | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        assert process.stdout
        for line in process.stdout:
            said.append(line.strip())
            if BEGUN.search(line):
                break
    try:
        with process:
            said += [line.strip() for line in process.stdout]
    except KeyboardInterrupt:
        process.terminate()
        raise
    return process.returncode, [line for line in said if line]
