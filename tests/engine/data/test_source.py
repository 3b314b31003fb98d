"""Files below data/raw are all read, and everything that cannot be an example is named at once."""

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from samebits.console.errors import UserError
from samebits.data.source import Source, sources

Fill = Callable[..., Path]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.symlink_to("nowhere"), "is a link that leads nowhere"),
        (lambda path: path.symlink_to("..", True), "is a link to a folder around it"),
        (os.mkfifo, "is neither a file nor a folder"),
    ],
)
def test_what_is_no_example_and_no_folder(
    tmp_path: Path, fill: Fill, make: Callable[[Path], None], words: str
) -> None:
    raw = fill(tmp_path / "raw", count=1)
    make(raw / "tree/odd")
    with pytest.raises(UserError, match=f"raw/tree/odd/? {words}; remove it, or put an example"):
        list(sources(raw))


@pytest.mark.skipif(sys.platform != "linux", reason="others have no such names")
def test_what_the_disk_refuses_is_no_broken_link(
    tmp_path: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, stat = fill(tmp_path / "raw", count=1), Path.stat

    def failing(path: Path, **how: bool) -> os.stat_result:
        if path.suffix == ".png":
            raise OSError(5, "Input/output error")
        return stat(path, **how)

    monkeypatch.setattr(Path, "stat", failing)
    with pytest.raises(OSError, match="Input/output error"):
        list(sources(raw))


def test_all_of_them_are_told_at_once(tmp_path: Path, fill: Fill) -> None:
    raw = fill(tmp_path / "raw", count=1)
    (raw / "tree/a.png").symlink_to("a.png")
    os.mkfifo(raw / "tree/b.png")
    (raw / "tree/c\n.png").write_bytes(b"x")
    Path(os.fsdecode(os.fsencode(raw) + b"/square/\xe9.png")).write_bytes(b"x")
    with pytest.raises(UserError) as caught:
        list(sources(raw))
    square, *tree = [line.removeprefix(f"{raw}/") for line in str(caught.value).splitlines()]
    assert square == "square: the name \\xe9.png is not in UTF-8; rename it."
    assert tree == [
        "tree: the name 'c\\n.png' has a control character in it; rename it.",
        "tree/a.png is a link that leads nowhere; remove it, or put an example there.",
        "tree/b.png is neither a file nor a folder; remove it, or put an example there.",
    ]
    for number in range(30):
        (raw / f"tree/{number}.png").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"\nand 14 more$"):
        list(sources(raw))


@pytest.mark.skipif(sys.platform != "linux", reason="others have no such names")
def test_a_name_that_is_not_utf8(tmp_path: Path, fill: Fill) -> None:
    raw = fill(tmp_path / "raw", count=1)
    Path(os.fsdecode(os.fsencode(raw) + b"/tree/\xe9t\xe9.png")).write_bytes(b"x")
    with pytest.raises(UserError, match=r"tree: the name \\xe9t\\xe9.png is not in UTF-8; rename"):
        list(sources(raw))


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such names")
@pytest.mark.parametrize("name", ["a\rb.png", "a\nb.png", "a\x85b.png"])
def test_a_name_with_a_line_in_it(tmp_path: Path, fill: Fill, name: str) -> None:
    raw = fill(tmp_path / "raw", count=1)
    (raw / "tree" / name).write_bytes(b"x")
    with pytest.raises(UserError, match=r"tree: the name 'a\\(r|n|x85)b.png' has a control char"):
        list(sources(raw))


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/a.png").write_bytes(b"12345")
    assert Source("tree/a.png", "", 0, 5, "").content(tmp_path) == b"12345"
    with pytest.raises(UserError, match=r"tree/a\.png has changed while it was read; run it again"):
        Source("tree/a.png", "", 0, 6, "").content(tmp_path)


def test_a_file_that_comes_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 2))

    monkeypatch.setattr(Path, "open", lambda *_, **__: Slow(b"12345"))
    assert Source("tree/a.png", "", 0, 4, "").content(tmp_path) == b"1234"
    assert Source("tree/a.png", "b.tar", 1, 4, "").content(tmp_path) == b"2345"
