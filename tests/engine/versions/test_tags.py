"""Releases are found by Git's tags, compared as numbers, and read from the cache or the remote."""

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from samebits import programs
from samebits.console.errors import UserError
from samebits.versions import tags as versions
from samebits.versions.release import release
from samebits.versions.tags import find, number, releases


@pytest.mark.parametrize(
    ("low", "high"), [("1.9", "1.10"), ("0.1", "0.2"), ("1.99", "2.0"), ("1.0", "1.0.1")]
)
def test_order(low: str, high: str) -> None:
    assert number(low) < number(high)


def test_zeros_at_the_end_say_nothing() -> None:
    assert number("1.0") == number("1.0.0")
    assert number("0.0") < number("0.0.1")


@pytest.mark.parametrize(
    "name",
    ["", "1", "v1.0", "1.", "1.0\n", "01.0", "1.0-rc", "1.0.0.0.0", "1.\u0661", "1.1234567890"],
)
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(UserError, match=r"is not a version of data; write numbers with dots"):
        number(name)


def test_the_releases(released: Path) -> None:
    for tag in ("data-vold", "v3.0"):
        subprocess.run(["git", "tag", tag], check=True)
    first, second = releases()
    assert (first.name, second.name) == ("1.0", "1.1")
    assert first.commit != second.commit
    assert first.version != second.version == versions.working_version()
    assert second.record is not None
    assert second.record.classes == {"circle": 1, "square": 4, "tree": 4}
    assert find("1.1.0") == second
    assert find("committed").version == second.version
    assert len(first.examples()) == len(second.examples()) == 9


def test_there_is_no_such_release(released: Path) -> None:
    with pytest.raises(
        UserError, match=r"no version 1\.2 of the data; the versions are: 1\.0, 1\.1 \('"
    ):
        find("1.2")


def test_a_list_that_the_cache_has_not(released: Path) -> None:
    expected = find("1.0").examples()
    shutil.rmtree(".dvc/cache")
    assert find("1.0").examples() == expected


def test_a_list_that_nobody_has(released: Path) -> None:
    shutil.rmtree(".dvc/cache")
    shutil.rmtree("../remote")
    with pytest.raises(UserError, match=r"the list of version 1\.0 .* the cache, and .*push'"):
        find("1.0").examples()


def test_a_list_that_was_tampered_with_on_the_remote(released: Path) -> None:
    version = find("1.0").version
    shutil.rmtree(".dvc/cache")
    (there,) = Path("../remote").glob(f"**/{version[2:]}")
    there.write_bytes(there.read_bytes().replace(b"circle", b"square"))
    with pytest.raises(UserError, match=f"{version[2:]} .* is not what was pushed; delete it"):
        find("1.0").examples()


def test_the_packed_layout_holds_the_same_examples(released: Path) -> None:
    expected = find("1.1").examples()
    raw = released / "data/raw"
    with tarfile.open(raw / "0.tar", "w") as archive:
        for path in sorted(raw.glob("*/*.png")):
            archive.add(path, path.relative_to(raw).as_posix())
    for name in ("circle", "square", "tree"):
        shutil.rmtree(raw / name)
    done = release("1.2", "Packed", list)
    assert done == "Since 1.1: 0 added, 0 removed, 0 relabelled, 0 renamed."
    assert find("1.2").examples() == expected
    record = find("1.2").record
    assert record is not None
    assert record.classes == {"circle": 1, "square": 4, "tree": 4}


def test_a_tag_of_a_commit_without_data(released: Path) -> None:
    for command in ("rm -q --cached data/raw.dvc", "commit -qm none", "tag data-v2.0"):
        subprocess.run(["git", *command.split()], check=True)
    with pytest.raises(UserError, match=r"raw\.dvc of version 2\.0 of the data is missing"):
        _ = find("2.0").version


def test_outside_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UserError, match="in no Git repository; run 'git init' and commit first"):
        releases()
    with pytest.raises(UserError, match="in no Git repository"):
        find("committed")


def test_what_dvc_says_of_the_data(unreleased: Path) -> None:
    assert versions.state() == ""
    (unreleased / "data/raw/tree/9.png").write_bytes(b"new")
    assert versions.state() == "modified"
    shutil.rmtree("data/raw")
    assert versions.state() == "deleted"
    Path("data/raw.dvc").unlink()
    assert versions.state() == "deleted"
    Path("data/raw.dvc").write_text("outs: [", encoding="utf-8")
    with pytest.raises(UserError, match="names no md5"):
        versions.state()


@pytest.mark.parametrize("ask", [versions.state, versions.keep])
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
        versions.state()


def test_the_last_line_of_a_message() -> None:
    assert versions.last_line("ERROR: no such file\n\nHaving any troubles? Ask us!\n") == (
        "no such file"
    )
    listed = "ERROR: first\nERROR: in the way:\nb\na\nIs your cache up to date?\n<https://a>\n\nc\n"
    assert versions.last_line(listed) == "in the way: b a"
    assert versions.last_line("ERROR: all:\n1\n2\n3\n4") == "all: 1 2 3 and more"
    assert versions.last_line("one\ntwo\n\n") == "two"
    assert versions.last_line("") == "no reason"
