"""DVC for these tests: the engine's own way to it, in an environment that may lack the engine."""

import sys
from collections.abc import Iterator

import pytest
from conftest import PYTHONPATH

from samebits import programs
from samebits.remote import dvc_errors


@pytest.fixture(autouse=True)
def _dvc() -> Iterator[None]:
    """Not isolated, for only a project's environment shows an isolated Python the engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", PYTHONPATH)
        program = [sys.executable, "-m", dvc_errors.__name__]
        patch.setattr(programs, "dvc_command", lambda *arguments, **_: [*program, *arguments])
        yield
