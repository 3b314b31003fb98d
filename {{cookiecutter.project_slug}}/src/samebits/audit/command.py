"""Audit the project: `python -m samebits audit [--root DIR] [--commit] [--json]`."""

import argparse
import sys
from pathlib import Path

from ..console.errors import run
from .data_apart import data_alone
from .findings import table
from .forms import as_annotations, as_json, as_sarif
from .run import audit

FORMS = {
    "json": (as_json, "what was found, as JSON"),
    "sarif": (as_sarif, "as SARIF 2.1.0, which code scanning reads"),
    "github": (as_annotations, "as annotations of GitHub Actions, and nothing else"),
}


def main() -> None:
    """Print the table; the exit status is 0 where every check passes, else 1."""
    parser = argparse.ArgumentParser(description="Audit the project; writes nothing.")
    parser.add_argument("--root", type=Path, default=Path(), help="the project; this folder")
    parser.add_argument(
        "--commit",
        action="store_true",
        help="as a hook: a commit of data alone may leave dvc.lock to the commit of its results",
    )
    forms = parser.add_mutually_exclusive_group()
    for name, (_, what) in FORMS.items():
        forms.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=what)
    arguments = parser.parse_args()
    root = arguments.root
    if not root.is_dir():
        parser.error(f"{root} is not a folder")
    checks = audit(root, data_alone=arguments.commit and data_alone())
    shown, _ = FORMS.get(arguments.form, (table, ""))
    if said := shown(checks):
        print(said)
    sys.exit(not all(check.passed for check in checks))


if __name__ == "__main__":
    run(main)
