"""The audit of a project that was just made: what an answer could have spoilt.

The engine and scripts/ are the same bytes whatever the answers are, and the template's own tests
audit them as `make audit` does. Where they are as listed, nothing new can be found in them.
"""

from pathlib import Path

from .data import credentials, data, lean
from .dvclock import lock
from .environment import environment
from .findings import Check
from .manifest import LISTED, manifest
from .project import Project
from .rendering import portable, rendered, syntax

CHECKS = (rendered, syntax, portable, environment, data, lean, credentials, lock)


def audit(root: Path) -> list[Check] | None:
    """Look at all but the engine in the folder `root`; None where the engine is not as shipped."""
    project = Project(root)
    engine = manifest(project)
    if engine.warnings:
        return None
    project.files = [
        path for path in project.files if not path.startswith(tuple(f"{one}/" for one in LISTED))
    ]
    return [*(check(project) for check in CHECKS), engine]
