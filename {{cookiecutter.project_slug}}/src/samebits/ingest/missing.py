"""Get the missing data that the pipeline starts from: everything that .dvc files track.

It comes from the remote; the example data can also be made again.

Run: samebits data missing      (continuous integration does, and `make verify`)
"""

from collections.abc import Sequence
from pathlib import Path

from ..console.errors import UserError
from ..data.raw_pointer import alone, tracked
from ..programs import git_says
from ..remote.sync import pull
from .collect import DATA, example
from .example_data import version_in
from .swap import DataFolder


def main() -> None:
    """Bring in all that is missing.

    Raises:
        UserError: some of it cannot be fetched; the rest is here.
    """
    bring(missing())


def missing() -> list[Path]:
    """Return the .dvc files in Git whose data is missing.

    Raises:
        UserError: a .dvc file names no output, or has conflict markers.
    """
    listed = git_says("ls-files", "-z", "*.dvc").split("\0")
    pointers = [Path(path) for path in listed if path and Path(path).is_file()]
    return [pointer for pointer in pointers if not all(map(Path.exists, tracked(pointer)))]


def bring(pointers: Sequence[Path]) -> None:
    """Get the data of these .dvc files, one after the other.

    Raises:
        UserError: the first failure, after all others were tried.
    """
    errors = []
    for pointer in pointers:
        try:
            pull([pointer.as_posix()])
        except UserError as error:
            if pointer != DataFolder(DATA).pointer or not version_in(pointer):
                errors.append(error)
                continue
            with alone():
                example(DataFolder(DATA), replace=False, force=False)
    if errors:
        raise errors[0]
