"""Shared by the tests of the remote: a project in a fresh repository."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT


@pytest.fixture
def cloned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Make a project with this .dvc/config, in a repository of its own; the current folder."""

    def make(config: str) -> Path:
        root = tmp_path / "project"
        (root / ".dvc").mkdir(parents=True)
        (root / ".dvc/config").write_text(config, encoding="utf-8")
        (root / "data").mkdir()
        (root / "src").symlink_to(ROOT / "src")  # where an isolated Python looks for the engine
        monkeypatch.chdir(root)
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
        monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
        subprocess.run(["git", "init", "-q"], check=True)
        return root

    return make
