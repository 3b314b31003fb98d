"""Errors that a person is meant to read: one sentence, no traceback."""

import os
import sys
from collections.abc import Callable

# SQLite's NOMEM, READONLY, IOERR, FULL and CANTOPEN: it is the machine, not the code.
_MACHINE = (7, 8, 10, 13, 14)
_NO_MEMORY = "there is too little memory here"


class UserError(Exception):
    """Something the user can mend: the message says what is wrong, where, and how."""


def run(main: Callable[[], None]) -> None:
    """Run a command's `main`; a `UserError` becomes one line on stderr and exit status 1.

    So does what the machine refuses, such as memory, or to write on a full disk.
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
        if not (reason := refused(error)):
            raise
        sys.exit(f"error: {reason}; mend that and run it again.")


def refused(error: Exception) -> str:
    """Return what the machine did not allow, or "" where it is another kind of error.

    No such error says anything of a file's content.
    """
    # As torch has it, and the loader of a library.
    told = any(text in str(error) for text in ("can't allocate memory", "failed to map segment"))
    if isinstance(error, MemoryError) or told:
        return _NO_MEMORY
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    code = getattr(error, "sqlite_errorcode", None)
    return str(error) if code is not None and code % 256 in _MACHINE else ""
