"""Git and DVC: every command of either that the engine runs, and its output."""

import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from time import sleep
from typing import Any

from .console.errors import UserError
from .core.determinism import of_shell
from .core.files import read_json

# DVC's lists of what its processes read and write now: for stages, and for experiments.
_USERS = Path(".dvc/tmp/rwlock"), Path(".dvc/tmp/exps/rwlock")
STDERR = 2  # of each process, as a number that `subprocess` takes
_SOON = 0.5  # seconds within which a file that is being written is complete again


class NoRepository(UserError):
    """There is no repository here, or no Git; other failures are no sign of either."""


# Variables that lead Git to another repository, index or meaning of a path: `git rev-parse
# --local-env-vars`, except GIT_CONFIG_COUNT, which holds the user's settings.
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
    """Return the environment without the variables of a Git hook, which would misdirect `git`.

    The user's identity and settings, such as GIT_AUTHOR_NAME and GIT_CONFIG_GLOBAL, stay.
    """
    return {name: text for name, text in of_shell().items() if name not in REDIRECTING}


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Git here and return what it said, in English.

    Raises:
        NoRepository: there is no Git, or no repository.
        UserError: Git does not read the repository.
    """
    done = git_bytes(*arguments)
    said = (output.decode("utf-8", errors="replace") for output in (done.stdout, done.stderr))
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


def git_shown(*arguments: str) -> int:
    """Run Git here, with its hooks and their output at the terminal; return its exit status."""
    command = ["git", *arguments]
    return subprocess.run(
        command, env=outside_git(), stdin=subprocess.DEVNULL, check=False
    ).returncode


def git_bytes(
    *arguments: str, folder: Path = Path(), hook: bool = False
) -> subprocess.CompletedProcess[bytes]:
    """Run Git as `git` does, for output that need not be text.

    Args:
        arguments: after `git`.
        folder: where to.
        hook: use what Git passes to its hooks, such as the place of the commit's index.
    """
    done = _run(*arguments, folder=folder, hook=hook)
    if done.returncode:  # otherwise what Git may not read would count as missing
        _refuse_unusable(folder.absolute())
    return done


@cache
def _refuse_unusable(folder: Path) -> None:
    done = _run("rev-parse", "--git-dir", folder=folder)
    said = done.stderr.decode("utf-8", errors="replace")
    if "not a git repository" in said:
        raise NoRepository("this folder is in no Git repository; run 'git init' and commit first.")
    if done.returncode:
        raise UserError(f"Git does not work here: {_sentence(said)}")


def _run(
    *arguments: str, folder: Path = Path(), hook: bool = False
) -> subprocess.CompletedProcess[bytes]:
    environment = (of_shell() if hook else outside_git()) | {"LC_ALL": "C", "LANGUAGE": "C"}
    try:
        return subprocess.run(
            ["git", *arguments], cwd=folder, env=environment, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise NoRepository(
            "git is not on the PATH; install it, because Git holds the committed results."
        ) from None


def _sentence(said: str) -> str:
    return " ".join(said.removeprefix("fatal: ").split()) or "it gave no reason."


def dvc(
    *arguments: str, shown: bool = False, module: str = "dvc", **options: Any
) -> "subprocess.CompletedProcess[str]":
    """Run DVC here, without questions, and return its output.

    Args:
        arguments: after `dvc`.
        shown: leave its output to the terminal, or to where standard output is redirected.
        module: that runs DVC.
        options: of `subprocess.run`.

    Raises:
        UserError: it failed, and there is a repository that Git does not read; with Git's own
            reason.
    """
    usual: dict[str, Any] = {"env": outside_git(), "stdin": subprocess.DEVNULL, "encoding": "utf-8"}
    if shown and sys.stdout is sys.stderr:  # redirected in Python, which a child process ignores
        usual["stdout"] = STDERR
    command = dvc_command(*arguments, module=module)
    done: subprocess.CompletedProcess[str] = subprocess.run(
        command, capture_output=not shown, check=False, **(usual | options)
    )
    if done.returncode:
        with suppress(NoRepository):  # DVC may work without Git
            git_says("rev-parse", "--git-dir")
    return done


def dvc_started(*arguments: str, module: str = "dvc", **options: Any) -> "subprocess.Popen[Any]":
    """Start DVC, to read its output while it works; the options are those of `Popen`."""
    command = dvc_command(*arguments, module=module)
    return subprocess.Popen(command, **({"env": outside_git()} | options))


def dvc_command(*arguments: str, module: str = "dvc") -> list[str]:
    """Return the command that runs this environment's DVC, whatever is here and on PYTHONPATH.

    Lock files that a killed DVC left half written, which no other DVC could read, are removed.
    """
    for path in _USERS:
        torn = _torn(path)
        if torn:
            sleep(_SOON)
        if torn and _torn(path) == torn:
            path.unlink(missing_ok=True)
    return [sys.executable, "-I", "-m", module, *arguments]


def _torn(path: Path) -> int | None:
    """When a file that is not JSON was last written."""
    try:
        written = path.stat().st_mtime_ns
        read_json(path.read_bytes())
    except ValueError:
        return written
    except OSError:
        pass
    return None
