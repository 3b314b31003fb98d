"""Keep an experiment: put what it changed into the working tree, unless work would be lost.

Run: python -m samebits exp keep NAME
"""

import argparse
import sys

from ..experiments.keep import keep


def main() -> None:
    """Keep it, and say what to do next."""
    parser = argparse.ArgumentParser(description="Put an experiment into the working tree.")
    parser.add_argument("name", help="of the experiment, or its commit")
    name = parser.parse_args().name
    changed = keep(name)
    sys.stdout.write(f"{said(name, changed)}\n")


def said(name: str, changed: list[str]) -> str:
    """Return what is there now, in a few words."""
    if not changed:
        return f"{name} changes nothing: the working tree is as it was."
    return (
        f"{name} is here: {', '.join(changed)}, and the outputs that dvc.lock names.\n"
        "Look at 'git diff', then commit, or undo it with 'git restore .' and 'dvc checkout'."
    )
