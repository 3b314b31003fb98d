"""Packing gives the examples another form and a version, and leaves their origin as it was."""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from samebits import programs
from samebits.console.errors import UserError
from samebits.data.raw_pointer import origin, record_origin
from samebits.data.source import archives
from samebits.versions import working_data

Settle = Callable[..., None]
RAW, POINTER = Path("data/raw"), Path("data/raw.dvc")
FROM = {"kind": "archive", "source": "all.zip", "sha256": "9f", "bytes": 9, "files": 9}


@pytest.fixture
def pack(settle: Settle, verb: Callable[..., str]) -> Callable[[str], list[str]]:
    def run(layout: str) -> list[str]:
        settle(Path("params.yaml"), data={"layout": layout})
        return verb("data pack").splitlines()

    return run


def test_there_and_back(unreleased: Path, pack: Callable[[str], list[str]]) -> None:
    record_origin(POINTER, FROM)
    before = working_data.working_version()
    assert pack("files") == [f"data/raw: 9 images in files of their own, version {before}"]
    line, following = pack("tar")
    packed = working_data.working_version()
    assert line == f"data/raw: 9 images in tar archives, version {packed}"
    assert following == "next: commit data/raw.dvc, then run 'dvc repro' and commit dvc.lock"
    assert working_data.state() == ""
    assert len(archives(RAW)) == 1
    assert origin(POINTER) == FROM | {"version": packed}
    pack("files")
    assert working_data.working_version() == before
    assert origin(POINTER) == FROM | {"version": before}


def test_other_images_have_another_origin(
    unreleased: Path, pack: Callable[[str], list[str]]
) -> None:
    record_origin(POINTER, FROM)
    (RAW / "tree/new.png").write_bytes((RAW / "tree/0.png").read_bytes())
    pack("tar")
    assert working_data.state() == ""
    assert origin(POINTER) is None


def test_without_a_pointer(unreleased: Path, pack: Callable[[str], list[str]]) -> None:
    POINTER.unlink()
    pack("tar")
    assert working_data.state() == ""
    assert origin(POINTER) is None


def test_what_was_imported_stays_as_it_is_there(
    unreleased: Path, pack: Callable[[str], list[str]]
) -> None:
    content = yaml.safe_load(POINTER.read_text(encoding="utf-8"))
    content |= {"deps": [{"path": "s3://bucket/pictures"}], "frozen": True}
    POINTER.write_text(yaml.safe_dump(content), encoding="utf-8")
    before = hashlib.md5(POINTER.read_bytes()).hexdigest()
    with pytest.raises(UserError, match=r"DVC imported data/raw, and 'dvc update' would bring"):
        pack("tar")
    assert not archives(RAW)
    assert hashlib.md5(POINTER.read_bytes()).hexdigest() == before


def test_nothing_to_pack(unreleased: Path, pack: Callable[[str], list[str]]) -> None:
    for path in RAW.glob("*/*"):
        path.unlink()
    before = POINTER.read_bytes()
    with pytest.raises(UserError, match="data/raw holds no example"):
        pack("tar")
    assert POINTER.read_bytes() == before


def test_a_repository_of_another_owner(
    unreleased: Path, pack: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    record_origin(POINTER, FROM)
    fails = [sys.executable, "-c", "raise SystemExit('ERROR: not owned by current user')"]
    monkeypatch.setattr(programs, "dvc_command", lambda *_, **__: fails)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(UserError, match=r"dubious ownership.* --add safe\.directory"):
        pack("tar")
    assert not archives(RAW)
