"""DVC for these tests: the engine's own way to it, in an environment that may lack the engine."""

import sys
from collections.abc import Iterator

import pytest
from conftest import PYTHONPATH

from samebits.ingest import download
from samebits.remote import dvc_errors


@pytest.fixture(autouse=True)
def _dvc() -> Iterator[None]:
    """Not isolated, for only a project's environment shows an isolated Python the engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", PYTHONPATH)
        program = [sys.executable, "-m", dvc_errors.__name__]
        patch.setattr(download, "remote_dvc", lambda *arguments: [*program, *arguments])
        yield
