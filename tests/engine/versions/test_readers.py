"""Versions of data with a table of labels, and of rows: added and removed, row by row."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from samebits.console.errors import UserError
from samebits.data.readers import Labels, Lines
from samebits.data.source import archives
from samebits.data.tar_layout import pack
from samebits.versions.changes import changes
from samebits.versions.release import release
from samebits.versions.tags import find

Settle = Callable[..., None]
RAW, LABELS = Path("data/raw"), Path("data/raw/labels.csv")
TABLE = "size,kind\n1,cat\n2,dog\n3,cat\n"


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True)


@pytest.fixture
def read_by(unreleased: Path, settle: Settle) -> Callable[[str], None]:
    """Set the reader in params.yaml, and commit that."""

    def change(reader: str) -> None:
        answer = "" if reader == "folders" else "kind"
        settle(unreleased / "params.yaml", task={"reader": reader, "answer": answer})
        git("commit", "-qam", f"Read {reader}")

    return change


def emptied() -> None:
    for path in sorted(RAW.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()


def beside() -> None:
    """Move the examples out of their classes; a table has the classes."""
    rows = []
    for number, path in enumerate(sorted(RAW.rglob("*.png"))):
        rows.append(f"scans/{number}.png,{path.parent.name}\n")
        (RAW / "scans").mkdir(exist_ok=True)
        path.rename(RAW / f"scans/{number}.png")
    for path in RAW.glob("*/"):
        if path.name != "scans":
            path.rmdir()
    LABELS.write_text("path,kind\n" + "".join(rows), encoding="utf-8")


def test_from_folders_to_a_table_of_labels(read_by: Callable[[str], None]) -> None:
    release("1.0", "Folders", list)
    beside()
    read_by("labels")
    said = release("1.1", "A table", list)
    assert said == "Since 1.0: 0 added, 0 removed, 0 relabelled, 9 renamed."
    text = LABELS.read_text(encoding="utf-8")
    LABELS.write_text(text.replace("0.png,circle", "0.png,tree"), encoding="utf-8")
    (RAW / "scans/8.png").unlink()
    LABELS.write_text(
        LABELS.read_text(encoding="utf-8").replace("scans/8.png,tree\n", ""), encoding="utf-8"
    )
    said = release("1.2", "One relabelled, one gone", list)
    assert said == "Since 1.1: 0 added, 1 removed, 1 relabelled, 0 renamed."
    record = find("1.2").record
    assert record is not None
    assert record.classes == {"circle": 2, "square": 3, "tree": 3}
    # A version is read as its own params.yaml says, whatever is here now.
    read_by("folders")
    assert find("1.1").reader == Labels("kind")
    assert len(find("1.1").examples()) == 9
    assert {example.label for example in find("1.0").examples()} == {"circle", "square", "tree"}


def test_packed_with_a_table_of_labels(read_by: Callable[[str], None]) -> None:
    beside()
    read_by("labels")
    release("1.0", "Files", list)
    before = find("1.0").examples()
    pack(RAW, reader=Labels("kind"))
    assert sorted(path.name for path in RAW.iterdir()) == ["labels.csv", *archives(RAW)]
    said = release("1.1", "Packed", list)
    assert said == "Since 1.0: 0 added, 0 removed, 0 relabelled, 0 renamed."
    assert find("1.1").examples() == before
    contents = find("1.1").contents(before[:2])
    assert [example.path for example in contents] == ["scans/0.png", "scans/1.png"]


def test_rows(read_by: Callable[[str], None]) -> None:
    emptied()
    (RAW / "t.csv").write_text(TABLE, encoding="utf-8")
    read_by("lines")
    release("1.0", "Rows", list)
    table = TABLE.replace("1,cat", "1,dog").replace("2,dog\n", "") + "4,cat\n"
    (RAW / "t.csv").write_text(table, encoding="utf-8")
    said = release("1.1", "Others", list)
    assert said == "Since 1.0: 1 added, 1 removed, 1 relabelled, 1 renamed."
    old, new = find("1.0").examples(), find("1.1").examples()
    changed = changes(old, new)
    assert [(example.path, example.label) for example in old] == [
        ("t.csv:2", "cat"),
        ("t.csv:3", "dog"),
        ("t.csv:4", "cat"),
    ]
    assert [example.path for example in changed.added] == ["t.csv:4"]
    contents = find("1.0").contents(changed.removed)
    assert contents == {old[1]: b'{"size": "2"}'}
    assert find("1.0").reader == Lines("kind")
    record = find("1.1").record
    assert record is not None
    assert record.classes == {"cat": 2, "dog": 1}


def test_a_table_that_the_cache_has_not(read_by: Callable[[str], None]) -> None:
    emptied()
    (RAW / "t.csv").write_text(TABLE, encoding="utf-8")
    read_by("lines")
    release("1.0", "Rows", list)
    for path in Path(".dvc/cache/files/md5").rglob("*"):
        if path.is_file() and path.suffix != ".dir":
            path.unlink()
    words = r"t\.csv of version 1\.0 of the data is not in DVC's cache; run 'dvc fetch --all-tags'"
    with pytest.raises(UserError, match=words):
        find("1.0").examples()


def test_data_of_another_reader(read_by: Callable[[str], None]) -> None:
    read_by("labels")
    words = r"^the data of the last commit: data/raw/labels\.csv is missing; write it, with the c"
    with pytest.raises(UserError, match=words):
        find("committed").examples()


def test_the_section_must_be_committed(unreleased: Path, settle: Settle) -> None:
    beside()
    settle(unreleased / "params.yaml", task={"reader": "labels", "answer": "kind"})
    with pytest.raises(
        UserError, match=r"section `task` of params\.yaml has changes that are not committed"
    ):
        release("1.0", "A table", list)


def test_a_reader_of_other_code(read_by: Callable[[str], None]) -> None:
    release("1.0", "Folders", list)
    text = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(
        text.replace("reader: folders", "reader: heaps"), encoding="utf-8"
    )
    git("commit", "-qam", "Heaps")
    git("tag", "data-v1.1")
    with pytest.raises(UserError, match=r"version 1\.1 .* was read by 'heaps', which this engine"):
        find("1.1").examples()


def test_a_version_from_before_there_was_a_choice(read_by: Callable[[str], None]) -> None:
    text = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(text.replace("task:", "once:"), encoding="utf-8")
    git("commit", "-qam", "Before")
    assert len(find("committed").examples()) == 9
