"""Keep a change of data and a change of code in separate commits, so that either moves alone.

Whatever Git keeps below data/ is data: pointers, releases, reviewed tables. All else is code: the
sources, params.yaml, and dvc.lock, which says what this code made of the data.

Run: samebits apart      (a hook does it before each commit)
"""

from collections.abc import Sequence
from subprocess import CompletedProcess

from ..console.errors import CheckFailed, UserError
from ..programs import git_bytes

FEW = 5


def main() -> None:
    """Refuse the commit that is being made if it holds both."""
    if not settles_history():
        refuse_mixed(staged())


def refuse_mixed(paths: Sequence[str]) -> None:
    """Refuse a commit of these files if some are data and some are code.

    Raises:
        CheckFailed: they are; it names both, and the way round.
    """
    data = [path for path in paths if is_data(path)]
    code = [path for path in paths if not is_data(path)]
    if data and code:
        raise CheckFailed(
            f"this commit changes data ({_few(data)}) and code ({_few(code)}); commit the one and "
            "then the other, as with 'git commit data'. If they must be together: SKIP=data-apart "
            "git commit ..."
        )


def is_data(path: str) -> bool:
    """Return whether a file of this project, by its path with `/`, belongs to the data."""
    return path.startswith("data/")


def data_alone() -> bool:
    """Return whether the commit that is being made holds data and no code."""
    paths = staged()
    return bool(paths) and all(map(is_data, paths))


def staged() -> list[str]:
    """Return the files of this project that the commit being made adds, changes or removes.

    Raises:
        UserError: Git does not say it.
    """
    done = _git("diff", "--cached", "--name-only", "--no-renames", "--relative", "-z")
    return [name for name in done.stdout.decode("utf-8", "replace").split("\0") if name]


def settles_history() -> bool:
    """Return whether this is a first commit, or a merge, which bring both by nature.

    Raises:
        UserError: Git does not say it.
    """
    codes = [
        _git("rev-parse", "--verify", "--quiet", name).returncode for name in ("HEAD", "MERGE_HEAD")
    ]
    return codes[0] != 0 or codes[1] == 0


def _git(*arguments: str) -> CompletedProcess[bytes]:
    done = git_bytes(*arguments, hook=True)
    if done.returncode > 1:  # 1 is an answer: there is none
        said = " ".join(done.stderr.decode("utf-8", "replace").split())
        raise UserError(f"Git does not say what is staged: {said}")
    return done


def _few(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - FEW} more" if len(paths) > FEW else ""
    return ", ".join(paths[:FEW]) + more
