"""Errors for people, one sentence each, and the exit status of a command."""

import os
import sys
from collections.abc import Callable
from typing import NoReturn

# Exit statuses of a command; 0 is yes. The last is a shell's status for an interrupted command.
NO, COULD_NOT, INTERRUPTED = 1, 2, 130
# SQLite's NOMEM, READONLY, IOERR, FULL and CANTOPEN: the machine's fault, not the code's.
_MACHINE = (7, 8, 10, 13, 14)
_NO_MEMORY = "this machine has too little memory"


class UserError(Exception):
    """An error that the user can fix: the message says what is wrong, where, and how to fix it."""


class CheckFailed(UserError):
    """What was asked could be checked, and the answer is no."""


def run(main: Callable[[], None]) -> None:
    """Run a command's `main`; whatever stops it becomes one line on stderr and an exit status.

    The status is 1 if a check failed, and 2 if a command could not do what it was asked to: for a
    `UserError`, for what the machine refuses, such as memory or writing to a full disk, and for
    unforeseen errors, which keep their traceback.
    """
    try:
        main()
        sys.stdout.flush()  # here, so that a full disk or a closed pipe is reported like any error
    except UserError as error:
        _leave(f"error: {error}", NO if isinstance(error, CheckFailed) else COULD_NOT)
    except KeyboardInterrupt as interrupt:  # perhaps with a note on what is left to do
        _leave("; ".join(["interrupted", *map(str, interrupt.args)]), INTERRUPTED)
    except BrokenPipeError:  # for example from `| head`
        _drop_output()
        sys.exit(COULD_NOT)
    except Exception as error:
        _drop_output()
        if reason := refused(error):
            _leave(f"error: {reason}; fix that and run it again.", COULD_NOT)
        sys.excepthook(type(error), error, error.__traceback__)
        sys.exit(COULD_NOT)


def _drop_output() -> None:
    """Drop what could not be printed; otherwise Python tries again at exit and complains."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _leave(said: str, status: int) -> NoReturn:
    sys.stderr.write(f"{said}\n")
    sys.exit(status)


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
