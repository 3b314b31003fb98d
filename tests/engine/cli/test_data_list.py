"""All versions, and which of them is here, if any."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from documented import keys, printed

from samebits.cli import data_list
from samebits.data.raw_pointer import MARK
from samebits.versions.checkout import use

Said = Callable[[], list[str]]


@pytest.fixture
def said(verb: Callable[..., str]) -> Said:
    """The current output of the verb, line by line."""
    return lambda: verb("data list").splitlines()


def test_no_versions(unreleased: Path, said: Said) -> None:
    assert said() == ["This data has no version; 'samebits data release' makes one."]


def test_two_versions(released: Path, said: Said) -> None:
    header, first, second, _, last = said()
    assert header.split() == ["version", "date", "images", "classes", "note"]
    assert first.startswith("   1.0      20")
    assert first.endswith("       9        3  The first")
    assert second.startswith("*  1.1      20")
    assert last == "The data here is version 1.1."
    use("1.0")
    assert [line[0] for line in said()[1:3]] == ["*", " "]


def test_versions_for_programs(released: Path, verb: Callable[..., str]) -> None:
    content = json.loads(verb("data list", "--json"))
    assert printed(content) >= keys("data list") >= {*content}
    first, second = content["versions"]
    assert (first["name"], first["note"], sum(first["classes"].values())) == ("1.0", "The first", 9)
    assert content["here"] == {"version": second["version"], "release": "1.1", "state": ""}
    (released / "data/raw/tree/0.png").write_bytes(b"mine")
    assert json.loads(verb("data list", "--json"))["here"]["state"] == "modified"


def test_changed_data(released: Path, said: Said) -> None:
    (released / "data/raw/tree/0.png").write_bytes(b"mine")
    assert said()[-1] == (
        "The data here is not that of 1.1, which data/raw.dvc names: it was changed, or came "
        "with another commit."
    )
    assert not any(line.startswith("*") for line in said())


def test_no_data(released: Path, said: Said) -> None:
    shutil.rmtree("data/raw")
    assert said()[-1] == "data/raw is not here; data/raw.dvc names version 1.1."


def test_a_use_that_was_cut_off(released: Path, said: Said) -> None:
    MARK.write_text("1.0\n", encoding="utf-8")
    assert said()[-1] == "'samebits data checkout 1.0' was cut off; run it again."


def test_data_after_the_last_version() -> None:
    assert data_list.said([], "f" * 32 + ".dir", None, "") == (
        "This data has no version; 'samebits data release' makes one."
    )
    assert data_list.said([], None, None, "deleted") == "data/raw is not here."
    assert data_list.said([], "f" * 32 + ".dir", None, "modified") == (
        "The data here is not that of ffffffffffff, which data/raw.dvc names: it was changed, "
        "or came with another commit."
    )
