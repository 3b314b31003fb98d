"""A project with a model."""

import shutil
from pathlib import Path

import pytest
from learnt import learnt


@pytest.fixture(scope="session")
def _digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return learnt(tmp_path_factory.mktemp("learnt") / "project", "image-class")


@pytest.fixture
def digits(_digits: Path, tmp_path: Path) -> Path:
    """A project of images with a model; a copy of its own."""
    ignore = shutil.ignore_patterns("served")
    return Path(shutil.copytree(_digits, tmp_path / "project", ignore=ignore))
