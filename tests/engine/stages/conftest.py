"""Stages inside the tests' own process, where torch is already imported."""

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from samebits.console import errors
from samebits.core import determinism

PACKAGE = errors.__name__.partition(".")[0]


@pytest.fixture
def repro(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, bytes]]:
    """Run stages one after the other and return every output: repro("validate", "prepare")."""
    monkeypatch.setattr(determinism, "apply", lambda *_: {})

    def run(*stages: str) -> dict[str, bytes]:
        for name in stages:
            importlib.import_module(f"{PACKAGE}.stages.{name}").main()
        folders = (project / "data/prepared", project / "models", project / "reports")
        files = [one for folder in folders for one in sorted(folder.rglob("*")) if one.is_file()]
        return {one.relative_to(project).as_posix(): one.read_bytes() for one in files}

    return run
