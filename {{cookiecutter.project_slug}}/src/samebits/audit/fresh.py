"""The audit of a project that was just generated: only what depends on the answers.

The engine and scripts/ have the same bytes for all answers, and the template's own tests audit
them as `make audit` does. If they match the manifest, there is nothing new to find in them.
"""

from pathlib import Path

from .data_storage import credentials, data, lean
from .dvc_lock import lock
from .environment import environment
from .manifest import LISTED, manifest
from .outcomes import Check
from .project import Project
from .rendering import portable, rendered, syntax

CHECKS = (rendered, syntax, portable, environment, data, lean, credentials, lock)


def audit(root: Path) -> list[Check] | None:
    """Audit all but the engine in the folder `root`; None if the engine is not as shipped."""
    project = Project(root)
    engine = manifest(project)
    if engine.warnings:
        return None
    shipped = tuple(f"{folder}/" for folder in LISTED)
    project.files = [path for path in project.files if not path.startswith(shipped)]
    return [*(check(project) for check in CHECKS), engine]
