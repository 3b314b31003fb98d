"""Put what a DVC experiment changed into the working tree, and lose nothing by it.

`dvc exp apply` hides what is not committed in a stash that no command lists, replaces data/raw, and
takes back what was committed since the experiment began. Here only the files come that the
experiment changed, and nothing comes where work would be lost.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..console.errors import UserError
from ..data.dvc_file import alone, refuse_parts
from ..data.source import look_over
from ..programs import dvc, git_says
from ..remote.revisions import Revision
from ..remote.tracked import Output, look_around, tracked
from ..versions.tags import RAW, last_line
from .beginning import undo

SHOWN = 3


def keep(name: str) -> list[str]:
    """Put an experiment into the working tree; return the files of Git's that it changed.

    Raises:
        UserError: there is no such experiment, work would be lost, or its results are not in the
            cache; all is as it was.
    """
    undo()
    experiment = Revision.find(name)
    base = _base(experiment)
    changed = _differing(base, experiment.commit)
    with alone():
        refuse_parts()
        if reasons := [*_uncommitted(), *_unrecorded(), *_in_the_way(changed, experiment)]:
            raise UserError(f"to keep {name!r} would lose work: {'; '.join(reasons)}.")
        _refuse_older(name, base, changed)
        new = [path for path in changed if not Path(path).exists()]
        _put(changed, experiment.commit)
        try:
            look_around()
            _check_out()
        except BaseException:
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
        f"{experiment.name!r} is a commit, but no experiment; 'dvc exp list --all' lists them."
    )


def _differing(*commits: str) -> list[str]:
    """The files that differ between two commits, or between one and the working tree."""
    names = ("diff", "--name-only", "--no-renames", "--relative", "-z", *commits, "--")
    return [path for path in git_says(*names).split("\0") if path]


def _uncommitted() -> Iterator[str]:
    if paths := _differing("HEAD"):
        yield (
            f"{_few(paths)} {_holds(paths)} changes that are not committed ('git commit' or 'git "
            "stash' keeps them)"
        )


def _unrecorded() -> Iterator[str]:
    """Say which folders of data differ from their .dvc file, or hold what nothing keeps."""
    look_over(RAW)
    pointers = {out.path: out for out in tracked() if out.owner.endswith(".dvc")}
    if not pointers:
        return
    done = dvc("data", "status", "--json", *pointers)
    if done.returncode != 0:
        raise UserError(f"DVC cannot compare the data: {last_line(done.stderr)}")
    found = json.loads(done.stdout)
    uncommitted = {kind: one for kind, one in found.get("uncommitted", {}).items() if one}
    lost = [path for kind in uncommitted if kind != "deleted" for path in _paths(uncommitted[kind])]
    lost += _paths(found.get("not_in_cache", []))
    for path in dict.fromkeys(_owner(one, pointers) for one in lost):
        yield f"{path} holds files that nothing keeps ('dvc add {path}' and a commit keep them)"


def _paths(rows: Sequence[object]) -> list[str]:
    return [str(row["new"] if isinstance(row, dict) else row).rstrip("/") for row in rows]


def _owner(path: str, pointers: dict[str, Output]) -> str:
    return next((one for one in pointers if f"{path}/".startswith(f"{one}/")), path)


def _in_the_way(changed: Sequence[str], experiment: Revision) -> Iterator[str]:
    """Say which files stand where the experiment has one, and are not Git's."""
    known, wanted = Revision("HEAD", "HEAD").files(), experiment.files()
    paths = [one for one in changed if one in wanted and one not in known and Path(one).exists()]
    if paths := [one for one in paths if _blob(one) != wanted[one]]:
        yield f"{_few(paths)} would be overwritten (move it away, or commit it)"


def _blob(path: str) -> str:
    return git_says("hash-object", "--", path).strip()


def _refuse_older(name: str, base: str, changed: Sequence[str]) -> None:
    """Refuse to take back what was committed since the experiment began."""
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
            "changed. Get them with 'dvc exp pull' from where it was pushed, or run it again."
        )


def _few(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return ", ".join(paths[:SHOWN]) + more


def _holds(paths: Sequence[str]) -> str:
    return "hold" if paths[1:] else "holds"
