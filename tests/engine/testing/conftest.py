"""A small project in the current folder, and checks that run on its files."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import configured, rendered


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settle: Callable[..., None]) -> None:
    root = tmp_path / "project"
    settle(configured(root), model={"width": 16, "depth": 1})
    rendered(root, "dvc.yaml")
    monkeypatch.chdir(root)


@pytest.fixture
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any, str], None]:
    """Run one check as pytest does: run(DataChecks, "test_the_section_input_parses")."""

    def run(checks: Any, name: str) -> None:
        check = getattr(checks(), name)
        takes_folder = "tmp_path" in inspect.signature(check).parameters
        check(**({"tmp_path": tmp_path_factory.mktemp("check")} if takes_folder else {}))

    return run
