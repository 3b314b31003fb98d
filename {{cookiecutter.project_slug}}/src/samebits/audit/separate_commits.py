"""Keep changes of data and of code in separate commits, so that either can be reverted alone.

Everything that Git tracks below data/ is data: pointers, releases, reviewed tables. The rest is
code: the sources, params.yaml, and dvc.lock, which records what this code made of the data.

Run: samebits apart      (a hook runs it before each commit)
"""

from collections.abc import Sequence
from subprocess import CompletedProcess

from ..console.errors import CheckFailed, UserError
from ..programs import git_bytes

FEW = 5


def main() -> None:
    """Refuse the commit in progress if it changes both."""
    if not settles_history():
        refuse_mixed(staged())


def refuse_mixed(paths: Sequence[str]) -> None:
    """Refuse a commit of these files if some are data and some are code.

    Raises:
        CheckFailed: they are mixed; the message names files of both kinds and the way out.
    """
    data = [path for path in paths if is_data(path)]
    code = [path for path in paths if not is_data(path)]
    if data and code:
        raise CheckFailed(
            f"this commit changes data ({_few(data)}) and code ({_few(code)}); commit them "
            "separately, for example the data with 'git commit data'. If they must go together: "
            "SKIP=data-apart git commit ..."
        )


def is_data(path: str) -> bool:
    """Return whether a file of this project, given by its path with `/`, belongs to the data."""
    return path.startswith("data/")


def data_alone() -> bool:
    """Return whether the commit in progress changes data and no code."""
    paths = staged()
    return bool(paths) and all(map(is_data, paths))


def staged() -> list[str]:
    """Return the files of this project that the commit in progress adds, changes or removes.

    Raises:
        UserError: Git cannot tell.
    """
    done = _git("diff", "--cached", "--name-only", "--no-renames", "--relative", "-z")
    return [name for name in done.stdout.decode("utf-8", "replace").split("\0") if name]


def settles_history() -> bool:
    """Return whether this is a first commit or a merge, both of which mix data and code.

    Raises:
        UserError: Git cannot tell.
    """
    codes = [
        _git("rev-parse", "--verify", "--quiet", name).returncode for name in ("HEAD", "MERGE_HEAD")
    ]
    return codes[0] != 0 or codes[1] == 0


def _git(*arguments: str) -> CompletedProcess[bytes]:
    done = git_bytes(*arguments, hook=True)
    if done.returncode > 1:  # 1 means: no such commit
        reason = " ".join(done.stderr.decode("utf-8", "replace").split())
        raise UserError(f"Git cannot list what is staged: {reason}")
    return done


def _few(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - FEW} more" if len(paths) > FEW else ""
    return ", ".join(paths[:FEW]) + more
