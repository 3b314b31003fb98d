"""Replacing data: nothing is lost unasked; a kill anywhere leaves the old or the new data."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from conftest import PYTHONPATH

from samebits import programs
from samebits.console.errors import UserError
from samebits.data.raw_pointer import record_origin, recorded_version
from samebits.ingest.example_data import version, write
from samebits.ingest.swap import DataFolder

OLD = {"cat/1.png": b"old", "dog/1.png": b"dog"}
NEW = {"cat/1.png": b"new", "rat/1.png": b"rat"}
IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@localhost")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    """A project in Git, its data committed."""
    monkeypatch.chdir(tmp_path)
    place = DataFolder(Path("data"))
    write(OLD, place.raw)
    point(place.pointer, version(OLD))
    git("init", "--quiet")
    commit()
    return place


def point(pointer: Path, md5: str) -> None:
    text = yaml.safe_dump({"outs": [{"md5": md5, "path": "raw"}]})
    pointer.write_text(text, encoding="utf-8")


def git(*arguments: str) -> None:
    subprocess.run(["git", *IDENTITY, *arguments], check=True, capture_output=True)


def commit() -> None:
    git("add", "data/raw.dvc")
    git("commit", "--quiet", "--no-verify", "-m", "Data")


def content(raw: Path) -> dict[str, bytes]:
    files = sorted(path for path in raw.rglob("*") if path.is_file())
    return {file.relative_to(raw).as_posix(): file.read_bytes() for file in files}


def renew(place: DataFolder) -> None:
    with place.exchange() as folder:
        write(NEW, folder / "raw")
        point(folder / "raw.dvc", version(NEW))


def dvc_says(monkeypatch: pytest.MonkeyPatch, said: object, code: int = 0) -> None:
    text = "import sys; sys.stdout.write(sys.argv[1]); sys.exit(int(sys.argv[2]))"
    command = [sys.executable, "-c", text, json.dumps(said), str(code)]
    monkeypatch.setattr(programs, "dvc_command", lambda *_, **__: command)


def test_the_new_takes_the_place_of_the_old(place: DataFolder) -> None:
    renew(place)
    assert content(place.raw) == NEW
    assert recorded_version(place.pointer) == version(NEW)
    assert sorted(path.name for path in Path("data").iterdir()) == ["raw", "raw.dvc"]
    assert not place.settle()


def test_what_was_replaced_cannot_be_removed(
    place: DataFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The new data is in place, so this is not a failure."""

    def rmtree(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", f"{folder}/1.png")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", rmtree)
        renew(place)
    assert content(place.raw) == NEW
    said = capsys.readouterr().err
    assert said.startswith("note: data/replaced, with what was replaced, cannot be removed (data/r")
    assert not place.settle()
    assert not (place.raw.parent / "replaced").exists()


def test_what_fails_changes_nothing(place: DataFolder) -> None:
    with pytest.raises(KeyboardInterrupt), place.exchange() as folder:
        write(NEW, folder / "raw")
        raise KeyboardInterrupt
    assert content(place.raw) == OLD
    assert sorted(path.name for path in Path("data").iterdir()) == ["raw", "raw.dvc"]


def test_nothing_to_lose(place: DataFolder) -> None:
    shutil.rmtree(place.raw)
    point(place.pointer, version(NEW))
    record_origin(place.pointer, {"kind": "example", "source": "tiny", "files": 2})
    place.refuse_to_lose(replace=False, force=False)
    place.raw.mkdir()
    place.pointer.unlink()
    place.refuse_to_lose(replace=False, force=False)


def test_to_replace_must_be_said(place: DataFolder) -> None:
    with pytest.raises(UserError, match=r"raw holds data; .* --replace \(make: REPLACE=1\)"):
        place.refuse_to_lose(replace=False, force=False)
    shutil.rmtree(place.raw)
    with pytest.raises(UserError, match=r"raw\.dvc names other data; .* --replace"):
        place.refuse_to_lose(replace=False, force=False)
    place.refuse_to_lose(replace=True, force=False)


