"""The content of a commit is found, or reported as missing."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from samebits import programs
from samebits.console.errors import UserError
from samebits.core.files import md5
from samebits.remote import revisions
from samebits.remote.revisions import Revision

LOSSES = "step,loss\n0,0.5\n1,0.25\n"
BASE = "0123456789" * 4
EXPERIMENT = f"refs/exps/{BASE[:2]}/{BASE[2:]}"


def test_every_way_to_name_one(history: Any) -> None:
    commit = history.commit()
    history.git("tag", "-a", "v1", "-m", "one")
    history.git("branch", "side/way")
    history.git("update-ref", f"{EXPERIMENT}/thin-er", commit)
    for name in (commit, commit[:8], "HEAD", "main", "v1", "side/way", "thin-er"):
        assert Revision.find(name) == Revision(name, commit)


@pytest.mark.parametrize("name", ["nothing", "--all", "", "HEAD~1", "stash"])
def test_none_of_this_name(history: Any, name: str) -> None:
    commit = history.commit()
    history.git("update-ref", "refs/exps/stash", commit)
    with pytest.raises(UserError, match=f"no commit, tag, branch or experiment '{name}'"):
        Revision.find(name)


def test_two_experiments_of_one_name(history: Any) -> None:
    first, second = history.commit(), history.commit(sources={"src/p/model.py": "x"})
    history.git("update-ref", f"{EXPERIMENT}/twin", first)
    history.git("update-ref", f"refs/exps/ff/{BASE[2:]}/twin", second)
    with pytest.raises(UserError, match="2 experiments called 'twin'") as error:
        Revision.find("twin")
    assert first[:10] in str(error.value)
    assert second[:10] in str(error.value)


def test_without_a_lock(history: Any) -> None:
    history.write("a", "b")
    history.git("add", "-A")
    history.git("commit", "-q", "-m", "no lock")
    with pytest.raises(UserError, match=r"there is no dvc\.lock in main to compare with; run"):
        _ = Revision.find("main").lock


@pytest.mark.parametrize("content", ["", "[]", "stages:", "stages: [", "stages: []"])
def test_a_lock_without_stages(content: str) -> None:
    with pytest.raises(UserError, match=r"dvc\.lock has no stages"):
        revisions.parsed(content)


@pytest.mark.parametrize(
    "stage", ["a: 1", "a: {outs: 1}", "a: {outs: [1]}", "a: {deps: [{md5: 1}]}", "a: [1]"]
)
def test_a_lock_that_dvc_does_not_write(stage: str) -> None:
    with pytest.raises(UserError, match=r"dvc\.lock is not what DVC writes, in 'a'"):
        revisions.parsed(f"stages:\n  {stage}\n")


def test_a_lock_that_was_merged() -> None:
    with pytest.raises(UserError, match=r"dvc\.lock has conflict markers; take one side"):
        revisions.parsed("stages:\n<<<<<<< HEAD\n  a: {}\n=======\n  b: {}\n>>>>>>> b\n")


@pytest.mark.parametrize("text", ["outs: 1", "outs: [1]", "outs: [{md5: 1}]", "a: 1"])
def test_a_pointer_without_outputs(history: Any, text: str) -> None:
    revision = Revision.find(history.commit(files={"data/raw.dvc": text}))
    with pytest.raises(UserError, match=r"data/raw\.dvc of .* names no output"):
        revision.data()


def test_an_output_of_the_cache(history: Any) -> None:
    revision = Revision.find(history.commit())
    assert revision.losses() == LOSSES
    assert revision.output("data/prepared/train/examples.csv") == b"md5\na\nb\n"
    assert revision.output("data/prepared/train/other.json") is None
    assert revision.output("models/other", fetch=True) is None


def test_an_output_that_someone_edited_in_the_cache(history: Any) -> None:
    revision = Revision.find(history.commit())
    for path in (history.cache / "files").rglob("*"):
        if path.is_file() and path.read_text(encoding="utf-8") == LOSSES:
            path.write_text(LOSSES.replace("0.25", "0.26"), encoding="utf-8")
    assert revision.output("reports/losses.csv") is None


def test_an_output_that_git_keeps(history: Any) -> None:
    revision = Revision.find(history.commit(files={"reports/losses.csv": LOSSES}))
    for path in [path for path in history.cache.rglob("*") if path.is_file()]:
        path.unlink()
    assert revision.losses() == LOSSES
    assert revision.output("models/w") is None


def test_what_the_cache_lacks_is_asked_of_the_remote(
    history: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = Revision.find(history.commit())
    history.write(".dvc/config", f"[core]\nremote = r\n['remote \"r\"']\nurl = {history.cache}\n")
    monkeypatch.setattr(revisions, "cache_folder", lambda: Path("nowhere"))
    assert revision.losses() == LOSSES
    assert revision.output("data/prepared/train/examples.csv", fetch=True) == b"md5\na\nb\n"
    assert revision.output("models/w") is None
    shutil.rmtree(history.cache)
    assert revision.losses() is None
    assert revision.output("models/w", fetch=True) is None


def test_a_list_that_leads_elsewhere_is_refused(history: Any) -> None:
    listed = json.dumps([{"md5": md5(b""), "relpath": "../../x"}])
    name = f"{md5(listed.encode())}.dir"
    history.store(name, listed)
    lock = f"stages:\n  prepare:\n    outs:\n    - path: data/p\n      md5: {name}\n"
    revision = Revision.find(history.commit(files={"dvc.lock": lock}))
    with pytest.raises(
        UserError, match=r"the list of data/p names '../../x', which leaves its folder"
    ):
        revision.output("data/p/x")


def test_the_folder_of_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".dvc").mkdir()
    settings = "[core]\n    no_scm = true\n[cache]\n    dir = ../elsewhere\n"
    (tmp_path / ".dvc" / "config").write_text(settings, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert revisions.cache_folder().name == "elsewhere"


def test_the_record_of_the_bits(history: Any) -> None:
    revision = Revision.find(history.commit())
    record = revision.record()
    assert record is not None
    assert record["machine"] == history.machine


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"outputs": {}}', '{"outputs": [1]}', '{"outputs": {"a": "1"}}']
)
def test_a_record_of_other_bits_or_none(history: Any, text: str) -> None:
    assert Revision.find(history.commit(files={"provenance/train.json": text})).record() is None


def test_what_a_lock_is_too_old_for(history: Any) -> None:
    assert Revision.find(history.commit()).stale() == []
    files = {"src/p/model.py": "new", "params.yaml": "{optimization: {rate: 6e-3}}"}
    stale = Revision.find(history.commit(files=files)).stale()
    assert stale == ["reproducibility.level", "src/p/model.py"]


def test_a_key_that_params_had_left_out_makes_a_lock_too_old(history: Any) -> None:
    text = "{optimization: {rate: 0.006, more: 1}, reproducibility: {level: off}, other: {key: 1}}"
    stale = Revision.find(history.commit(files={"params.yaml": text})).stale()
    assert stale == ["optimization.more"]


def test_params_are_text(history: Any) -> None:
    files = {"params.yaml": "a: {level: off, rate: 1e-5, sizes: [1, 2]}"}
    params = Revision.find(history.commit(files=files)).params()
    assert params == {"a.level": "off", "a.rate": "1e-5", "a.sizes": ["1", "2"]}


@pytest.mark.parametrize("text", ["", "[", "a"])
def test_params_that_are_none(history: Any, text: str) -> None:
    with pytest.raises(UserError, match=r"params\.yaml of HEAD is missing or is not YAML"):
        history.commit(files={"params.yaml": text})
        Revision.find("HEAD").params()


def test_a_file_that_git_cannot_read_is_not_absent(history: Any) -> None:
    history.commit(files={"notes.txt": "a text of its own"})
    revision = Revision.find("HEAD")
    assert revision.text("notes.txt") == "a text of its own"
    assert revision.text("gone.txt") is None
    blob = revision.files("notes.txt")["notes.txt"]
    file = Path(f".git/objects/{blob[:2]}/{blob[2:]}")
    file.chmod(0o644)
    file.write_bytes(b"damaged")
    with pytest.raises(UserError, match="Git failed in 'git show': "):
        revision.text("notes.txt")


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [("6e-3", "0.006", True), ("a", "a", True), ("a", "b", False), ("1", None, False)],
)
def test_same_values(old: Any, new: Any, same: bool) -> None:
    assert revisions.same_value(old, new) is same


def test_in_a_folder_of_a_larger_repository(
    history: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    Path(".git").rename(tmp_path / ".git")
    commit = history.commit()
    assert Revision.find(commit).losses() == LOSSES
    assert set(Revision.find(commit).files("src")) == {"src/p/model.py"}


@pytest.mark.parametrize("place", [".dvc/tmp/rwlock", ".dvc/tmp/exps/rwlock"])
@pytest.mark.parametrize("left", ["", '{"write": {"/a'])
def test_locks_that_a_killed_dvc_left_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, left: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(left, "utf-8")
    assert programs.dvc_command("status")[-1] == "status"
    assert not path.exists()


@pytest.mark.parametrize("whole", ['{"write": {}, "read": {}}', '{"write": {"/a": {"pid": 1}}}'])
def test_locks_that_are_whole_or_soon_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / ".dvc/tmp/rwlock"
    path.parent.mkdir(parents=True)
    for before in (whole, whole[:5]):
        path.write_text(before, "utf-8")
        monkeypatch.setattr(programs, "sleep", lambda _: path.write_text(whole, "utf-8"))
        programs.dvc_command("status")
        assert path.read_text("utf-8") == whole
