"""A release of valid data is made completely or not at all; the same command repeats it."""

import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from samebits import programs
from samebits.console.errors import UserError
from samebits.data.release_file import CORRECTIONS, RECORD, release_of
from samebits.remote.sync import push
from samebits.versions import release as steps
from samebits.versions import working_data
from samebits.versions.changelog import CHANGELOG
from samebits.versions.release import release
from samebits.versions.tags import releases
from samebits.versions.working_data import working_version


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, encoding="utf-8", check=True)
    return done.stdout.strip()


def state() -> tuple[str, ...]:
    """The last commit, the tags, what is changed below data/, and those files."""
    files = sorted(path for path in Path("data").iterdir() if path.is_file())
    texts = [file.read_text(encoding="utf-8") for file in files]
    return git("rev-parse", "HEAD"), git("tag"), git("status", "--porcelain"), *texts


def refused(
    words: str, name: str = "1.2", note: str = "New", check: Callable[[], object] = list
) -> None:
    """It is refused with these words, and nothing has changed."""
    before = state()
    with pytest.raises(UserError, match=words):
        release(name, note, check)
    assert state() == before


def change(root: Path) -> None:
    """An example with another content than all others."""
    content = (root / "data/raw/tree/2.png").read_bytes()
    (root / "data/raw/tree/5.png").write_bytes(content + b"\n")


def test_what_a_release_leaves(released: Path) -> None:
    assert git("status", "--porcelain") == ""
    assert git("show", "--format=", "--name-only", "data-v1.0").splitlines()[-2:] == [
        "data/CHANGELOG.md",
        "data/release.json",
    ]
    changed = git("diff", "--name-only", "data-v1.0", "data-v1.1").splitlines()
    assert changed == ["data/CHANGELOG.md", "data/raw.dvc", "data/release.json"]
    assert git("tag", "--list", "--format=%(objecttype) %(contents:subject)") == (
        "tag Data 1.0: The first\ntag Data 1.1: Others"
    )
    log = Path("data/CHANGELOG.md").read_text(encoding="utf-8")
    assert log.index("## 1.1 (") < log.index("## 1.0 (")
    assert "Since 1.0: 1 added, 1 removed, 1 relabelled, 1 renamed." in log
    assert "| circle | 1 | 0 | 1 | 0 | 1 |\n" in log
    version = working_version()
    assert version is not None
    assert release_of(version) == "1.1"
    pushed = Path("../remote/files/md5")
    assert (pushed / version[:2] / version[2:]).is_file()


@pytest.mark.parametrize(
    ("name", "note", "words"),
    [
        ("1.1", "New", r"version 1\.1 of the data exists"),
        ("1.1.0", "New", r"version 1\.1\.0 of the data exists"),
        ("1.0.9", "New", r"would go backwards: the last one is 1\.1"),
        ("two", "New", "is not a version of data"),
        ("1.2", " ", "the note is missing; say what is new"),
        ("1.2", "a\nb", "line breaks or control characters"),
        ("1.2", "a\x1b[2J", "line breaks or control characters"),
        ("1.2", "Same", r"the data is that of version 1\.1; there is nothing to release"),
    ],
)
def test_names_and_notes(released: Path, name: str, note: str, words: str) -> None:
    refused(words, name, note)


def test_data_that_fail_the_check(released: Path) -> None:
    def check() -> None:
        assert working_version() != before
        raise UserError("bad.png is no example")

    before = working_version()
    change(released)
    refused(r"bad\.png is no example", check=check)
    assert working_data.state() == "modified"


@pytest.mark.parametrize("again", [False, True])
def test_data_that_change_while_they_are_checked(released: Path, again: bool) -> None:
    """The tagged data is the checked data, whatever the hooks of this repository do."""
    change(released)

    def check() -> None:
        (released / "data/raw/tree/5.png").unlink()
        if again:
            working_data.keep()

    refused("data/raw changed while it was checked; run the same command again", check=check)


