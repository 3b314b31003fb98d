"""Run all checks."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .arrows import arrows
from .data_storage import credentials, data, lean
from .declared_inputs import inputs
from .dvc_lock import lock
from .environment import declared_imports, environment
from .isolation import isolation
from .manifest import manifest
from .outcomes import Check
from .params_yaml import config, metric
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
    """Audit the project in the folder `root`; writes nothing, runs only `git ls-files`.

    Args:
        root: the folder.
        data_alone: the commit in progress changes only data, so dvc.lock is still that of the
            previous data.
    """
    project = Project(root, data_alone=data_alone)
    with _uncollected():
        return [check(project) for check in CHECKS]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pause the garbage collector: it would walk the growing, lasting trees again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
