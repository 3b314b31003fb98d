"""The releases of the data: Git's tags data-v1.0, data-v1.1 and so on.

A release is a commit of what Git tracks below data/, with a tag.
"""

import re

from ..console.errors import UserError
from ..programs import git, git_says
from .released_data import COMMITTED, Release

TAG = "data-v"
_NAME = re.compile(r"(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8})){1,3}")


def number(name: str) -> tuple[int, ...]:
    """Return the name of a release as numbers to compare: 1.10 is above 1.9, 1.0.0 equals 1.0.

    Raises:
        UserError: it is not a valid name.
    """
    if not _NAME.fullmatch(name):
        raise UserError(
            f"'{name}' is not a version of data; write numbers with dots, such as 1.0 or 1.10."
        )
    parts = [int(part) for part in name.split(".")]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def releases() -> list[Release]:
    """Return all releases that Git knows, the lowest number first.

    Raises:
        UserError: this is not a Git repository, or Git refuses to read it.
    """
    shown = git_says("for-each-ref", "--format=%(refname:lstrip=2)", f"refs/tags/{TAG}*")
    names = [tag.removeprefix(TAG) for tag in shown.split()]
    known = [name for name in names if _NAME.fullmatch(name)]
    return [_at(name, f"refs/tags/{TAG}{name}") for name in sorted(known, key=number)]


def find(name: str) -> Release:
    """Return the release of this name; `committed` is the data of the last commit.

    Raises:
        UserError: there is no such release.
    """
    if name == COMMITTED:
        return head()
    wanted, known = number(name), releases()
    matching = [release for release in known if number(release.name) == wanted]
    if not matching:
        listed = ", ".join(release.name for release in known) or "none yet"
        raise UserError(
            f"there is no version {name} of the data; the versions are: {listed} ('git fetch "
            "--tags' gets those that others made)."
        )
    return matching[0]


def head() -> Release:
    """Return the data of the last commit.

    Raises:
        UserError: there is no commit.
    """
    if git("rev-parse", "--verify", "--quiet", "HEAD").returncode != 0:
        raise UserError("Git has no commit here yet; make the first one, then release data.")
    return _at(COMMITTED, "HEAD")


def _at(name: str, reference: str) -> Release:
    shown = git_says("log", "-1", "--format=%H %cs", reference, "--")
    commit, _, date = shown.strip().partition(" ")
    return Release(name, commit, date)
