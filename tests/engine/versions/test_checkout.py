"""A version is checked out completely, under any code, and nothing unversioned is lost."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from samebits.console.errors import UserError
from samebits.core.files import md5
from samebits.data.raw_pointer import MARK
from samebits.data.release_file import CORRECTIONS, RECORD, release_of
from samebits.programs import dvc
from samebits.versions import checkout as steps
from samebits.versions import working_data
from samebits.versions.checkout import use
from samebits.versions.release import release
from samebits.versions.released_data import Release
from samebits.versions.tags import find
from samebits.versions.working_data import POINTER, RAW, working_version

HEADER = "md5,old,new,who,why\n"


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, encoding="utf-8", check=True)
    return done.stdout.strip()


def names() -> list[str]:
    """The examples that are there."""
    return sorted(path.relative_to(RAW).as_posix() for path in RAW.rglob("*.png"))


def here() -> tuple[object, ...]:
    """All that using a version may change."""
    files = {path: path.read_bytes() for path in Path("data").iterdir() if path.is_file()}
    return names(), files, git("status", "--porcelain")


def holds(name: str) -> bool:
    """Whether the data here is this version, complete."""
    listed = [example.path for example in find(name).examples()]
    version = working_version()
    return working_data.state() == "" and listed == names() and release_of(str(version)) == name


def refused(words: str, name: str = "1.0") -> None:
    """It is refused with these words, and nothing has changed."""
    before = here()
    with pytest.raises(UserError, match=words):
        use(name)
    assert here() == before
    assert not MARK.exists()


def correct(root: Path, rows: str = f"{HEADER}{'0' * 32},tree,square,me,seen\n") -> None:
    (root / CORRECTIONS).write_text(rows, encoding="utf-8")
    git("add", CORRECTIONS.as_posix())


def test_there_and_back(released: Path) -> None:
    log = Path("data/CHANGELOG.md").read_bytes()
    assert holds("1.1")
    assert use("1.0.0").name == "1.0"
    assert holds("1.0")
    assert Path("data/CHANGELOG.md").read_bytes() == log
    assert git("diff", "--name-only").splitlines() == ["data/raw.dvc", "data/release.json"]
    assert git("diff", "--cached", "--name-only") == ""
    use("committed")
    assert holds("1.1")
    assert git("status", "--porcelain") == ""


def test_other_code_stays(released: Path) -> None:
    (released / "params.yaml").write_text("newer: code\n", encoding="utf-8")
    use("1.0")
    assert (released / "params.yaml").read_text(encoding="utf-8") == "newer: code\n"


def test_older_code_and_back(released: Path) -> None:
    git("checkout", "-q", "data-v1.0")
    assert working_data.state() == "modified"  # Git moved the pointer, but not the data
    use("1.1")
    assert holds("1.1")
    git("checkout", "-q", "--force", "data-v1.0")
    (RAW / "tree/0.png").write_bytes(b"mine")
    refused("raw has changes that are in no version", "1.1")


def test_label_corrections_go_with_their_version(released: Path) -> None:
    correct(released)
    release("1.2", "Corrected", list)
    use("1.0")
    assert holds("1.0")
    assert Path(CORRECTIONS).read_text(encoding="utf-8") == HEADER
    use("1.1")
    use("1.2")
    assert git("status", "--porcelain") == ""


def test_what_the_code_of_the_last_commit_does_not_know_goes_again(released: Path) -> None:
    git("checkout", "-qb", "side")
    correct(released)
    release("1.2", "Corrected", list)
    git("checkout", "-q", "main")
    use("1.2")
    assert holds("1.2")
    use("committed")
    assert git("status", "--porcelain") == ""


def change_an_example() -> None:
    (RAW / "tree/0.png").write_bytes(b"mine")


def add_an_example() -> None:
    (RAW / "tree/mine.png").write_bytes(b"mine")


def lose_the_cache_too() -> None:
    shutil.rmtree(".dvc/cache")
    add_an_example()


@pytest.mark.parametrize("change", [change_an_example, add_an_example, lose_the_cache_too])
def test_changes_of_the_data_are_not_lost(released: Path, change: Callable[[], None]) -> None:
    change()
    refused(
        r"raw has changes that are in no version; keep them with 'samebits data release', or undo"
    )


def test_changes_of_a_file_are_not_lost(released: Path) -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8")) | {"note": "mine"}
    RECORD.write_text(json.dumps(record), encoding="utf-8")
    refused(r"release\.json has changes that are in no version; commit them, or undo")


def test_label_corrections_in_the_making_are_not_lost(released: Path) -> None:
    correct(released)
    refused(r"corrections\.csv has changes that are in no version")


def test_data_that_only_lie_there_are_kept_first(released: Path) -> None:
    """As in a clone whose examples did not come from DVC's cache."""
    shutil.rmtree(".dvc/cache")
    use("1.0")
    assert holds("1.0")
    shutil.rmtree("../remote")
    use("1.1")
    assert holds("1.1")


