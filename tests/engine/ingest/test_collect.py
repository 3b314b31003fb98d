"""One command brings data in: the example, a folder, an archive, an address."""

import functools
import hashlib
import http.server
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from collecting import FILES, POINTER, RAW, Call, archive, content, give_version, point
from conftest import rendered
from handwritten_digits import data as yours

from samebits.console.errors import UserError
from samebits.core.png import png
from samebits.data import Decoded, Unreadable
from samebits.data.raw_pointer import origin, record_origin, recorded_version
from samebits.ingest import collect
from samebits.ingest import download as fetch
from samebits.ingest.example_data import version, write

USER = "me:secret"


def test_the_example_is_written_once(here: Path, call: Call) -> None:
    point(version(FILES), kind="example")
    assert f"4 files of example data, version {version(FILES)}" in call()
    assert content(RAW) == FILES
    assert "already holds the example data" in call()
    assert content(RAW) == FILES


def test_without_a_pointer_the_example_gets_one(here: Path, call: Call) -> None:
    RAW.mkdir()
    for _ in range(2):
        call()
        assert content(RAW) == FILES
        recorded = origin(POINTER)
        assert recorded is not None and recorded["kind"] == "example"
        assert recorded_version(POINTER) == version(FILES)
        POINTER.unlink()


def test_very_many_files(here: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """DVC is slow with them, and the packed layout is the way out."""
    raw = here / "pictures"
    for name in ("cat", "dog"):
        (raw / name).mkdir(parents=True)
        for number in range(2):
            (raw / name / f"{number}.png").write_bytes(png(np.full((1, 4, 4), number, np.uint8)))
    assert "DVC is slow" not in call(str(raw))
    monkeypatch.setattr(collect, "MANY_FILES", 3)
    assert (
        "DVC is slow with 4 files; 'layout: tar' in params.yaml and 'samebits data pack'"
        in call(str(raw), "--force")
    )
    params = Path("params.yaml").read_text(encoding="utf-8").replace("layout: files", "layout: tar")
    Path("params.yaml").write_text(params, encoding="utf-8")
    assert "DVC is slow" not in call(str(raw), "--force")


def test_other_data_than_the_example_is_expected(here: Path, call: Call) -> None:
    point("0" * 32 + ".dir")
    with pytest.raises(UserError, match=r"names other data than the example.*dvc pull.*REPLACE=1"):
        call()
    assert not RAW.exists()
    call("--force")
    assert recorded_version(POINTER) == version(FILES)


def test_other_data_than_the_example_is_there(here: Path, call: Call) -> None:
    (RAW / "mine").mkdir(parents=True)
    (RAW / "mine/1.png").write_bytes(b"mine")
    with pytest.raises(UserError, match="raw holds data; to replace it"):
        call()
    assert content(RAW) == {"mine/1.png": b"mine"}


def test_a_folder(here: Path, call: Call, fill: Callable[..., Path]) -> None:
    source = fill(here / "wrapped/pictures", count=2)
    (source / ".DS_Store").write_bytes(b"1")
    (source / "read.me").write_bytes(b"1")
    told = call(str(source.parent))
    assert set(content(RAW)) == {*content(source)} - {".DS_Store"}
    assert "6 files in 3 classes and 1 that cannot be used" in told
    assert "from folder wrapped\nnext: commit data/raw.dvc; set section 'input' of" in told
    expected = {"kind": "folder", "source": "wrapped", "files": 7}
    assert origin(POINTER) == {**expected, "version": version(content(RAW))}
    assert str(here) not in POINTER.read_text(encoding="utf-8")


def test_an_archive(here: Path, call: Call, fill: Callable[..., Path]) -> None:
    source = fill(here / "pictures", count=2)
    packed = archive(source)
    checksum = hashlib.sha256(packed.read_bytes()).hexdigest()
    with pytest.raises(UserError, match=rf"has the SHA-256 {checksum}, not 0000.*Nothing was"):
        call(str(packed), "--sha256", "0" * 64)
    assert list(Path("data").iterdir()) == []
    told = call(str(packed))
    assert f"(SHA-256 {checksum})\nno checksum was given" in told
    assert content(RAW) == content(source)
    expected = {"kind": "archive", "source": "pictures.zip", "sha256": checksum, "files": 6}
    size = packed.stat().st_size
    assert origin(POINTER) == {**expected, "bytes": size, "version": version(content(RAW))}
    with pytest.raises(UserError, match="raw holds data"):
        call(str(packed), "--sha256", checksum)
    assert "was not given" not in call(str(packed), "--sha256", f"SHA256:{checksum}", "--force")


def test_what_decode_reads_comes_in(
    here: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One readable file in the class folders is enough."""
    for name, text in {"a/1.txt": "?", "b/2.txt": "word"}.items():
        (here / "texts" / name).parent.mkdir(parents=True)
        (here / "texts" / name).write_text(text, encoding="utf-8")

    def decode(content: bytes, _: object) -> Decoded:
        if not content.isalpha():
            raise Unreadable("no word")
        return Decoded({}, {})

    monkeypatch.setattr(yours, "decode", decode)
    assert "2 files in 2 classes" in call("../texts")
    (here / "texts/b/2.txt").unlink()
    with pytest.raises(
        UserError, match=r"that `decode` of data\.py can read \(a/1\.txt: no word\)"
    ):
        call("../texts", "--force")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (["nowhere"], "nowhere does not exist; name a folder, an archive or an address"),
        (["."], "overlap; name a folder elsewhere"),
        (["data/raw"], "overlap; name a folder elsewhere"),
        (
            ["../flat"],
            r"no example .* \(1\.png: files belong in a folder per class; move it to",
        ),
        (
            ["../words"],
            r"no example that `decode` of data\.py can read \(cat/1\.png: its format is.*\); set "
            r"section `input` of params\.yaml to what your examples hold, or change `decode`\.",
        ),
        (
            ["../empty"],
            "no example .* can read; add files in a folder for each class, such as cat/",
        ),
        (["../flat", "--sha256", "0" * 64], "is a folder, which has no SHA-256"),
        (["s3://bucket/cats", "--sha256", "0" * 64], "is a folder, which has no SHA-256"),
        (["../flat.zip", "--sha256", "12"], "'12' is not a SHA-256"),
        (["--sha256", "0" * 64], "the example data needs no checksum"),
        (["../flat.zip", "--max-bytes", "1"], "more than --max-bytes allows"),
        (["../pictures", "--max-files", "1"], "more than 1 files"),
        (["../flat.zip", "--max-ratio", "0.1"], "more than 0.1 times its own size"),
        (["../flat/1.png"], "not an archive of a known kind"),
        (["file:///cats.zip"], "is a path on this machine; give it without file://"),
    ],
)
def test_what_is_refused(
    here: Path, call: Call, fill: Callable[..., Path], given: list[str], problem: str
) -> None:
    RAW.mkdir()
    (RAW / "mine.png").write_bytes(b"mine")
    flat = here / "flat"
    flat.mkdir()
    shutil.copyfile(fill(here / "pictures", count=1) / "tree/000.png", flat / "1.png")
    archive(flat, "flat.zip")
    (here / "words/cat").mkdir(parents=True)
    (here / "words/cat/1.png").write_bytes(b"no example")
    (here / "empty").mkdir()
    with pytest.raises(UserError, match=problem):
        call(*given, "--force")
    assert content(Path("data")) == {"raw/mine.png": b"mine"}


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("nowhere", "nowhere does not exist; name a folder, an archive or an address"),
        ("file:///cats.zip", "is a path on this machine; give it without file://"),
    ],
)
def test_a_wrong_path_is_told_before_what_would_be_replaced(
    here: Path, call: Call, source: str, problem: str
) -> None:
    RAW.mkdir()
    (RAW / "mine.png").write_bytes(b"mine")
    with pytest.raises(UserError, match=problem):
        call(source)
    assert content(Path("data")) == {"raw/mine.png": b"mine"}


def test_a_folder_that_cannot_be_written(here: Path, call: Call) -> None:
    Path("data").rmdir()
    Path("data").write_bytes(b"in the way")
    with pytest.raises(UserError, match="fix that and run it again; nothing was lost"):
        call()


def test_the_example_is_not_the_one_that_is_expected(here: Path, call: Call) -> None:
    point(version({"a/1.png": b""}), kind="example")
    with pytest.raises(UserError, match=r"another version of the example than scripts/example\.py"):
        call()
    assert not RAW.exists()
    call("--replace")
    assert recorded_version(POINTER) == version(FILES)


def test_a_project_without_an_example(here: Path, call: Call) -> None:
    Path("scripts/example.py").unlink()
    with pytest.raises(
        UserError, match=r"scripts/example\.py is missing, so there is no example data; name"
    ):
        call()


def test_a_package_of_the_example_that_is_not_to_be_had(here: Path, call: Call) -> None:
    Path("requirements").mkdir()
    Path("requirements/example.lock").touch()
    Path("scripts/setup.py").write_text("raise SystemExit(1)")
    with pytest.raises(UserError, match=r"requirements/example\.lock could not be installed"):
        call()
    assert not RAW.exists()


def test_the_next_call_finishes(here: Path, call: Call) -> None:
    point("0" * 32 + ".dir")
    arrived = Path("data/arrived")
    write(FILES, arrived / "raw")
    give_version(arrived)
    record_origin(arrived / "raw.dvc", {"kind": "example", "source": "tiny", "files": 4})
    told = call()
    assert "finished what an earlier call had brought in" in told
    assert "already holds the example data" in told


@pytest.fixture
def served(here: Path, fill: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server with here/pictures.zip, and a remote called `bucket` with the folder pictures."""
    archive(fill(here / "pictures", count=2))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    handler = functools.partial(Quiet, directory=str(here))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/pictures.zip"
        server.shutdown()
        thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def command(*arguments: str) -> None:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost"]
    if arguments[0] == "git":
        arguments = ("git", *identity, *arguments[1:])
    subprocess.run(arguments, check=True, capture_output=True)


def test_with_dvc(here: Path, call: Call, served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(here / "project")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    rendered(Path(), ".gitignore")
    Path(".dvc").mkdir()
    remote = f"['remote \"bucket\"']\n    url = {here.as_posix()}\n"
    Path(".dvc/config").write_text(f"[core]\n    analytics = false\n{remote}", encoding="utf-8")
    command("git", "init", "--quiet")
    source = content(here / "pictures")

    told = call(served.replace("http://", f"http://{USER}@") + "?token=1")
    assert f"6 files in 3 classes, {sum(map(len, source.values()))} bytes" in told
    assert content(RAW) == source
    assert recorded_version(POINTER) == version(source)
    kept = origin(POINTER)
    assert kept is not None
    assert (kept["kind"], kept["source"], kept["files"]) == (
        "archive",
        served,
        6,
    )
    assert "secret" not in POINTER.read_text(encoding="utf-8")

    with pytest.raises(UserError, match="has uncommitted changes"):
        call("remote://bucket/pictures", "--replace")
    command("git", "add", "--all")
    command("git", "commit", "--quiet", "-m", "Data")
    assert not subprocess.run(["git", "ls-files", "data/raw"], capture_output=True).stdout
    (here / "pictures/tree/new.png").write_bytes(source["tree/000.png"] + b"1")
    hidden = Path(".dvc/config.local")
    hidden.write_text(remote.replace("bucket", "hidden"), encoding="utf-8")
    with pytest.raises(UserError, match="clones would not know the remote 'hidden', which is not"):
        call("remote://hidden/pictures", "--replace")
    hidden.unlink()
    call("remote://bucket/pictures", "--replace")
    assert content(RAW) == content(here / "pictures")
    assert origin(POINTER) == {"kind": "bucket", "source": "remote://bucket/pictures", "files": 7}
    recorded = yaml.safe_load(POINTER.read_text(encoding="utf-8"))
    assert recorded["deps"][0]["path"] == "remote://bucket/pictures"
    assert sorted(path.name for path in Path("data").iterdir()) == ["raw", "raw.dvc"]
    assert recorded_version(POINTER) == version(content(RAW))


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_make_hands_on_what_was_written(tmp_path: Path) -> None:
    """Neither make nor the shell interprets any of it."""
    rendered(tmp_path, "Makefile")
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/venv").write_text("printf '%s\\n' \"$@\"\n", encoding="utf-8")
    text = 'it\'s $HOME and `some` "é" 😀 $(x)'
    command = ["make", "--no-print-directory", "data", f"FROM={text}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert done.stdout.splitlines()[-1] == text


def test_names_from_a_bucket_are_as_refused(
    here: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def import_folder(source: str, folder: Path) -> None:
        (folder / "raw/aux").mkdir(parents=True)
        (folder / "raw/aux/1.png").write_bytes(b"1")

    monkeypatch.setattr(fetch, "import_folder", import_folder)
    with pytest.raises(UserError, match=r"^s3://cats: 'aux/1\.png' is the name of a dev.* changed"):
        call("s3://cats")
    assert not RAW.exists()
