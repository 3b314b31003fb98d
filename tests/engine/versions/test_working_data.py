"""What DVC says of data/raw, and why it does not."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from samebits import programs
from samebits.console.errors import UserError
from samebits.versions import working_data


def test_what_dvc_says_of_the_data(unreleased: Path) -> None:
    assert working_data.state() == ""
    (unreleased / "data/raw/tree/9.png").write_bytes(b"new")
    assert working_data.state() == "modified"
    shutil.rmtree("data/raw")
    assert working_data.state() == "deleted"
    Path("data/raw.dvc").unlink()
    assert working_data.state() == "deleted"
    Path("data/raw.dvc").write_text("outs: [", encoding="utf-8")
    with pytest.raises(UserError, match="names no md5"):
        working_data.state()


@pytest.mark.parametrize("ask", [working_data.state, working_data.keep])
def test_where_dvc_fails_git_says_what_it_does_not_read(
    unreleased: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object]
) -> None:
    says = "raise SystemExit('ERROR: unexpected error - it is not owned by current user')"
    monkeypatch.setattr(programs, "dvc_command", lambda *_, **__: [sys.executable, "-c", says])
    with pytest.raises(UserError, match=r"DVC c.*: unexpected error - it is not owned by"):
        ask()
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(UserError, match=r"dubious ownership.* --add safe\.directory"):
        ask()


def test_dvc_fails_where_there_is_no_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert programs.dvc("status").returncode


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_dvc_does_not_wait_for_a_pipe(unreleased: Path) -> None:
    os.mkfifo(unreleased / "data/raw/tree/9.png")
    with pytest.raises(UserError, match=r"raw/tree/9\.png is neither a file nor a folder; remove"):
        working_data.state()


def test_the_last_line_of_a_message() -> None:
    assert working_data.last_line("ERROR: no such file\n\nHaving any troubles? Ask us!\n") == (
        "no such file"
    )
    listed = "ERROR: first\nERROR: in the way:\nb\na\nIs your cache up to date?\n<https://a>\n\nc\n"
    assert working_data.last_line(listed) == "in the way: b a"
    assert working_data.last_line("ERROR: all:\n1\n2\n3\n4") == "all: 1 2 3 and more"
    assert working_data.last_line("one\ntwo\n\n") == "two"
    assert working_data.last_line("") == "no reason"
