"""What DVC leaves when it is killed while it begins an experiment, and the way back.

For a moment DVC takes HEAD off its branch and writes the experiment's values into params.yaml. What
stood there is noted here before, so that who is asked next can undo it.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..console.errors import UserError
from ..core.config import PARAMS, contents
from ..core.files import read_json, write_json
from ..programs import git, git_says

NOTE = Path(".dvc/tmp/beginning.json")


def check_place() -> None:
    """Refuse a folder in which DVC can begin no experiment of a queue: its worker would never come.

    Raises:
        UserError: the project's path has a letter beyond ASCII, with which DVC's Git fails.
    """
    if not str(Path.cwd()).isascii():
        raise UserError(
            f"DVC cannot run an experiment in {Path.cwd()}, for its path has letters beyond ASCII; "
            "move the project to another folder, then 'make setup'."
        )


@contextmanager
def noted(values: Mapping[str, Any]) -> Iterator[None]:
    """Note where HEAD and params.yaml stand while an experiment with these values begins."""
    note = {"commit": _commit(), "branch": _branch(), "process": os.getpid()}
    NOTE.parent.mkdir(parents=True, exist_ok=True)
    write_json(NOTE, note | {"values": dict(values)})
    try:
        yield
    finally:
        NOTE.unlink(missing_ok=True)


def undo() -> bool:
    """Put HEAD and params.yaml back where a kill left an experiment half begun; whether it did.

    Only what DVC itself changed is undone: on the same commit, no file but params.yaml, and in that
    no more than the values of the experiment.
    """
    try:
        note = read_json(NOTE.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    if not isinstance(note, dict) or not {"process", "commit", "branch", "values"} <= note.keys():
        return False
    if _lives(note["process"]) or _commit() != note["commit"]:
        return False
    changed = git_says("diff", "--name-only", "--relative", "HEAD").split()
    if changed not in ([], [PARAMS.as_posix()]) or (changed and not _explained(note["values"])):
        return False
    git("checkout", "--quiet", "HEAD", "--", PARAMS.as_posix())
    if note["branch"] and not _branch():
        git("symbolic-ref", "HEAD", note["branch"])
    NOTE.unlink()
    return True


def _lives(process: int) -> bool:
    """Whether there is such a process here; on Windows nobody can ask without harm."""
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _commit() -> str:
    return git("rev-parse", "HEAD").stdout.strip()


def _branch() -> str:
    """The branch that HEAD is on, as refs/heads/main; "" where it is on none."""
    return git("symbolic-ref", "--quiet", "HEAD").stdout.strip()


def _explained(values: Mapping[str, Any]) -> bool:
    """Whether params.yaml differs from that of HEAD in nothing but these values."""
    before = NOTE.with_name("params.yaml")
    before.write_text(git_says("show", f"HEAD:./{PARAMS}"), encoding="utf-8")
    try:
        old, new = contents(before), contents(PARAMS)
    except UserError:  # half written: who knows by whom
        return False
    finally:
        before.unlink()
    for key, value in values.items():
        section, name = key.split(".")
        old.get(section, {})[name] = value
    return old == new
