"""Recovery after DVC is killed while it starts an experiment.

For a moment DVC detaches HEAD and writes the experiment's values into params.yaml. The state before
is noted here, so that the next command can restore it.
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
    """Refuse a folder in which DVC cannot run an experiment.

    Raises:
        UserError: the project's path has a character beyond ASCII, with which DVC's Git fails.
    """
    if not str(Path.cwd()).isascii():
        raise UserError(
            f"DVC cannot run an experiment in {Path.cwd()}: the path has characters beyond ASCII; "
            "move the project to another folder, then run 'make setup'."
        )


@contextmanager
def noted(values: Mapping[str, Any]) -> Iterator[None]:
    """Note the state of HEAD and params.yaml while an experiment with these values starts."""
    note = {"commit": _commit(), "branch": _branch(), "process": os.getpid()}
    NOTE.parent.mkdir(parents=True, exist_ok=True)
    write_json(NOTE, note | {"values": dict(values)})
    try:
        yield
    finally:
        NOTE.unlink(missing_ok=True)


def undo() -> bool:
    """Restore HEAD and params.yaml after a kill while an experiment started; return whether it did.

    Only DVC's own changes are undone: on the same commit, in no file but params.yaml, and there in
    nothing but the experiment's values.
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
    """Whether the process exists; on Windows, os.kill would end it, so assume that it does."""
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
    """The branch of HEAD, such as refs/heads/main; "" if HEAD is detached."""
    return git("symbolic-ref", "--quiet", "HEAD").stdout.strip()


def _explained(values: Mapping[str, Any]) -> bool:
    """Whether params.yaml differs from that of HEAD in these values only."""
    before = NOTE.with_name("params.yaml")
    before.write_text(git_says("show", f"HEAD:./{PARAMS}"), encoding="utf-8")
    try:
        old, new = contents(before), contents(PARAMS)
    except UserError:  # half written, perhaps not by DVC
        return False
    finally:
        before.unlink()
    for key, value in values.items():
        section, name = key.split(".")
        old.get(section, {})[name] = value
    return old == new
