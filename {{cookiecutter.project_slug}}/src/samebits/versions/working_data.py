"""The data in the working tree: what DVC says of data/raw, and keeps of it."""

import json
from itertools import takewhile
from pathlib import Path

from ..console.errors import UserError
from ..data.raw_pointer import recorded_version
from ..data.source import look_over
from ..programs import dvc

RAW, POINTER = Path("data/raw"), Path("data/raw.dvc")
LISTED = 3  # of the paths that DVC names, in one error


def working_version() -> str | None:
    """Return the hash in the working tree's data/raw.dvc, or None without that file."""
    return recorded_version(POINTER)


def keep() -> None:
    """Have DVC record the content of data/raw, and keep it in its cache.

    Raises:
        UserError: DVC cannot.
    """
    # `dvc add` would drop from a pointer that its data was imported.
    arguments = ("commit", "--force", str(POINTER)) if POINTER.exists() else ("add", str(RAW))
    done = dvc(*arguments)
    if done.returncode != 0 or working_version() is None:
        raise UserError(f"DVC could not record {RAW}: {last_line(done.stderr)}")


def state() -> str:
    """Return how data/raw compares with data/raw.dvc, by DVC.

    Returns:
        "" if it is what the pointer names, "modified", "deleted", or "not in cache" if it is what
        the pointer names but is not in the cache yet.

    Raises:
        UserError: DVC cannot compare them, or data/raw holds something other than files.
    """
    look_over(RAW)
    if working_version() is None:
        return "modified" if RAW.is_dir() and any(RAW.iterdir()) else "deleted"
    done = dvc("data", "status", "--json", RAW.as_posix())
    if done.returncode != 0:
        raise UserError(f"DVC cannot compare {RAW.as_posix()}: {last_line(done.stderr)}")
    status = json.loads(done.stdout)
    if changed := status.get("uncommitted"):
        return "deleted" if "deleted" in changed else "modified"
    return "not in cache" if status.get("not_in_cache") else ""


def last_line(text: str) -> str:
    """Return the last error of a program's output, with the files that DVC lists below it."""
    lines = [line.strip() for line in text.splitlines()]
    errors = [number for number, line in enumerate(lines) if line.startswith("ERROR: ")]
    if not errors:
        return next(filter(None, reversed(lines)), "no reason")
    first, *listed = takewhile(bool, lines[errors[-1] :])
    # DVC ends an error with an offer of help.
    listed = [line for line in listed if not line.startswith(("Is your cache", "<http"))]
    more = ["and more"] if len(listed) > LISTED else []
    return " ".join([first.removeprefix("ERROR: "), *listed[:LISTED], *more])
