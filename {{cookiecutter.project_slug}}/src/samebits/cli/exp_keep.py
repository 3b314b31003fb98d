"""Keep an experiment: put what it changed into the working tree, unless work would be lost.

Run: samebits exp keep NAME
"""

import sys
from argparse import Namespace

from ..experiments.keep import keep


def main(given: Namespace) -> None:
    """Keep it, and say what to do next."""
    changed = keep(given.name)
    sys.stdout.write(f"{said(given.name, changed)}\n")


def said(name: str, changed: list[str]) -> str:
    """Return what is there now, in a few words."""
    if not changed:
        return f"{name} changes nothing: the working tree is as it was."
    return (
        f"{name} is here: {', '.join(changed)}, and the outputs that dvc.lock names.\n"
        "Look at it with 'git diff'; then commit it with 'git commit -am \"...\"', or undo it with "
        "'git restore .' and 'dvc checkout'."
    )
