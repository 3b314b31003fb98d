"""A release by the command, with the pipeline's own check; and how to push it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from conftest import rendered

from samebits.checks import validation as checks
from samebits.cli import data_release
from samebits.console.errors import UserError
from samebits.versions.tags import releases


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], capture_output=True, check=True)


@pytest.fixture
def small(unreleased: Path, settle: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Path:
    rendered(unreleased, "dvc.yaml")
    settle(unreleased / "params.yaml", data={"least_examples": 2})
    monkeypatch.setattr(data_release, "Seal", MagicMock())  # the engine that runs is not a copy
    # Three examples of a class are too few for four splits.
    monkeypatch.setattr(checks, "coverage_findings", lambda *_: ())
    return unreleased


def test_a_release(small: Path, verb: Callable[..., str]) -> None:
    git("add", "-A")
    git("commit", "-m", "Three are enough")
    assert verb("data release", "1.0", 'It\'s "$5" `x`').splitlines() == [
        "10 files pushed",
        "released: version 1.0 of the data. The first version: 9 images.",
        "The data is on DVC's remote. Git has no remote yet, so the commit and its tag exist "
        "only here.",
        "Next: 'dvc repro', then commit dvc.lock with the results.",
    ]
    (reference,) = json.loads(Path("data/reference.json").read_text(encoding="utf-8"))
    assert reference["version"] == "1.0"
    assert sum(reference["statistics"]["size"]) == 9
    status = subprocess.run(["git", "status", "--porcelain"], capture_output=True, check=True)
    assert status.stdout == b""
    assert [release.record.note for release in releases() if release.record] == ['It\'s "$5" `x`']


def test_data_that_the_pipeline_would_refuse(small: Path, verb: Callable[..., str]) -> None:
    (small / "data/raw/tree/bad.png").write_bytes(b"no example")
    pointer = (small / "data/raw.dvc").read_bytes()
    with pytest.raises(UserError, match=r"bad\.png"):
        verb("data release", "1.0", "Bad")
    assert releases() == []
    assert (small / "data/raw.dvc").read_bytes() == pointer


def test_where_to_send_it(released: Path) -> None:
    git("remote", "add", "origin", "../elsewhere")
    said = "Send the commit and its tag with 'git push {}'."
    assert data_release.publish("1.1") == said.format("origin main data-v1.1")
    git("remote", "add", "fork", "../fork")
    git("config", "branch.main.remote", "fork")
    assert data_release.publish("1.1") == said.format("fork main data-v1.1")
    git("checkout", "--detach")
    assert data_release.publish("1.1").endswith(" data-v1.1'.")
