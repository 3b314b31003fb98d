"""Data goes to a remote and comes back complete, or not at all."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from samebits import programs
from samebits.console.errors import UserError
from samebits.core.files import md5
from samebits.remote import dvc_errors as transfer
from samebits.remote import filesystem as store_module
from samebits.remote import sync as remote
from samebits.remote.tracked import outputs

FILES = {"cat/a.txt": b"one", "cat/b.txt": b"two", "dog/c.txt": b"three"}
CONFIG = """[core]
    analytics = false
    remote = local
['remote "local"']
    url = ../../store
    verify = true
"""
Fake = Callable[..., None]


def place(store: Path, name: str) -> Path:
    return store / "files" / "md5" / name[:2] / name[2:]


def put(store: Path, name: str, content: bytes) -> None:
    place(store, name).parent.mkdir(parents=True, exist_ok=True)
    place(store, name).write_bytes(content)


def listed(files: Mapping[str, bytes]) -> bytes:
    """The list of a folder, as DVC writes it."""
    return json.dumps(
        [{"md5": md5(text), "relpath": path} for path, text in files.items()]
    ).encode()


LIST = f"{md5(listed(FILES))}.dir"


@pytest.fixture
def store(tmp_path: Path, cloned: Callable[[str], Path]) -> Path:
    """A remote that holds a folder; the current folder is a fresh clone without it."""
    root = cloned(CONFIG)
    pointer = f"outs:\n- md5: {LIST}\n  hash: md5\n  path: raw\n"
    (root / "data/raw.dvc").write_text(pointer, encoding="utf-8")
    subprocess.run(["git", "add", "-A"], check=True, capture_output=True)
    for text in FILES.values():
        put(tmp_path / "store", md5(text), text)
    put(tmp_path / "store", LIST, listed(FILES))
    return tmp_path / "store"


@pytest.fixture
def fake(store: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Replaces DVC's calls of a remote: fake(output, status, shown)."""

    def instead(said: str, status: int = 0, shown: str = "") -> None:
        code = "import sys; sys.stderr.write(sys.argv[1]); print(sys.argv[2], end='')"
        command = [sys.executable, "-c", f"{code}; sys.exit({status})", said, shown]
        plain = programs.dvc_command
        monkeypatch.setattr(
            programs,
            "dvc_command",
            lambda *given, module="dvc": plain(*given) if module == "dvc" else command,
        )

    return instead


def have() -> dict[str, bytes]:
    """What is in the folder now."""
    paths = [path for path in Path("data/raw").rglob("*") if path.is_file()]
    return {path.relative_to("data/raw").as_posix(): path.read_bytes() for path in paths}


def test_what_was_pushed_comes_back(store: Path, capfd: pytest.CaptureFixture[str]) -> None:
    remote.pull()
    assert have() == FILES
    shutil.rmtree(store)
    remote.push()
    assert place(store, LIST).read_bytes() == listed(FILES)
    assert all(place(store, md5(text)).read_bytes() == text for text in FILES.values())
    assert "4 files pushed" in capfd.readouterr().out


def test_a_pointer_is_the_file_whether_git_knows_it_or_not(store: Path) -> None:
    subprocess.run(["git", "rm", "--quiet", "--cached", "data/raw.dvc"], check=True)
    assert outputs(["data/raw.dvc"]) == {"data/raw": LIST}
    subprocess.run(["git", "add", "data/raw.dvc"], check=True)
    Path("data/raw.dvc").unlink()
    assert outputs() == {}


def test_what_was_deleted_there_is_pushed_again(store: Path) -> None:
    """Even if DVC has seen the list there, and believes that everything it names is there."""
    remote.pull()
    remote.push()
    place(store, md5(b"two")).unlink()
    remote.push()
    assert place(store, md5(b"two")).read_bytes() == b"two"
    assert place(store, LIST).read_bytes() == listed(FILES)


def test_what_cannot_be_pushed_leaves_the_list_there(store: Path) -> None:
    remote.pull()
    for folder in (store, Path(".dvc/cache")):
        place(folder, md5(b"two")).unlink()
    with suppress(UserError):
        remote.push()
    assert place(store, LIST).read_bytes() == listed(FILES)


def test_a_changed_object_is_refused_until_it_is_mended(store: Path) -> None:
    put(store, md5(b"two"), b"owt")
    with pytest.raises(UserError, match=r"does not hold what was pushed as data/raw/cat/b\.txt"):
        remote.pull()
    assert have() == {}
    put(store, md5(b"two"), b"two")
    remote.pull()
    assert have() == FILES


def test_a_changed_list_is_refused(store: Path) -> None:
    changed = {**FILES, "dog/a.txt": FILES["cat/a.txt"], "../../outside.txt": FILES["cat/a.txt"]}
    put(store, LIST, listed(changed))
    with pytest.raises(UserError, match=r"does not hold what was pushed as data/raw \(files/md5/"):
        remote.pull(["data/raw.dvc"])
    assert have() == {}
    assert not Path("outside.txt").exists()
    assert not place(Path(".dvc/cache"), LIST).exists()


def test_a_changed_list_that_a_bare_pull_believed_is_forgotten(store: Path) -> None:
    put(store, LIST, listed({"dog/a.txt": FILES["cat/a.txt"]}))
    subprocess.run([sys.executable, "-I", "-m", "dvc", "pull"], check=True, capture_output=True)
    assert have() == {"dog/a.txt": FILES["cat/a.txt"]}
    put(store, LIST, listed(FILES))
    remote.pull()
    assert have() == FILES


