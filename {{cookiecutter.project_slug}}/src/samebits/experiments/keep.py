"""Apply the changes of a DVC experiment to the working tree without losing work.

`dvc exp apply` moves uncommitted changes to a stash that no command lists, replaces data/raw, and
reverts what was committed since the experiment began. This takes only the files that the experiment
changed, and refuses if work would be lost.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..console.errors import UserError
from ..data.raw_pointer import alone, refuse_parts
from ..data.source import look_over
from ..programs import dvc, git_says
from ..remote.revisions import Revision
from ..remote.tracked import TrackedOutput, look_around, tracked
from ..versions.working_data import RAW, last_line
from .beginning import undo

SHOWN = 3


def keep(name: str) -> list[str]:
    """Apply an experiment to the working tree; return the files in Git that it changed.

    Raises:
        UserError: there is no such experiment, work would be lost, or its results are not in the
            cache; nothing has changed.
    """
    undo()
    experiment = Revision.find(name)
    base = _base(experiment)
    changed = _differing(base, experiment.commit)
    with alone():
        refuse_parts()
        # As right after `dvc exp run`, which changes the working tree itself.
        here = not _differing(experiment.commit)
        work = () if here else _uncommitted()
        if reasons := [*work, *_unrecorded(), *_in_the_way(changed, experiment)]:
            raise UserError(f"keeping {name!r} would lose work: {'; '.join(reasons)}.")
        new = [path for path in changed if not Path(path).exists()]
        if not here:
            _refuse_older(name, base, changed)
            _put(changed, experiment.commit)
        try:
            look_around()
            _check_out()
        except BaseException:
            if not here:
                _take_back(changed, new)
            raise
    return changed


def _base(experiment: Revision) -> str:
    """Return the commit that the experiment began from."""
    shown = git_says(
        *("for-each-ref", "--format=%(refname)"),
        *(f"--points-at={experiment.commit}", "refs/exps/??/*/*"),
    )
    for line in shown.splitlines():
        _, _, first, others, _ = line.split("/", 4)
        return first + others
    raise UserError(
        f"{experiment.name!r} is a commit, not an experiment; 'dvc exp list --all' lists "
        "experiments."
    )


def _differing(*commits: str) -> list[str]:
    """The files that differ between two commits, or between a commit and the working tree."""
    names = ("diff", "--name-only", "--no-renames", "--relative", "-z", *commits, "--")
    return [path for path in git_says(*names).split("\0") if path]


def _uncommitted() -> Iterator[str]:
    if paths := _differing("HEAD"):
        yield (
            f"{_few(paths)} {_have(paths)} uncommitted changes ('git commit' or 'git stash' keeps "
            "them)"
        )


def _unrecorded() -> Iterator[str]:
    """Say which folders of data differ from their .dvc file, or hold files that are not cached."""
    look_over(RAW)
    pointers = {out.path: out for out in tracked() if out.owner.endswith(".dvc")}
    if not pointers:
        return
    done = dvc("data", "status", "--json", *pointers)
    if done.returncode != 0:
        raise UserError(f"DVC cannot compare the data: {last_line(done.stderr)}")
    status = json.loads(done.stdout)
    uncommitted = {kind: paths for kind, paths in status.get("uncommitted", {}).items() if paths}
    lost = [path for kind in uncommitted if kind != "deleted" for path in _paths(uncommitted[kind])]
    lost += _paths(status.get("not_in_cache", []))
    for path in dict.fromkeys(_owner(path, pointers) for path in lost):
        yield f"{path} holds files that are not saved ('dvc add {path}' and a commit save them)"


def _paths(rows: Sequence[object]) -> list[str]:
    return [str(row["new"] if isinstance(row, dict) else row).rstrip("/") for row in rows]


def _owner(path: str, pointers: dict[str, TrackedOutput]) -> str:
    return next((pointer for pointer in pointers if f"{path}/".startswith(f"{pointer}/")), path)


def _in_the_way(changed: Sequence[str], experiment: Revision) -> Iterator[str]:
    """Say which untracked files are in the way of the experiment's."""
    known, wanted = Revision("HEAD", "HEAD").files(), experiment.files()
    paths = [
        path for path in changed if path in wanted and path not in known and Path(path).exists()
    ]
    if paths := [path for path in paths if _blob(path) != wanted[path]]:
        yield f"{_few(paths)} would be overwritten (move it away, or commit it)"


def _blob(path: str) -> str:
    return git_says("hash-object", "--", path).strip()


def _refuse_older(name: str, base: str, changed: Sequence[str]) -> None:
    """Refuse to revert what was committed since the experiment began."""
    if since := sorted({*_differing(base, "HEAD")} & {*changed}):
        raise UserError(
            f"{_few(since)} {'were' if since[1:] else 'was'} committed since {name!r} began; keep "
            f"it on a branch from there ('git switch --create BRANCH {base[:10]}'), or run it "
            "again from here."
        )


def _put(paths: Sequence[str], commit: str) -> None:
    literal = [f":(literal){path}" for path in paths]
    if literal:
        git_says("restore", f"--source={commit}", "--worktree", "--", *literal)


def _take_back(changed: Sequence[str], new: Sequence[str]) -> None:
    known = Revision("HEAD", "HEAD").files()
    _put([path for path in changed if path in known], "HEAD")
    for path in {*new} - known.keys():
        Path(path).unlink(missing_ok=True)
    dvc("checkout", "--force", "--quiet")


def _check_out() -> None:
    done = dvc("checkout", "--force")
    if done.returncode != 0:
        raise UserError(
            f"not all of its results are in DVC's cache ({last_line(done.stderr)}); nothing was "
            "changed. Get them with 'dvc exp pull' from the remote that has them, or run it again."
        )


def _few(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return ", ".join(paths[:SHOWN]) + more


def _have(paths: Sequence[str]) -> str:
    return "have" if paths[1:] else "has"
