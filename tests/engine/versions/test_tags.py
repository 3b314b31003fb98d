"""Releases are found by Git's tags, and compared as numbers."""

import subprocess
from pathlib import Path

import pytest

from samebits.console.errors import UserError
from samebits.versions.tags import find, number, releases
from samebits.versions.working_data import working_version


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
    assert first.version != second.version == working_version()
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


def test_outside_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UserError, match="in no Git repository; run 'git init' and commit first"):
        releases()
    with pytest.raises(UserError, match="in no Git repository"):
        find("committed")
