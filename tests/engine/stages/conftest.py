"""Stages inside the tests' own process, where torch is already imported."""

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from samebits.core import determinism
from samebits.core.seals import Seal
from samebits.core.yours import READ_BY, Yours


@pytest.fixture
def repro(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, bytes]]:
    """Run stages one after the other and return every output: repro("validate", "prepare")."""
    monkeypatch.setattr(determinism, "configure", lambda *_: None)

    def run(*stages: str) -> dict[str, bytes]:
        for name in stages:
            stage = importlib.import_module(f"samebits.stages.{name}")
            stage.main(Yours(READ_BY[name]), Seal(name))
        folders = (project / "data/prepared", project / "models", project / "reports")
        files = [one for folder in folders for one in sorted(folder.rglob("*")) if one.is_file()]
        return {one.relative_to(project).as_posix(): one.read_bytes() for one in files}

    return run