def test_the_first_thing_that_went_wrong_is_told(
    released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(released)

    def no_room(path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    def check() -> None:
        monkeypatch.setattr(steps, "write_bytes", no_room)
        raise UserError("the first")

    with pytest.raises(UserError, match="the first"):
        release("1.2", "New", check)


def test_no_data(released: Path) -> None:
    (released / "data/raw").rename("elsewhere")
    git("add", "elsewhere")
    refused("raw is missing; get the data with 'dvc pull")


def test_a_pointer_that_was_edited_by_hand(released: Path) -> None:
    pointer = released / "data/raw.dvc"
    version = str(working_version())
    pointer.write_text(pointer.read_text("utf-8").replace(version, "0" * 32 + ".dir"), "utf-8")
    refused(r"raw\.dvc was changed, and .* holds other data than it names; if the data is right")


def test_a_pointer_that_names_what_lies_there(released: Path) -> None:
    """As after `dvc add`, which is what people do."""
    change(released)
    subprocess.run(["git", "add", "data/raw.dvc"], check=True)
    done = programs.dvc("add", "-q", "data/raw")
    assert done.returncode == 0
    said = release("1.2", "One more", list)
    assert said == "Since 1.1: 1 added, 0 removed, 0 relabelled, 0 renamed."


def test_a_changelog_with_changes(released: Path) -> None:
    with (released / "data/CHANGELOG.md").open("a", encoding="utf-8") as file:
        file.write("mine\n")
    refused(r"CHANGELOG\.md has changes that are not committed; commit or undo")


def test_a_file_that_git_does_not_know(released: Path) -> None:
    (released / CORRECTIONS).write_text("md5,old,new,who,why\n", encoding="utf-8")
    refused(r"corrections\.csv is not in Git: 'git add' it if it belongs to the data")


def test_conflicts(released: Path) -> None:
    git("switch", "-qc", "side")
    for branch in ("side", "main"):
        git("switch", "-q", branch)
        content = {"release": None, "of": branch}
        (released / RECORD).write_text(json.dumps(content), "utf-8")
        git("commit", "-qam", branch)
    subprocess.run(["git", "merge", "-q", "side"], capture_output=True, check=False)
    refused("a merge is under way; finish or abort it")
    (released / ".git/MERGE_HEAD").unlink()
    refused(r"release\.json has conflicts; settle them and 'git add' it")


def test_a_git_that_knows_nobody(released: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("config", "user.useConfigOnly", "true")
    git("config", "--unset", "user.email")
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(released))
    monkeypatch.delenv("EMAIL", raising=False)
    refused("Git does not know who you are; run 'git config user.name")


def test_what_else_is_staged_stays_staged(released: Path) -> None:
    with (released / "params.yaml").open("a", encoding="utf-8") as file:
        file.write("# mine\n")
    git("add", "params.yaml")
    content = hashlib.md5((released / "data/raw/tree/2.png").read_bytes()).hexdigest()
    row = f"md5,old,new,who,why\n{content},tree,circle,me,round\n"
    (released / CORRECTIONS).write_text(row, encoding="utf-8")
    git("add", "data/corrections.csv")
    done = release("1.2", "Corrected", list)
    assert done == "Since 1.1: 0 added, 0 removed, 1 relabelled, 0 renamed."
    assert "| circle | 2 | 0 | 0 | 1 | 0 |" in CHANGELOG.read_text(encoding="utf-8")
    committed = git("show", "--format=", "--name-only").splitlines()
    assert committed == ["data/CHANGELOG.md", "data/corrections.csv", "data/release.json"]
    assert git("status", "--porcelain") == "M  params.yaml"


def test_a_remote_that_cannot_be_reached(unreleased: Path) -> None:
    remote = unreleased.with_name("remote")
    remote.write_text("in the way", encoding="utf-8")
    refused("could not be pushed, so version 1.0 is not made: .* Then run the same command", "1.0")
    remote.unlink()
    assert release("1.0", "First", list) == "The first version: 9 images."


def test_what_was_deleted_on_the_remote_is_sent_again(released: Path) -> None:
    change(released)
    working_data.keep()
    version = working_version()
    assert version is not None
    push(["data/raw.dvc"])
    content = hashlib.md5(Path("data/raw/tree/5.png").read_bytes()).hexdigest()
    there = Path("../remote/files/md5", content[:2], content[2:])
    there.unlink()
    release("1.2", "New", list)
    assert there.is_file()


def test_a_hook_that_refuses(released: Path) -> None:
    change(released)
    hook = released / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho no >&2; exit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    log = (released / "data/CHANGELOG.md").read_text(encoding="utf-8")
    with pytest.raises(UserError, match=r"Git did not commit .* version 1\.2 is not made"):
        release("1.2", "New", list)
    assert (released / "data/CHANGELOG.md").read_text(encoding="utf-8") == log
    assert git("status", "--porcelain") == ""
    hook.unlink()
    release("1.2", "New", list)
    assert releases()[-1].name == "1.2"


@pytest.mark.parametrize("step", ["_push", "_commit", "_tag"])
def test_a_kill_before_a_step(released: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    change(released)
    before = git("rev-parse", "HEAD")
    with monkeypatch.context() as patch:
        patch.setattr(steps, step, killed)
        patch.setattr(steps, "_restore", lambda _: None)  # a killed process cleans up nothing
        with pytest.raises(KeyboardInterrupt):
            release("1.2", "Cut off", list)
    assert [release.name for release in releases()] == ["1.0", "1.1"]
    if step == "_tag":
        with pytest.raises(UserError, match=r"version 1\.2 of the data is committed, but has no"):
            release("1.3", "Cut off", list)
    release("1.2", "Cut off", list)
    assert [release.name for release in releases()] == ["1.0", "1.1", "1.2"]
    assert git("rev-list", "--count", f"{before}..data-v1.2") == "1"
    assert git("status", "--porcelain") == ""
    log = (released / "data/CHANGELOG.md").read_text(encoding="utf-8")
    assert log.count("## 1.2 (") == 1
    assert log.count("\n## ") == 3
