"""The pointer: a version, and the origin of that version only."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import PYTHONPATH, ROOT

from samebits.console.errors import UserError
from samebits.data.raw_pointer import alone, described, origin, record_origin, recorded_version

ARCHIVE = {"kind": "archive", "source": "cats.zip", "sha256": "ab", "bytes": 7, "files": 2}


def point(pointer: Path, version: str, **more: object) -> Path:
    text = yaml.safe_dump({"outs": [{"md5": version, "path": "raw"}], **more})
    pointer.write_text(text, encoding="utf-8")
    return pointer


def test_no_pointer(tmp_path: Path) -> None:
    assert recorded_version(tmp_path / "raw.dvc") is None
    assert origin(tmp_path / "raw.dvc") is None


@pytest.mark.parametrize(
    "text", ["", "outs: []", "outs: [{path: raw}]", "a: b: c", "\xff", "[" * 9999]
)
def test_a_damaged_pointer(tmp_path: Path, text: str) -> None:
    (tmp_path / "raw.dvc").write_text(text, encoding="utf-8")
    for read in (recorded_version, origin):
        with pytest.raises(UserError, match="names no md5; restore it from Git"):
            read(tmp_path / "raw.dvc")


def test_a_pointer_that_was_merged(tmp_path: Path) -> None:
    sides = "<<<<<<< HEAD\n- md5: 1\n=======\n- md5: 2\n>>>>>>> b\n"
    (tmp_path / "raw.dvc").write_text(f"outs:\n{sides}  path: raw\n", encoding="utf-8")
    for read in (recorded_version, origin):
        with pytest.raises(UserError, match=r"raw\.dvc has conflict markers; take one side"):
            read(tmp_path / "raw.dvc")


def test_an_origin_belongs_to_its_version(tmp_path: Path) -> None:
    pointer = point(tmp_path / "raw.dvc", "1.dir", meta={"note": "mine"}, desc="cats")
    assert origin(pointer) is None
    record_origin(pointer, ARCHIVE)
    assert origin(pointer) == {**ARCHIVE, "version": "1.dir"}
    assert described(ARCHIVE) == "archive cats.zip (SHA-256 ab)"
    content = yaml.safe_load(pointer.read_text(encoding="utf-8"))
    assert (content["desc"], content["meta"]["note"]) == ("cats", "mine")
    # `dvc add` of other data changes the hash and leaves `meta` as it is.
    point(pointer, "2.dir", meta=content["meta"])
    assert recorded_version(pointer) == "2.dir"
    assert origin(pointer) is None


def test_dvc_moves_an_import_on_itself(tmp_path: Path) -> None:
    pointer = point(tmp_path / "raw.dvc", "1.dir")
    record_origin(pointer, {"kind": "bucket", "source": "s3://cats/all"})
    meta = yaml.safe_load(pointer.read_text(encoding="utf-8"))["meta"]
    point(pointer, "2.dir", meta=meta)
    assert origin(pointer) == {"kind": "bucket", "source": "s3://cats/all"}


def test_the_shipped_pointer_says_where_the_data_came_from() -> None:
    pointers = [*(ROOT / "data").glob("*raw.dvc*")]  # one for each task
    assert pointers and all(map(origin, pointers))


def test_one_command_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wait = "with alone(): print('alone', flush=True); input()"
    code = f"from {alone.__module__} import alone\n{wait}"
    command, environment = [sys.executable, "-c", code], os.environ | {"PYTHONPATH": PYTHONPATH}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"alone\n"
        with pytest.raises(UserError, match="another command changes the data of this project"):
            alone().__enter__()
        other.kill()
    with alone():
        pass
