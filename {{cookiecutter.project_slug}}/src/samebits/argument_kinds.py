"""What arguments of verbs may be, as core/key_kinds.py says it of keys."""

import re
from argparse import ArgumentTypeError
from collections.abc import Mapping
from typing import Any, NamedTuple


class Argument(NamedTuple):
    """The arguments of argparse's `add_argument`."""

    flags: tuple[str, ...]
    options: Mapping[str, Any]


class Either(tuple[Argument, ...]):
    """Arguments of which only one may be given."""


def argument(*flags: str, **options: Any) -> Argument:
    """Return an argument as argparse names it: argument("--split", default="dev")."""
    return Argument(flags, options)


def flag(name: str, help: str) -> Argument:
    """Return an option without a value."""
    return argument(name, action="store_true", help=help)


def form(name: str, help: str) -> Argument:
    """Return an option that chooses how the audit is printed."""
    return argument(f"--{name}", dest="form", action="store_const", const=name, help=help)


def count(text: str) -> int:
    """Return a number of at least 1.

    Raises:
        ArgumentTypeError: it is not.
    """
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"'{text}' must be a whole number of at least 1")
    return int(text)


def port(text: str) -> int:
    """Return the number of a port.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(f"'{text}' must be a whole number from 0 to 65535")
    return int(text)


def sweep_name(text: str) -> str:
    """Return the name of a sweep, the prefix of its experiments' names.

    Raises:
        ArgumentTypeError: an experiment cannot have such a name.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,60}", text):
        raise ArgumentTypeError(
            f"'{text}' may only contain letters, digits, - and _, a letter first"
        )
    return text
