"""Audit the project: `python -m samebits audit [--root DIR] [--commit]`."""

import argparse
import sys
from pathlib import Path

from ..console.errors import run
from .data_apart import data_alone
from .findings import table
from .run import audit


def main() -> None:
    """Print the table; the exit status is 0 where every check passes, else 1."""
    parser = argparse.ArgumentParser(description="Audit the project; writes nothing.")
    parser.add_argument("--root", type=Path, default=Path(), help="the project; this folder")
    parser.add_argument(
        "--commit",
        action="store_true",
        help="as a hook: a commit of data alone may leave dvc.lock to the commit of its results",
    )
    arguments = parser.parse_args()
    root = arguments.root
    if not root.is_dir():
        parser.error(f"{root} is not a folder")
    checks = audit(root, data_alone=arguments.commit and data_alone())
    print(table(checks))
    sys.exit(not all(check.passed for check in checks))


if __name__ == "__main__":
    run(main)
