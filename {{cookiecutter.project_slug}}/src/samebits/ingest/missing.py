"""Bring in whatever the pipeline starts from and is not here: all that .dvc files track.

It comes from the remote; the example data can also be made again.

Run: samebits data missing      (continuous integration does, and `make verify`)
"""

from collections.abc import Sequence
from pathlib import Path

from ..console.errors import UserError
from ..data.dvc_file import alone, tracked
from ..programs import git_says
from ..remote.sync import pull
from .collect import DATA, example
from .example import version_in
from .swap import Place


def main() -> None:
    """Bring in all that is missing.

    Raises:
        UserError: some of it is not to be had; the rest is here.
    """
    bring(missing())


def missing() -> list[Path]:
    """Return the .dvc files in Git that track something that is not here.

    Raises:
        UserError: one names nothing, or has conflict markers.
    """
    listed = git_says("ls-files", "-z", "*.dvc").split("\0")
    pointers = [Path(one) for one in listed if one and Path(one).is_file()]
    return [pointer for pointer in pointers if not all(map(Path.exists, tracked(pointer)))]


def bring(pointers: Sequence[Path]) -> None:
    """Bring in what these .dvc files track, each for itself.

    Raises:
        UserError: as the first that is not to be had.
    """
    errors = []
    for pointer in pointers:
        try:
            pull([pointer.as_posix()])
        except UserError as error:
            if pointer != Place(DATA).pointer or not version_in(pointer):
                errors.append(error)
                continue
            with alone():
                example(Place(DATA), replace=False, force=False)
    if errors:
        raise errors[0]
