"""A stranger's commit and remote can write only into the outputs.

They try to write a Git hook, which would run at the next commit.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from samebits.console.errors import UserError
from samebits.core.files import md5
from samebits.remote import sync as remote

CONFIG = """[core]
    analytics = false
    remote = local
['remote "local"']
    url = ../../store
    verify = true
['remote "other"']
    url = ../../other
    verify = true
"""
SIDES = "<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> theirs\n"
EVIL = b"#!/bin/sh\ntouch owned\n"
HOOK = "../../.git/hooks/pre-commit"
CACHE = Path(".dvc/cache")
Plant = Callable[..., str]


def put(store: Path, content: bytes, suffix: str = "") -> str:
    name = md5(content) + suffix
    place = store / "files" / "md5" / name[:2] / name[2:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return name


def listed(*names: str) -> bytes:
    return json.dumps([{"md5": md5(EVIL), "relpath": name} for name in names]).encode()


def written() -> set[str]:
    """All files of the project and around it, except DVC's own."""
    around = Path("..").resolve()
    paths = {path.relative_to(around).as_posix() for path in around.rglob("*") if path.is_file()}
    own = ("project/.dvc/", "site/")
    return {path for path in paths if not path.startswith(own)}


@pytest.fixture
def plant(tmp_path: Path, cloned: Callable[[str], Path]) -> Plant:
    """Make a project and a remote: plant(*names, pointer=..., store=...) -> the hash."""
    cloned(CONFIG)

    def into(
        *names: str,
        pointer: str = "outs:\n- md5: {list}\n  hash: md5\n  path: raw\n",
        store: str = "../store",
    ) -> str:
        put(Path(store), EVIL)
        name = put(Path(store), listed(*names), ".dir")
        text = pointer.format(list=name, file=md5(EVIL))
        Path("data/raw.dvc").write_text(text, encoding="utf-8")
        return name

    return into


def refused(words: str, action: Callable[[], object] = remote.pull) -> None:
    """It is refused with these words, and no file was written."""
    before = written()
    with pytest.raises(UserError, match=words):
        action()
    assert written() == before


@pytest.mark.parametrize("name", [HOOK, "../../../outside", "a/../../x", "./x", "a\\b", "a/.git/x"])
def test_a_list_whose_hash_is_right_and_whose_names_are_not(plant: Plant, name: str) -> None:
    held = plant("cat/1.png", name)
    refused("the list of data/raw names ")
    assert not (CACHE / "files" / "md5" / held[:2] / held[2:]).exists()


def test_a_list_that_the_cache_has_already(plant: Plant) -> None:
    plant(HOOK, store=CACHE.as_posix())
    refused("the list of data/raw names ")


def test_a_list_that_is_not_what_the_cache_says(plant: Plant) -> None:
    """DVC assumes that read-only objects there are intact."""
    held = plant("cat/1.png")
    copy = CACHE / "files" / "md5" / held[:2] / held[2:]
    copy.parent.mkdir(parents=True)
    copy.write_bytes(listed(HOOK))
    copy.chmod(0o444)
    remote.pull()
    assert {path for path in written() if "/raw/" in path} == {"project/data/raw/cat/1.png"}
    assert not Path(".git/hooks/pre-commit").exists()


def test_a_list_on_a_remote_of_its_own(plant: Plant) -> None:
    pointer = "outs:\n- md5: {list}\n  hash: md5\n  path: raw\n  remote: other\n"
    plant(HOOK, pointer=pointer, store="../other")
    refused("the list of data/raw names ")


def test_a_list_in_the_pointer_itself(plant: Plant) -> None:
    entry = "  - md5: {file}\n    relpath: " + HOOK
    plant("cat/1.png", pointer=f"outs:\n- path: raw\n  hash: md5\n  files:\n{entry}\n")
    refused("the list of data/raw names ")


def test_a_list_where_dvc_2_kept_it(plant: Plant) -> None:
    """Without `hash: md5` DVC looks there, and would write unchecked files."""
    name = plant(HOOK, pointer="outs:\n- md5: {list}\n  path: raw\n")
    for place in (Path("../store"), CACHE):
        old = place / name[:2] / name[2:]
        old.parent.mkdir(parents=True, exist_ok=True)
        old.write_bytes(listed(HOOK))
        evil = place / md5(EVIL)[:2] / md5(EVIL)[2:]
        evil.parent.mkdir(parents=True, exist_ok=True)
        evil.write_bytes(EVIL)
        refused("without 'hash: md5'")


def test_a_list_of_another_file_that_git_would_quote(plant: Plant) -> None:
    plant(HOOK)
    Path("data/raw.dvc").rename("data/räw.dvc")
    refused("the list of data/raw names ")


def test_a_list_of_a_pipeline_in_a_folder(plant: Plant) -> None:
    held = plant(HOOK)
    Path("data/raw.dvc").unlink()
    Path("data/dvc.yaml").write_text("stages:\n  a:\n    cmd: b\n    outs: [raw]\n", "utf-8")
    out = f"    - path: raw\n      md5: {held}\n      hash: md5\n"
    lock = f"stages:\n  a:\n    cmd: b\n    outs:\n{out}"
    Path("data/dvc.lock").write_text(f"schema: '2.0'\n{lock}", "utf-8")
    refused("the list of data/raw names ")


