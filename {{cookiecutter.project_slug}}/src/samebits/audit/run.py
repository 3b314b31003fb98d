"""All checks, and the table of what they found."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .arrows import arrows
from .configuration import config, metric
from .data import credentials, data, lean
from .dvclock import lock
from .environment import declared_imports, environment
from .findings import Check
from .inputs import inputs
from .isolation import isolation
from .manifest import manifest
from .pipeline import outputs, parameters, pipeline
from .project import Project
from .randomness import randomness
from .rendering import portable, rendered, syntax

CHECKS = (
    rendered,
    syntax,
    portable,
    environment,
    declared_imports,
    isolation,
    data,
    lean,
    credentials,
    arrows,
    pipeline,
    inputs,
    outputs,
    parameters,
    lock,
    randomness,
    config,
    metric,
    manifest,
)


def audit(root: Path, *, data_alone: bool = False) -> list[Check]:
    """Look at the project in the folder `root`; writes nothing, runs nothing but `git ls-files`.

    Args:
        root: the folder.
        data_alone: the commit that is being made holds data alone, so that dvc.lock is still that
            of the data before.
    """
    project = Project(root, data_alone=data_alone)
    with _uncollected():
        return [check(project) for check in CHECKS]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pause the collector: it would walk the growing trees, all of which stay, again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
