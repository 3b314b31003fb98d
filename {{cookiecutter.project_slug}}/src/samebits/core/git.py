"""Git, asked about this project: what it answers or, in its own words, why it cannot."""

import re
import subprocess
from functools import cache
from pathlib import Path

from ..console.errors import UserError
from .determinism import of_shell


class NoRepository(UserError):
    """There is no repository here, or no Git; all else that fails is no sign of either."""


# What would lead Git to another repository, index or meaning of a path: `git rev-parse
# --local-env-vars`, but for GIT_CONFIG_COUNT, which holds settings of a person's.
REDIRECTING = frozenset(
    """
    GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_ATTR_SOURCE GIT_COMMON_DIR GIT_CONFIG GIT_CONFIG_PARAMETERS
    GIT_DIR GIT_GRAFT_FILE GIT_GLOB_PATHSPECS GIT_ICASE_PATHSPECS GIT_IMPLICIT_WORK_TREE
    GIT_INDEX_FILE GIT_INTERNAL_SUPER_PREFIX GIT_LITERAL_PATHSPECS GIT_NAMESPACE
    GIT_NOGLOB_PATHSPECS GIT_NO_REPLACE_OBJECTS GIT_OBJECT_DIRECTORY GIT_PREFIX GIT_QUARANTINE_PATH
    GIT_REPLACE_REF_BASE GIT_SHALLOW_FILE GIT_WORK_TREE
    """.split()
)


def outside_git() -> dict[str, str]:
    """Return the environment without what a Git hook sets, which would misdirect every `git`.

    Who you are and where your settings are, as GIT_AUTHOR_NAME and GIT_CONFIG_GLOBAL say, stays.
    """
    return {name: text for name, text in of_shell().items() if name not in REDIRECTING}


def refuse_conflicts(path: str, text: str) -> None:
    """Refuse a file in which a merge has left its markers.

    Raises:
        UserError: it has.
    """
    if re.search("^(<{7}|>{7}) ", text, re.MULTILINE):
        raise UserError(
            f"{path} has conflict markers; take one side ('git checkout --ours {path}' or "
            f"'--theirs'), or settle them by hand, then 'git add {path}'."
        )


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Git here and return what it said, in English.

    Raises:
        NoRepository: there is no Git, or no repository.
        UserError: there is one that it does not read.
    """
    done = git_bytes(*arguments)
    said = (one.decode("utf-8", errors="replace") for one in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, *said)


def git_says(*arguments: str) -> str:
    """Run Git here and return what it printed.

    Raises:
        UserError: it failed; with Git's own reason.
    """
    done = git(*arguments)
    if done.returncode:
        raise UserError(f"Git failed in 'git {arguments[0]}': {_sentence(done.stderr)}")
    return done.stdout


def git_bytes(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run Git as `git` does, for what need not be text."""
    done = _run(*arguments)
    if done.returncode:
        _refuse_unusable(Path.cwd())  # else what Git may not look at would count as not there
    return done


@cache
def _refuse_unusable(_folder: Path) -> None:
    done = _run("rev-parse", "--git-dir")
    said = done.stderr.decode("utf-8", errors="replace")
    if "not a git repository" in said:
        raise NoRepository("this folder is in no Git repository; run 'git init' and commit first.")
    if done.returncode:
        raise UserError(f"Git does not work here: {_sentence(said)}")


def _run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = outside_git() | {"LC_ALL": "C", "LANGUAGE": "C"}
    try:
        return subprocess.run(
            ["git", *arguments], env=environment, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise NoRepository(
            "git is not on the PATH; install it, for it keeps what to expect."
        ) from None


def _sentence(said: str) -> str:
    return " ".join(said.removeprefix("fatal: ").split()) or "it gave no reason."