def test_the_object_of_a_file_elsewhere(plant: Plant) -> None:
    text = json.dumps([{"md5": "../../../../../store/x", "relpath": "a"}]).encode()
    held = put(Path("../store"), text, ".dir")
    plant(pointer=f"outs:\n- md5: {held}\n  hash: md5\n  path: raw\n")
    refused("the list of data/raw is not one of DVC's")


@pytest.mark.parametrize(
    "pointer",
    [
        "outs:\n- md5: {file}\n  hash: md5\n  path: ../.GIT/hooks/pre-commit\n",
        "outs:\n- md5: {file}\n  hash: md5\n  path: ../../outside\n",
        "outs:\n- md5: {file}\n  hash: md5\n  path: ../.gitattributes\n",
        "wdir: ..\nouts:\n- md5: {file}\n  hash: md5\n  path: .github/workflows/ci.yml\n",
        "wdir: ../..\nouts:\n- md5: {file}\n  hash: md5\n  path: x\n",
        "outs:\n- md5: ../../../../../store/x\n  hash: md5\n  path: raw\n",
    ],
)
def test_an_output_elsewhere(plant: Plant, pointer: str) -> None:
    plant(pointer=pointer)
    refused("data/raw.dvc names |DVC cannot read this project: ")


@pytest.mark.parametrize(
    ("link", "name"), [("data/raw", "pre-commit"), ("data/raw/cat", "cat/pre-commit")]
)
def test_a_folder_that_is_a_link(plant: Plant, link: str, name: str) -> None:
    plant(name)
    Path(link).parent.mkdir(exist_ok=True)
    Path(link).symlink_to(os.path.relpath(".git/hooks", Path(link).parent))
    refused(f"{link} is a link to ")


def test_a_file_that_is_a_link_is_replaced(plant: Plant) -> None:
    plant("cat/1.png")
    Path("data/raw/cat").mkdir(parents=True)
    Path("data/raw/cat/1.png").symlink_to("../../../.git/hooks/pre-commit")
    remote.pull()
    assert not Path(".git/hooks/pre-commit").exists()
    assert Path("data/raw/cat/1.png").read_bytes() == EVIL


@pytest.mark.parametrize("path", ["data/raw.dvc", "dvc.yaml", "dvc.lock", ".dvc/config"])
@pytest.mark.parametrize("action", [remote.pull, remote.push])
def test_a_file_that_was_merged(plant: Plant, path: str, action: Callable[[], object]) -> None:
    plant("cat/1.png")
    Path("dvc.yaml").write_text("stages:\n  a:\n    cmd: b\n", "utf-8")
    Path("dvc.lock").write_text("schema: '2.0'\nstages:\n  a:\n    cmd: b\n", "utf-8")
    text = Path(path).read_text(encoding="utf-8")
    Path(path).write_text(SIDES.format(text=text), encoding="utf-8")
    refused(f"^{path} has conflict markers; take one side", action)


DVC_FILES = ("data/raw.dvc", "dvc.yaml", "dvc.lock")


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("data/raw.dvc", "", "data/raw.dvc names no output; restore it from Git"),
        ("data/raw.dvc", "a: b: c", "DVC cannot read this project: .*data/raw.dvc"),
        ("data/raw.dvc", "[]", "data/raw.dvc names no output; restore it from Git"),
        ("data/raw.dvc", "outs: 1", "DVC cannot read this project: .*data/raw.dvc"),
        ("dvc.lock", "stages: 1", "DVC cannot read this project: .*dvc.lock"),
        ("dvc.yaml", "stages: 1", "DVC cannot read this project: .*dvc.yaml"),
        *((path, "[" * 200000, f"{path} nests lists more than 100 deep") for path in DVC_FILES),
        ("data/raw.dvc", "outs:\n" + "- " * 200000, "data/raw.dvc nests lists more than 100"),
        ("dvc.yaml", "? " * 200000, "dvc.yaml nests lists more than 100 deep; restore"),
        (".dvc/config", "[core", "DVC cannot read this project: .*config"),
        (".dvc/config", "", "there is no remote; name one"),
    ],
)
def test_a_file_that_is_damaged(plant: Plant, path: str, text: str, words: str) -> None:
    plant("cat/1.png")
    Path("dvc.yaml").write_text("stages:\n  a:\n    cmd: b\n", "utf-8")
    Path(path).write_text(text, encoding="utf-8")
    refused(words)


def test_a_push_refuses_what_a_pull_would(plant: Plant) -> None:
    plant("cat/.DS_Store", store=CACHE.as_posix())
    refused(r"names 'cat/\.DS_Store', which is hidden", remote.push)


def test_what_dvc_alone_would_do(plant: Plant) -> None:
    """The reason for all of this; if this fails, DVC checks names itself."""
    plant(HOOK)
    pull = [sys.executable, "-m", "dvc", "pull", "--quiet"]
    subprocess.run(pull, check=True)
    assert Path(".git/hooks/pre-commit").read_bytes() == EVIL
