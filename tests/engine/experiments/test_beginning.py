"""The remains of an experiment killed while it started are undone, and nothing else is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from samebits.console.errors import UserError
from samebits.experiments import runner
from samebits.experiments.beginning import NOTE, check_place, noted, undo

PARAMS = "model:\n  width: 8 # channels\n  depth: 2\n"
VALUES = {"model.width": 16}


def test_a_folder_in_which_dvc_begins_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its Git fails at such a path, and waiting for its worker would take forever."""
    (tmp_path / "schön").mkdir()
    monkeypatch.chdir(tmp_path / "schön")
    with pytest.raises(UserError, match=r"schön: the path has characters beyond ASCII; move"):
        runner.run_missing({"one": {}})
    monkeypatch.chdir(tmp_path)
    check_place()


def git(*arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgSign=false")
    done = subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)
    return done.stdout.decode().strip()


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    git("init", "-q", "-b", "main")
    Path("params.yaml").write_text(PARAMS, encoding="utf-8")
    Path("code.py").write_text("1\n", encoding="utf-8")
    Path(".gitignore").write_text("/.dvc\n", encoding="utf-8")
    git("add", "-A")
    git("commit", "-q", "-m", "First")


def killed(**changed: object) -> None:
    """What DVC leaves: HEAD on no branch, the values in params.yaml, and the note."""
    with noted(VALUES):
        note = json.loads(NOTE.read_text(encoding="utf-8"))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    NOTE.write_text(json.dumps(note | {"process": ended.pid} | changed), encoding="utf-8")
    git("checkout", "-q", "--detach")
    Path("params.yaml").write_text("model: {width: 16, depth: 2}\n", encoding="utf-8")


def test_what_dvc_changed_is_put_back() -> None:
    killed()
    assert undo()
    assert git("status", "--porcelain") == ""
    assert git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert Path("params.yaml").read_text(encoding="utf-8") == PARAMS
    assert not undo()


def test_head_alone() -> None:
    killed()
    git("checkout", "-q", "--", "params.yaml")
    assert undo()
    assert git("symbolic-ref", "HEAD") == "refs/heads/main"


def test_who_was_on_no_branch_stays_there() -> None:
    git("checkout", "-q", "--detach")
    killed()
    assert undo()
    assert git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("params.yaml", "model: {width: 16, depth: 3}\n"),
        ("params.yaml", "model: {width: 17, depth: 2}\n"),
        ("params.yaml", "model: {width"),
        ("code.py", "2\n"),
    ],
)
def test_what_a_person_changed_stays(name: str, content: str) -> None:
    killed()
    Path(name).write_text(content, encoding="utf-8")
    assert not undo()
    assert Path(name).read_text(encoding="utf-8") == content
    assert "width: 8" not in Path("params.yaml").read_text(encoding="utf-8")


def test_one_that_is_beginning_now_is_left_alone() -> None:
    killed(process=os.getpid())
    assert not undo()
    assert NOTE.exists()


@pytest.mark.parametrize("note", ["", "[" * 100_000, "7", "{}"])
def test_a_damaged_note_undoes_nothing(note: str) -> None:
    killed()
    NOTE.write_text(note, encoding="utf-8")
    assert not undo()


def test_after_another_commit_nothing_is_undone() -> None:
    killed(commit="0" * 40)
    assert not undo()


def test_no_note_is_left_of_what_began_well() -> None:
    with pytest.raises(ValueError), noted(VALUES):
        assert NOTE.exists()
        raise ValueError
    assert not NOTE.exists()