def test_what_nothing_could_bring_back(place: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(why: str) -> None:
        with pytest.raises(UserError, match=f"raw could not be restored: .*{why}.*; save it with"):
            place.refuse_to_lose(replace=True, force=False)
        place.refuse_to_lose(replace=False, force=True)

    dvc_says(monkeypatch, {})
    place.refuse_to_lose(replace=True, force=False)
    dvc_says(monkeypatch, {"uncommitted": {"modified": ["data/raw/"]}})
    refused("changed since it got its version")
    dvc_says(monkeypatch, {"not_in_cache": ["data/raw/"]})
    refused("cache does not hold all of it")
    dvc_says(monkeypatch, {}, code=1)
    refused("DVC does not know its state")
    point(place.pointer, version(NEW))
    refused("has uncommitted changes")
    git("rm", "--quiet", "--cached", "data/raw.dvc")
    refused("has uncommitted changes")
    shutil.rmtree(".git")
    refused("this folder is in no Git repository")
    place.pointer.unlink()
    refused("it has no version")


def test_the_example_can_always_be_made_again(
    place: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    dvc_says(monkeypatch, {"not_in_cache": ["data/raw/"]})
    record_origin(place.pointer, {"kind": "example", "source": "tiny", "files": 2})
    commit()
    place.refuse_to_lose(replace=True, force=False)
    (place.raw / "cat/mine.png").write_bytes(b"mine")
    with pytest.raises(UserError, match="cache does not hold all of it"):
        place.refuse_to_lose(replace=True, force=False)


# Brings data in repeatedly, killed at its first step that touches the disk, its second, ...; after
# each kill it checks what is there, before and after the next call.
KILLS = """
import json, os, shutil, signal, sys, zipfile
from pathlib import Path
from PIL import Image
from samebits.ingest import collect, download as fetch
from samebits.ingest.example_data import version, write
from samebits.ingest.swap import DataFolder
from samebits.ingest.safe_copy import CopyLimits
from samebits.core.png import png
from samebits.data.raw_pointer import recorded_version
import numpy

EVENTS = ("os.rename", "os.mkdir", "os.rmdir", "os.remove", "open", "os.listdir", "os.scandir")
place, example = DataFolder(Path("data")), png(numpy.zeros((1, 2, 2), numpy.uint8))
old, new = (
    {f"{one}/{number}.png": example + one.encode() for number in (1, 2)} for one in ("cat", "dog")
)
Image.init()
with zipfile.ZipFile("new.zip", "w") as archive:
    for name, content in new.items():
        archive.writestr(name, content)

def content(raw):
    files = sorted(one for one in raw.rglob("*") if one.is_file())
    return {one.relative_to(raw).as_posix(): one.read_bytes() for one in files}

def point(folder):
    out = dict(md5=version(content(folder / "raw")), path="raw")
    (folder / "raw.dvc").write_text(json.dumps(dict(outs=[out])))

def killed(at):
    count = 0
    def hook(event, arguments):
        nonlocal count
        if event in EVENTS and "data" in str(arguments[0]):
            count += 1
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
    collect.collect(place, "new.zip", "", CopyLimits(), True, True, lambda content: "")

fetch.give_version = point
seen, at, status = [], 0, signal.SIGKILL
while status == signal.SIGKILL:
    at += 1
    shutil.rmtree("data", ignore_errors=True)
    write(old, place.raw)
    point(Path("data"))
    child = os.fork()
    if child == 0:
        killed(at)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    whole = [content(one) for one in (place.raw, Path("data/arrived/raw")) if one.exists()]
    assert old in whole or new in whole, (at, whole)
    place.settle()
    now = content(place.raw)
    assert now in (old, new), (at, now)
    assert recorded_version(place.pointer) == version(now), at
    assert sorted(os.listdir("data")) == ["raw", "raw.dvc"], (at, os.listdir("data"))
    seen.append("old" if now == old else "new")
assert status == 0, status
print(seen.count("old"), seen.count("new"), seen == sorted(seen, reverse=True))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_killed_anywhere(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    python: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    monkeypatch.chdir(tmp_path)
    done = python("-c", KILLS, PYTHONPATH=PYTHONPATH)
    assert done.returncode == 0, done.stderr
    old, new, in_order = done.stdout.split()
    assert int(old) > 10 and int(new) > 10 and in_order == "True", done.stdout
