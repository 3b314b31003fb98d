"""Released by the command, with the pipeline's own check; and how to send it on."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from samebits.checks import run as checks
from samebits.cli import data_release
from samebits.console.errors import UserError
from samebits.core import determinism
from samebits.stages import validate
from samebits.versions.tags import releases

PACKAGE = data_release.__name__.partition(".")[0]


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], capture_output=True, check=True)


def made(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    # Torch is already imported here.
    monkeypatch.setattr(determinism, "apply", lambda *_: {})
    monkeypatch.setattr(validate, "Seal", MagicMock())  # there is no pipeline here
    # Three pictures of a class are too few for four splits.
    monkeypatch.setattr(checks, "coverage_findings", lambda *_: ())
    monkeypatch.setattr(sys, "argv", ["data_release", *arguments])
    data_release.main()


def test_a_release(
    unreleased: Path,
    settle: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settle(unreleased / "params.yaml", data={"least_examples": 2})
    git("commit", "-am", "Three are enough")
    made(monkeypatch, "1.0", 'It\'s "$5" `x`')
    assert capsys.readouterr().out.splitlines() == [
        "10 files pushed",
        "released: version 1.0 of the data. The first version: 9 pictures.",
        "The data are on DVC's remote. Git has no remote yet, so its commit and tag stay here.",
        "Next: 'dvc repro', then commit dvc.lock with the results.",
    ]
    (reference,) = json.loads(Path("data/reference.json").read_text(encoding="utf-8"))
    assert reference["version"] == "1.0"
    assert sum(reference["statistics"]["size"]) == 9
    status = subprocess.run(["git", "status", "--porcelain"], capture_output=True, check=True)
    assert status.stdout == b""
    assert [one.record.note for one in releases() if one.record] == ['It\'s "$5" `x`']


def test_data_that_the_pipeline_would_refuse(
    unreleased: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (unreleased / "data/raw/tree/bad.png").write_bytes(b"no picture")
    pointer = (unreleased / "data/raw.dvc").read_bytes()
    with pytest.raises(UserError, match=r"bad\.png"):
        made(monkeypatch, "1.0", "Bad")
    assert releases() == []
    assert (unreleased / "data/raw.dvc").read_bytes() == pointer


def test_where_to_send_it(released: Path) -> None:
    git("remote", "add", "origin", "../elsewhere")
    said = "Send the commit and its tag with 'git push {}'."
    assert data_release.publish("1.1") == said.format("origin main data-v1.1")
    git("remote", "add", "fork", "../fork")
    git("config", "branch.main.remote", "fork")
    assert data_release.publish("1.1") == said.format("fork main data-v1.1")
    git("checkout", "--detach")
    assert data_release.publish("1.1").endswith(" data-v1.1'.")


@pytest.mark.parametrize("cached", [True, False])
def test_nothing_heavy_is_imported_before_the_check(
    released: Path, python: Callable[..., Any], cached: bool
) -> None:
    """It chooses the kernels, which must come first; also where the last list is not here."""
    if not cached:
        shutil.rmtree(".dvc/cache")
    code = (
        "import sys\n"
        f"from {PACKAGE}.commands import data_release\n"
        "data_release.check = lambda _: print(*sys.modules)\n"
        "sys.argv[1:] = ['1.2', 'New']\n"
        "data_release.main()"
    )
    (released / "data/raw/tree/7.png").write_bytes(b"new")
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    assert {"numpy", "torch"}.isdisjoint(done.stdout.split())
