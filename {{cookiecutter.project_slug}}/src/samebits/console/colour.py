"""Colour for text that a person reads on a terminal."""

import os
import sys

GREEN, YELLOW, RED = 32, 33, 31  # of ECMA-48, as foreground


def coloured(text: str, colour: int) -> str:
    """Return a text for standard output, in colour if that is a terminal that supports it.

    There is no colour with NO_COLOR (https://no-color.org) or TERM=dumb, in pipes and files, or on
    Windows consoles, some of which would show the codes.
    """
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or os.name == "nt"
    return text if plain or not sys.stdout.isatty() else f"\x1b[{colour}m{text}\x1b[0m"
