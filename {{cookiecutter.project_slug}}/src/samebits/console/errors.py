"""Errors for people: one sentence, no traceback."""

import os
import sys
from collections.abc import Callable

# SQLite's NOMEM, READONLY, IOERR, FULL and CANTOPEN: the machine's fault, not the code's.
_MACHINE = (7, 8, 10, 13, 14)
_NO_MEMORY = "this machine has too little memory"


class UserError(Exception):
    """An error that the user can fix: the message says what is wrong, where, and how to fix it."""


def run(main: Callable[[], None]) -> None:
    """Run a command's `main`; a `UserError` becomes one line on stderr and exit status 1.

    So does a failure of the machine, such as too little memory or a full disk.
    """
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt as interrupt:  # perhaps with a note on what is left to do
        sys.exit("; ".join(["interrupted", *map(str, interrupt.args)]))
    except BrokenPipeError:  # for example from `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if not (reason := refused(error)):
            raise
        sys.exit(f"error: {reason}; fix that and run it again.")


def refused(error: Exception) -> str:
    """Return the machine's reason for an error, or "" for other errors.

    Such an error says nothing about a file's content.
    """
    # Messages of torch, and of the dynamic loader.
    told = any(text in str(error) for text in ("can't allocate memory", "failed to map segment"))
    if isinstance(error, MemoryError) or told:
        return _NO_MEMORY
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    code = getattr(error, "sqlite_errorcode", None)
    return str(error) if code is not None and code % 256 in _MACHINE else ""
