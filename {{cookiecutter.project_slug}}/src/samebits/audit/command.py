"""Audit the project: `samebits audit [--root DIR] [--commit] [--json]`."""

import sys
from argparse import Namespace

from ..console.errors import NO, UserError
from ..core.yours import PYPROJECT
from .forms import as_annotations, as_json, as_sarif
from .outcomes import table
from .run import audit
from .separate_commits import data_alone

FORMS = {"json": as_json, "sarif": as_sarif, "github": as_annotations}


def main(given: Namespace) -> None:
    """Print the table; the exit status is 0 if every check passes, otherwise 1.

    Raises:
        UserError: there is no project in that folder.
    """
    if not (given.root / PYPROJECT).is_file():
        raise UserError(f"there is no {PYPROJECT} in {given.root}; run this in a project's folder.")
    checks = audit(given.root, data_alone=given.commit and data_alone())
    if said := FORMS.get(given.form, table)(checks):
        print(said)
    if not all(check.passed for check in checks):
        sys.exit(NO)
