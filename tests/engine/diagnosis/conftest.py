"""Shared by the tests of the diagnosis: made-up predictions, the folder of a project."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import configured
from predicted import made as made


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The shipped params.yaml, in a project that is the current folder."""
    path = configured(tmp_path_factory.mktemp("project"))
    with contextlib.chdir(path.parent):
        yield path
