"""What may come in: names that mean the same file everywhere, and no more bytes than allowed."""

import io
import os
import resource
from pathlib import Path

import pytest

from samebits.console.errors import UserError
from samebits.ingest.safe_copy import Bound, CopyLimits, Incoming, copy_folder, stripped

PLENTY = Bound(1000, "than there is room", "make some")


@pytest.fixture
def into(tmp_path: Path) -> Incoming:
    return Incoming(tmp_path / "raw", "cats.zip", 10, PLENTY)


def bring(into: Incoming, *names: str, size: int = 1) -> None:
    for name in names:
        into.file(name, io.BytesIO(bytes(size)), size)


def tree(folder: Path) -> list[str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [file.relative_to(folder).as_posix() for file in files]


def test_it_writes_what_it_is_given(tmp_path: Path, into: Incoming) -> None:
    into.folder("./cat/")
    bring(into, "./cat/tom.png", "dog//rex.png", "cat/naïve 日本 1.png")
    bring(into, "cat/.DS_Store", "__MACOSX/cat/._tom.png", ".git/config")
    assert tree(tmp_path / "raw") == ["cat/naïve 日本 1.png", "cat/tom.png", "dog/rex.png"]
    assert (into.files, into.bytes, into.hidden) == (3, 3, 3)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("/etc/passwd", "has an absolute path"),
        ("//server/share/1.png", "has an absolute path"),
        ("C:/1.png", "starts with a drive letter"),
        ("c:1.png", "starts with a drive letter"),
        ("cat\\..\\1.png", "has a backslash"),
        ("../1.png", r"leaves its folder through '\.\.'"),
        ("cat/../../1.png", r"leaves its folder through '\.\.'"),
        ("cat/..", r"leaves its folder through '\.\.'"),
        ("cat/1\n.png", "has control characters"),
        ("cat/1.png\0.exe", "has control characters"),
        ("cat/\udcff.png", "has control characters, or bytes that are not text"),
        ("con/1.png", "is the name of a device on Windows"),
        ("x. /1.png", "ends with a space, which Windows drops"),
        ("cat/\u202egnp.1", "are invisible or reverse its direction"),
        ("", "is not a file name"),
        ("./", "is not a file name"),
    ],
)
def test_a_name_that_is_refused(tmp_path: Path, into: Incoming, name: str, problem: str) -> None:
    with pytest.raises(UserError, match=rf"^cats\.zip: .* {problem}.*; .*Nothing was changed\.$"):
        bring(into, name)
    if name.strip("./"):
        with pytest.raises(UserError, match=problem):
            into.folder(name)
    assert tree(tmp_path) == []


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (("cat/1.png", "cat/1.png"), "is there twice"),
        (("cat/1.png", "./cat//1.png"), "is there twice"),
        (("cat", "cat/1.png"), "'cat' is both a file and a folder"),
        (("cat/1.png", "cat"), "'cat' is both a file and a folder"),
        (("cat/1.png", "cat/1.PNG"), "'cat/1.PNG' and 'cat/1.png' are the same name on other"),
        (("cat/1.png", "Cat/2.png"), "'Cat' and 'cat' are the same name on other systems"),
        (("é/1.png", "e\u0301/2.png"), "are the same name on other systems"),
        (("straße/1.png", "STRASSE/2.png"), "are the same name on other systems"),
    ],
)
def test_names_that_clash(into: Incoming, names: tuple[str, str], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        bring(into, *names)


def test_a_long_name_is_shown_in_part(tmp_path: Path, into: Incoming) -> None:
    with pytest.raises(UserError) as caught:
        bring(into, f"cat/{5000 * 'x'}.png")
    assert len(str(caught.value)) < 300
    assert "…" in str(caught.value)
    assert ".png' cannot be written" in str(caught.value)
    assert "; give it a shorter name. Nothing was changed." in str(caught.value)
    assert tree(tmp_path) == []


def test_a_folder_may_be_named_often(into: Incoming) -> None:
    into.folder("cat")
    into.folder("cat/")
    bring(into, "cat/1.png")
    into.folder("cat")


@pytest.mark.parametrize(("said", "held"), [(5, 6), (5, 4), (0, 1), (5, 3_000_000)])
def test_another_size_than_announced(tmp_path: Path, said: int, held: int) -> None:
    into = Incoming(tmp_path / "raw", "cats.zip", 10, Bound(5_000_000, "", ""))
    word = "more" if held > said else "less"
    with pytest.raises(UserError, match=f"'cat/1.png' holds {word} than the {said} bytes it says"):
        into.file("cat/1.png", io.BytesIO(bytes(held)), said)
    assert into.bytes <= 2**20


def test_too_many_bytes(tmp_path: Path, into: Incoming) -> None:
    with pytest.raises(UserError, match=r"more than there is room \(1000 bytes\); make some"):
        bring(into, "cat/0.png", size=1001)
    assert tree(tmp_path) == []
    bring(into, "cat/1.png", "cat/2.png", size=500)
    with pytest.raises(UserError, match="more than there is room"):
        bring(into, "cat/3.png")
    # Whatever the header claims: the bytes written count.
    with pytest.raises(UserError, match="more than there is room"):
        into.file("cat/4.png", io.BytesIO(b"1"), 0)


def test_too_many_files(into: Incoming) -> None:
    bring(into, *(f"cat/{n}.png" for n in range(8)), ".hidden")
    into.folder("dog")
    with pytest.raises(UserError, match="more than 10 files; raise --max-files"):
        bring(into, "cat/11.png")


def test_a_disk_that_is_full(into: Incoming) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(UserError, match=r"cannot be written \(File too large\); make room, or"):
            bring(into, "cat/1.png", size=101)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_the_least_bound_counts(tmp_path: Path) -> None:
    limits = CopyLimits(ratio=2)
    assert limits.expansion(10).bytes == 20
    assert 0 < limits.room(tmp_path).bytes < 2**60
    assert CopyLimits(bytes=7).room(tmp_path).bytes == 7
    into = Incoming(tmp_path / "raw", "cats.zip", 10, limits.room(tmp_path), limits.expansion(10))
    with pytest.raises(UserError, match="more than 2 times its own size, as a zip bomb does"):
        bring(into, "1.png", size=21)


def test_a_folder_is_copied(tmp_path: Path, into: Incoming) -> None:
    source = tmp_path / "cats"
    (source / "cat/.cache").mkdir(parents=True)
    (source / "cat/.cache/1.png").write_bytes(b"1")
    (source / "cat/1.png").write_bytes(b"1")
    (source / "cat/2.png").symlink_to("1.png")
    copy_folder(source, into)
    assert tree(tmp_path / "raw") == ["cat/1.png", "cat/2.png"]
    assert not (tmp_path / "raw/cat/2.png").is_symlink()


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("folder", "'dog' is a link to a folder; replace it by the folder itself"),
        ("nothing", "'dog' is neither a file nor a folder"),
        ("pipe", "'dog' is neither a file nor a folder"),
        ("closed", "'dog' cannot be read"),
    ],
)
def test_what_a_folder_may_not_hold(
    tmp_path: Path, into: Incoming, kind: str, problem: str
) -> None:
    source = tmp_path / "cats"
    (source / "cat").mkdir(parents=True)
    dog = source / "dog"
    if kind == "pipe":
        os.mkfifo(dog)
    elif kind == "closed":
        if os.geteuid() == 0:
            pytest.skip("root reads everything")
        dog.mkdir(mode=0)
    else:
        dog.symlink_to("cat" if kind == "folder" else "nowhere")
    with pytest.raises(UserError, match=problem):
        copy_folder(source, into)


@pytest.mark.parametrize(
    ("files", "home"),
    [
        ("cat/1.png dog/2.png", "."),
        ("all/cat/1.png all/dog/2.png", "all"),
        ("all/cat/1.png all/dog/2.png __MACOSX/all/cat/._1.png .DS_Store", "all"),
        ("a/b/cat/1.png a/b/dog/2.png", "a/b"),
        ("cat/1.png", "."),
        ("all/cat/1.png read.me", "."),
        ("train/cat/1.png test/cat/1.png", "."),
    ],
)
def test_a_folder_that_only_wraps(tmp_path: Path, files: str, home: str) -> None:
    for name in files.split():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"1")
    assert stripped(tmp_path) == tmp_path / home
