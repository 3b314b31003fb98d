"""Stages as the launcher runs them, in the tests' own process, where torch is already imported."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from samebits.__main__ import main
from samebits.core import determinism, kernels


@pytest.fixture
def repro(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, bytes]]:
    """Run stages one after the other and return every output: repro("validate", "prepare")."""
    for name in ("choose", "check"):
        monkeypatch.setattr(determinism, name, lambda *_: None)
    monkeypatch.setattr(kernels, "configure", lambda *_: None)

    def run(*stages: str) -> dict[str, bytes]:
        for name in stages:
            monkeypatch.setattr(sys, "argv", ["samebits", "run", name])
            main()
        folders = (project / "data/prepared", project / "models", project / "reports")
        files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
        return {file.relative_to(project).as_posix(): file.read_bytes() for file in files}

    return run
