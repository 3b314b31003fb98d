"""The name of a release applies to its own data, and to no other."""

import json
from pathlib import Path

import pytest

from samebits.console.errors import UserError
from samebits.data import release_file as record
from samebits.data.release_file import CORRECTIONS, RECORD, Record

ONE = Record(release="1.0", version="abc.dir", corrections=None, note="First", classes={"a": 2})


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)


def test_there_and_back() -> None:
    record.write(ONE)
    assert record.parsed(RECORD.read_text(encoding="utf-8"), "here") == ONE


def test_data_that_were_released() -> None:
    record.write(ONE)
    assert record.release_of("abc.dir") == "1.0"
    assert record.release_of("other.dir") is None


def test_label_corrections_are_part_of_it() -> None:
    record.write(ONE)
    CORRECTIONS.write_text("md5,old,new,who,why\n", encoding="utf-8")
    assert record.release_of("abc.dir") == "1.0"
    CORRECTIONS.write_text("md5,old,new,who,why\n1,a,c,me,x\n", encoding="utf-8")
    assert record.release_of("abc.dir") is None
    checksum = record.corrections()
    record.write(Record(**{**json.loads(RECORD.read_text("utf-8")), "corrections": checksum}))
    assert record.release_of("abc.dir") == "1.0"
    CORRECTIONS.write_text("md5,old,new,who,why\n1,a,b,me,x\n", encoding="utf-8")
    assert record.release_of("abc.dir") is None


def test_data_that_were_not() -> None:
    assert record.release_of("abc.dir") is None
    RECORD.write_text('{"release": null}', encoding="utf-8")
    assert record.release_of("abc.dir") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"release": "1.0"}', "<<<<<<< HEAD"])
def test_a_damaged_record(text: str) -> None:
    RECORD.write_text(text, encoding="utf-8")
    with pytest.raises(
        UserError, match=r"release\.json is not what 'samebits data release' writes"
    ):
        record.release_of("abc.dir")


def test_what_a_result_belongs_to() -> None:
    summary = Path("reports.json")
    summary.write_text('{"version": "a", "release": null, "examples": 3}', encoding="utf-8")
    assert record.data_of(summary) == {"version": "a", "release": None}


@pytest.mark.parametrize("text", [None, "", "[]", '{"version": "a"}'])
def test_a_summary_that_is_none(text: str | None) -> None:
    if text is not None:
        Path("data.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="not what the validate stage writes; run 'dvc repro"):
        record.data_of(Path("data.json"))