def test_data_of_which_the_cache_lacks_a_part_are_kept_first(released: Path) -> None:
    [content] = [example.md5 for example in find("1.1").examples() if example.path == "tree/3.png"]
    shutil.rmtree("../remote")
    Path(".dvc/cache/files/md5", content[:2], content[2:]).unlink()
    use("1.0")
    use("1.1")
    assert holds("1.1")


def test_data_that_are_nowhere(released: Path) -> None:
    shutil.rmtree("../remote")
    [content] = [
        example.md5 for example in find("1.0").examples() if example.path == "circle/0.png"
    ]
    Path(".dvc/cache/files/md5", content[:2], content[2:]).unlink()
    refused(
        r"the remote lacks files of version 1\.0 of the data.* data/raw/circle/0.png .*out 1\.0"
    )


@pytest.mark.parametrize("step", ["_fetch", "_checkout"])
def test_a_kill(released: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def killed(*_: object) -> None:
        shutil.rmtree(RAW / "tree")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(steps, step, killed)
        # A killed process restores nothing.
        patch.setattr(steps, "_put_back", lambda _: None)
        patch.setattr(Path, "unlink", lambda *_, **__: None)
        with pytest.raises(KeyboardInterrupt):
            use("1.0")
    with pytest.raises(UserError, match=r"'samebits data checkout 1\.0' was cut off"):
        release("1.2", "Parts of two", list)
    use("1.0")
    assert holds("1.0")
    assert not MARK.exists()


def test_it_does_not_matter_what_dvc_is_told_to_link(released: Path) -> None:
    dvc("config", "--local", "cache.type", "symlink")
    dvc("checkout", "--relink")
    assert (RAW / "tree/0.png").is_symlink()
    use("1.0")
    assert holds("1.0")


def test_what_a_pipeline_made_of_two_versions_is_no_obstacle(released: Path) -> None:
    MARK.write_text("1.0\n", encoding="utf-8")
    (RAW / "tree/3.png").unlink()
    assert dvc("add", RAW.as_posix()).returncode == 0
    use("1.0")
    assert holds("1.0")
    assert not MARK.exists()


def test_the_first_thing_that_went_wrong_is_told(
    released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if nothing can be restored, as on a full disk; the mark then says what to repeat."""

    def no_data(_target: object) -> None:
        patch.setattr(steps, "write_bytes", no_room)
        raise UserError("the first")

    def no_room(path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(steps, "_fetch", no_data)
        with pytest.raises(UserError, match="the first"):
            use("1.0")
    assert MARK.exists()
    use("1.0")
    assert holds("1.0")


def test_dvc_says_what_is_in_the_way(released: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def edited(target: Release) -> None:
        (RAW / "tree/2.png").write_bytes(b"edited")
        fetch(target)

    fetch = steps._fetch
    monkeypatch.setattr(steps, "_fetch", edited)
    with pytest.raises(UserError, match=rf"yet \(.*tree.*\).*'dvc checkout --force {POINTER}'"):
        use("1.0")


def test_a_version_whose_list_leads_elsewhere(released: Path) -> None:
    """The list is there, and its hash is right: someone with push access brought it in."""
    listed = json.dumps([{"md5": md5(b""), "relpath": "../../.git/hooks/pre-commit"}]).encode()
    name = f"{md5(listed)}.dir"
    place = released.parent / "remote/files/md5" / name[:2] / name[2:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(listed)
    text = POINTER.read_text(encoding="utf-8").replace(str(working_version()), name)
    before = POINTER.read_bytes()
    POINTER.write_text(text, encoding="utf-8")
    git("commit", "-qm", "Hostile", "--", POINTER.as_posix())
    git("tag", "data-v1.2")
    git("reset", "-q", "--hard", "HEAD~1")
    assert POINTER.read_bytes() == before
    for _ in range(2):  # the second time with what the first one may have left in the cache
        refused(r"names '../../\.git/hooks/pre-commit', which leaves its folder", "1.2")
    with pytest.raises(UserError, match="which leaves its folder"):
        find("1.2").examples()
    assert not Path(".git/hooks/pre-commit").exists()
