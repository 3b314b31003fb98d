"""A params.yaml to change."""

from pathlib import Path

import pytest
from conftest import configured


@pytest.fixture
def params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That of the default project, in the current folder, with the files that it belongs to."""
    monkeypatch.chdir(tmp_path)
    return configured(tmp_path)
