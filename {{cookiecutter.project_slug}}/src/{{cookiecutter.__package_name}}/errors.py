"""Errors that a person is meant to read: one sentence, no traceback."""

import os
import sys
from collections.abc import Callable

# SQLite's READONLY, IOERR, FULL and CANTOPEN: what is wrong with a disk, not with the code.
_DISK = (8, 10, 13, 14)


class UserError(Exception):
    """Something the user can mend: the message says what is wrong, where, and how."""


def run(main: Callable[[], None]) -> None:
    """Run a command's `main`; a `UserError` becomes one line on stderr and exit status 1.

    So does what the system refuses, such as to read a file or to write on a full disk.
    """
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt as interrupt:  # perhaps with a word on what is left to do
        sys.exit("; ".join(["interrupted", *map(str, interrupt.args)]))
    except BrokenPipeError:  # as of `| head`, which has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if not (reason := _refused(error)):
            raise
        sys.exit(f"error: {reason}; mend that and run it again.")


def _refused(error: Exception) -> str:
    """Return what the system did not allow, or "" where it is another kind of error."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    code = getattr(error, "sqlite_errorcode", None)
    return str(error) if code is not None and code % 256 in _DISK else ""