def test_what_is_not_there_is_named(store: Path) -> None:
    place(store, md5(b"two")).unlink()
    words = r"the remote 'local' lacks data/raw/cat/b\.txt \(.*run 'make push'"
    with pytest.raises(UserError, match=words):
        remote.pull()
    assert have() == {}


def test_a_push_names_what_it_could_not_find(store: Path, fake: Fake) -> None:
    fake(f"WARNING: Missing cache files:\nmd5: {LIST}\n", shown="Everything is up to date.\n")
    with pytest.raises(UserError, match=r"neither the cache here nor the remote 'local' has data/"):
        remote.push()


@pytest.mark.parametrize("action", [remote.pull, remote.push])
@pytest.mark.parametrize("target", ["nonsense", "dat"])
def test_a_target_that_nothing_names(
    store: Path, action: Callable[[Sequence[str]], None], target: str
) -> None:
    with pytest.raises(UserError, match=rf"'{target}' is not an output in dvc\.lock, a \.dvc"):
        action(["data/raw.dvc", target])


def test_without_a_remote(store: Path) -> None:
    Path(".dvc/config").write_text("[core]\n    analytics = false\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"no remote; name one with 'dvc remote add"):
        remote.push()


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("URL 's3://b' is supported but requires 'dvc-s3' to be installed", "needs dvc-s3; name"),
        ("ERROR: unexpected error - Unable to locate credentials", "does not let you in"),
        ("ERROR: The AWS Access Key Id: InvalidAccessKeyId", "does not let you in"),
        ("PermissionDenied: Permission denied for user a", "does not let you in"),
        ("Host key is not trusted for host a", "has a key that this machine does not know"),
        ("ERROR: bucket does not exist: NoSuchBucket", "create the bucket"),
        ("ConnectionRefusedError: [Errno 111] Connect call failed", "cannot be reached"),
        ("ERROR: Unable to acquire lock", "in use by another DVC"),
        ("ValueError: Connection string is either blank or malformed.", "does not let you in"),
        ("NotADirectoryError: [Errno 20] Not a directory: '/a/b'", "is not in a folder; choose"),
    ],
)
def test_a_cause_is_one_sentence(said: str, meaning: str) -> None:
    sentence = str(transfer.failure("s3", "s3://bucket/digits", said))
    assert sentence.startswith("the remote 's3' (s3://bucket/digits) ")
    assert meaning in sentence


def test_a_broken_connection_is_not_taken_for_missing_objects(fake: Fake) -> None:
    fake(f"ERROR: failed to transfer '{md5(b'two')}' - Connection reset by peer", 1)
    with pytest.raises(UserError, match="cannot be reached; fix the network"):
        remote.pull()


def test_too_little_memory_is_no_fault_of_a_remote() -> None:
    def full(*_: object) -> None:
        raise MemoryError

    place: Any = SimpleNamespace(name="beside", url="x", place=str, system=Mock(exists=full))
    with pytest.raises(MemoryError):
        remote._drop_lists(place, {"1.dir": set()})
    with pytest.raises(MemoryError), store_module._explained("beside", "x"):
        full()


@pytest.mark.parametrize("action", [remote.pull, remote.push])
def test_what_it_does_not_know_is_shown(
    fake: Fake, capfd: pytest.CaptureFixture[str], action: Callable[[], None]
) -> None:
    fake("ERROR: something new", 1)
    with pytest.raises(UserError, match=r"DVC failed with the remote 'local' .*, as shown above"):
        action()
    assert "ERROR: something new" in capfd.readouterr().err


@pytest.mark.parametrize("url", ["s3://bucket", "gs://bucket", "azure://bucket", "ssh://a/b"])
def test_without_the_plugin(store: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    Path(".dvc/config").write_text(CONFIG.replace("../../store", url), encoding="utf-8")
    for name in ("dvc_s3", "dvc_gs", "dvc_azure", "dvc_ssh"):
        monkeypatch.setitem(sys.modules, name, None)
    plugin = f"dvc-{url.partition(':')[0]}"
    with pytest.raises(UserError, match=rf"'local' \({url}\) needs {plugin}; name it in requi"):
        remote.pull()


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ([], ["data/raw", "models/w", "reports/a.csv"]),
        (["data/raw.dvc"], ["data/raw"]),
        (["data/raw/cat"], ["data/raw"]),
        (["train"], ["models/w"]),
        (["reports"], ["reports/a.csv"]),
    ],
)
def test_targets_are_outputs_pointers_and_stages(
    store: Path, targets: list[str], expected: list[str]
) -> None:
    lock = {"train": "models/w", "report": "reports/a.csv"}
    stages = locked = ""
    for name, path in lock.items():
        stages += f"  {name}:\n    cmd: x\n    outs:\n    - {path}\n"
        locked += f"  {name}:\n    cmd: x\n    outs:\n    - path: {path}\n"
        locked += f"      hash: md5\n      md5: {md5(path.encode())}\n"
    Path("dvc.yaml").write_text(f"stages:\n{stages}", encoding="utf-8")
    Path("dvc.lock").write_text(f"schema: '2.0'\nstages:\n{locked}", encoding="utf-8")
    assert sorted(outputs(targets)) == expected
