"""What is said when a version is there, and how to go back."""

import sys
from pathlib import Path

import pytest

from samebits.cli import data_use


def test_there_and_back(
    released: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("1.0", "committed"):
        monkeypatch.setattr(sys, "argv", ["data_use", name])
        data_use.main()
    assert capsys.readouterr().out.splitlines() == [
        "data/raw holds version 1.0 of the data now. Next: 'dvc repro' to run this code with it, "
        "'make data-use VERSION=committed' to go back.",
        "data/raw holds the data of the last commit now. Next: 'dvc repro' to run this code with "
        "it.",
    ]
