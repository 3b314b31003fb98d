"""Examples in few archives: same bytes for the same examples, same results as from files."""

import hashlib
import io
import os
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from catalogues import DATA, TASK, decoder

from samebits.console.errors import UserError
from samebits.data import tar_layout as packed
from samebits.data.index import open_catalogue
from samebits.data.preparation import prepare
from samebits.data.readers import FOLDERS, Labels, Lines, Reader
from samebits.data.source import archives, sources

Fill = Callable[..., Path]
SHARD = 16_000  # of some ten examples


def below(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def prepared(raw: Path, folder: Path, reader: Reader = FOLDERS) -> tuple[dict[str, bytes], int]:
    with open_catalogue(folder / "decoded", decoder(), reader) as catalogue:
        new = prepare(catalogue, raw, folder / "prepared", DATA, TASK, "version")
    return below(folder / "prepared"), new


def stamp(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def add(archive: Path, *members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> None:
    with tarfile.open(archive, "w") as file:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size, member.type = len(content), kind
            file.addfile(member, io.BytesIO(content))


def test_there_and_back(tmp_path: Path, fill: Fill) -> None:
    raw = fill(tmp_path / "raw")
    (
        raw
        / "tree/é and a name that is too long for the plain header of tar, which holds a hundred "
        "letters in all.png"
    ).write_bytes((raw / "tree/000.png").read_bytes())
    before = below(raw)
    assert packed.pack(raw, SHARD) == 91
    names = archives(raw)
    assert sorted(below(raw)) == names
    assert 6 <= len(names) <= 25
    assert all((raw / name).stat().st_size <= SHARD + 1024 for name in names)
    assert packed.unpack(raw) == 91
    assert below(raw) == before
    assert list(tmp_path.iterdir()) == [raw]


def test_the_same_images_give_the_same_bytes(tmp_path: Path, fill: Fill) -> None:
    raw, other = fill(tmp_path / "a/raw"), tmp_path / "b/raw"
    for path in sorted(raw.rglob("*.png"), reverse=True):
        copy = other / path.relative_to(raw)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        os.utime(copy, ns=(1, 1))
        copy.chmod(0o600)
    packed.pack(raw, SHARD)
    packed.pack(other, SHARD)
    assert below(raw) == below(other)
    for name, content in below(raw).items():
        assert name == f"pictures-{hashlib.md5(content).hexdigest()}.tar"
    with tarfile.open(raw / archives(raw)[0]) as file:
        for member in file:
            assert (member.mtime, member.uid, member.gid, member.uname) == (0, 0, 0, "")


def test_both_layouts_give_the_same_results(tmp_path: Path, fill: Fill) -> None:
    raw = fill(tmp_path / "raw")
    files, decoded = prepared(raw, tmp_path / "kept")
    assert decoded == 90
    packed.pack(raw, SHARD)
    assert prepared(raw, tmp_path / "kept") == (files, 0)
    assert prepared(raw, tmp_path / "fresh") == (files, 90)


def test_new_images_change_few_archives(tmp_path: Path, fill: Fill) -> None:
    raw = fill(tmp_path / "raw", count=200)
    packed.pack(raw, SHARD)
    before = {name: stamp(raw / name) for name in archives(raw)}
    (raw / "square").mkdir()
    for number in range(3):
        content = fill(tmp_path / f"new{number}", 1, height=11 + number) / "tree/000.png"
        (raw / f"square/100 {number}.png").write_bytes(content.read_bytes())
    assert packed.pack(raw, SHARD) == 603
    after = {name: stamp(raw / name) for name in archives(raw)}
    same = before.keys() & after.keys()
    assert len(before) > 40
    assert len(same) >= len(before) - 4
    # Not even rewritten, so DVC and the catalogue need not read them.
    assert all(before[name] == after[name] for name in same)
    fresh = tmp_path / "fresh/raw"
    packed.unpack(raw)
    (tmp_path / "fresh").mkdir()
    raw.rename(fresh)
    packed.pack(fresh, SHARD)
    assert archives(fresh) == sorted(after)


def test_a_loose_file_takes_the_place_of_a_packed_one(tmp_path: Path, fill: Fill) -> None:
    raw = fill(tmp_path / "raw")
    packed.pack(raw, SHARD)
    (raw / "tree").mkdir()
    new = (fill(tmp_path / "other", 1, height=12) / "tree/000.png").read_bytes()
    (raw / "tree/004.png").write_bytes(new)
    _, decoded = prepared(raw, tmp_path / "work")
    assert decoded == 90
    assert packed.pack(raw, SHARD) == 90
    assert packed.unpack(raw) == 90
    assert (raw / "tree/004.png").read_bytes() == new


@pytest.mark.parametrize("way", [packed.pack, packed.unpack])
@pytest.mark.parametrize("moment", range(14))
def test_stopped_at_any_moment_nothing_is_lost(
    tmp_path: Path,
    fill: Fill,
    monkeypatch: pytest.MonkeyPatch,
    way: Callable[[Path], int],
    moment: int,
) -> None:
    raw = fill(tmp_path / "raw", count=4)
    expected = below(raw)
    packed.pack(raw, 3000)
    (raw / "tree").mkdir()
    (raw / "tree/new.png").write_bytes(expected["tree/000.png"])
    (raw / "tree/001.png").write_bytes(expected["tree/002.png"])
    expected |= {f"tree/{name}": content for name, content in below(raw / "tree").items()}
    calls = iter(range(1000))

    def stops(real: Callable[..., object]) -> Callable[..., object]:
        def call(*given: object, **named: object) -> object:
            if next(calls) == moment:
                raise KeyboardInterrupt
            return real(*given, **named)

        return call

    with monkeypatch.context() as planted:
        planted.setattr(Path, "unlink", stops(Path.unlink))
        planted.setattr(Path, "replace", stops(Path.replace))
        with suppress(KeyboardInterrupt):
            way(raw)
    packed.pack(raw, 5000)
    packed.unpack(raw)
    assert below(raw) == expected


@pytest.mark.parametrize("change", ["cut", "text", "link", "half"])
def test_a_damaged_archive_is_one_sentence(tmp_path: Path, fill: Fill, change: str) -> None:
    raw = fill(tmp_path / "raw", count=3)
    packed.pack(raw)
    (packed_name,) = archives(raw)
    name = (raw / packed_name).rename(raw / "mine.tar").name
    content = (raw / name).read_bytes()
    damaged = {"cut": content[:-1500], "half": content[:-1024], "text": b"no archive" * 200}
    (raw / name).write_bytes(damaged.get(change, content))
    if change == "link":
        add(raw / name, ("tree/a.png", b""), kind=tarfile.SYMTYPE)
    before = below(raw)
    with pytest.raises(UserError, match=rf"{name} is not a tar archive of examples, or is damaged"):
        packed.unpack(raw)
    assert below(raw) == before


def test_an_archive_that_is_not_what_its_name_says(tmp_path: Path, fill: Fill) -> None:
    """Otherwise the damage would stay, and a good example next to it would be lost."""
    raw = fill(tmp_path / "raw")
    good = (raw / "tree/000.png").read_bytes()
    packed.pack(raw, SHARD)
    archive = raw / next(source.file for source in sources(raw) if source.path == "tree/000.png")
    archive.write_bytes(archive.read_bytes().replace(good, good[:-1] + b"?"))
    (raw / "tree").mkdir()
    (raw / "tree/000.png").write_bytes(good)
    before = below(raw)
    for change in (packed.pack, packed.unpack):
        with pytest.raises(UserError, match=f"{archive.name} is damaged: .* 'dvc checkout"):
            change(raw)
        assert below(raw) == before
    archive.rename(raw / "mine.tar")
    packed.pack(raw, SHARD)
    assert (
        next(source for source in sources(raw) if source.path == "tree/000.png").content(raw)
        == good
    )


@pytest.mark.parametrize("name", ["loose.png", "/etc/a.png", "a/b/c.png"])
def test_a_misplaced_member_is_refused(tmp_path: Path, name: str) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    add(raw / "all.tar", ("tree/a.png", b"x"), (name, b"y"))
    before = below(tmp_path)
    for way in (packed.pack, packed.unpack):
        with pytest.raises(UserError, match="files belong in a folder per class; move it"):
            way(raw)
        assert below(tmp_path) == before


def test_hidden_members_are_no_examples(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    add(raw / "all.tar", ("tree/a.png", b"x"), ("tree/._a.png", b"y"), ("../up/a.png", b"z"))
    assert [source.path for source in sources(raw)] == ["tree/a.png"]


LABELS = Labels("kind")


def beside(raw: Path) -> Path:
    """Move the examples to meaningless folders; a table gives their classes."""
    rows = ["path,kind"]
    for number, path in enumerate(sorted(raw.rglob("*.png"))):
        name = f"{number % 3}/scans/{number:03d}.png"
        rows.append(f"{name},{path.parent.name}")
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        path.rename(raw / name)
    for name in ("circle", "square", "tree"):
        (raw / name).rmdir()
    (raw / "labels.csv").write_text("\n".join(rows), encoding="utf-8")
    return raw


def test_there_and_back_with_a_table_of_labels(tmp_path: Path, fill: Fill) -> None:
    raw = beside(fill(tmp_path / "raw"))
    # Files that the table does not name stay with the others, as do named ones that are missing.
    (raw / "0/scans/no label.png").write_bytes((raw / "0/scans/000.png").read_bytes())
    with (raw / "labels.csv").open("a", encoding="utf-8") as file:
        file.write("\ngone.png,tree\n")
    before = below(raw)
    results = prepared(raw, tmp_path / "work", LABELS)
    assert packed.pack(raw, SHARD, LABELS) == 91
    assert sorted(below(raw)) == ["labels.csv", *archives(raw)]
    assert sorted(path.name for path in raw.iterdir()) == sorted(below(raw))
    assert prepared(raw, tmp_path / "work", LABELS) == (results[0], 0)
    assert packed.unpack(raw, LABELS) == 91
    assert below(raw) == before


def test_a_damaged_table_of_labels_leaves_all_as_it_was(tmp_path: Path, fill: Fill) -> None:
    raw = beside(fill(tmp_path / "raw", count=2))
    (raw / "labels.csv").write_text("path,sort\n", encoding="utf-8")
    before = below(tmp_path)
    with pytest.raises(UserError, match=r"labels\.csv, line 1, has no column kind"):
        packed.pack(raw, SHARD, LABELS)
    assert below(tmp_path) == before


@pytest.mark.parametrize("name", ["/etc/a.png", "a//b.png"])
def test_a_member_that_leads_elsewhere(tmp_path: Path, name: str) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    add(raw / "all.tar", (name, b"y"))
    (raw / "labels.csv").write_text(f"path,kind\n{name},tree\n", encoding="utf-8")
    before = below(tmp_path)
    for way in (packed.pack, packed.unpack):
        with pytest.raises(UserError, match=r"packed under a name that leads elsewhere\. Nothing"):
            way(raw, reader=LABELS)
        assert below(tmp_path) == before


@pytest.mark.parametrize("way", [packed.pack, packed.unpack])
def test_rows_are_not_packed(tmp_path: Path, way: Callable[..., int]) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "t.csv").write_text("size,kind\n1,cat\n", encoding="utf-8")
    before = below(tmp_path)
    with pytest.raises(UserError, match="rows are in few files, which are not packed"):
        way(raw, reader=Lines("kind"))
    assert below(tmp_path) == before
