"""Versions of images with masks: added, removed, and redrawn ones."""

from pathlib import Path

import pairs
import pytest
import yaml
from conftest import ANSWERS, JINJA, PACKAGE, ROOT, call
from pairs import drawn, filled, pair, png

from samebits.cli import data_diff
from samebits.data.joined import parted
from samebits.data.readers import Pairs
from samebits.data.tar_layout import pack
from samebits.report.looks import drawing, look
from samebits.versions.changelog import CHANGELOG
from samebits.versions.changes import changes
from samebits.versions.release import release
from samebits.versions.released_data import Release
from samebits.versions.tags import find

RAW = Path("data/raw")


@pytest.fixture
def versions(unreleased: Path) -> tuple[Release, Release]:
    """Version 1.0 of nine pairs; in 1.1 a mask is another, one pair new, one gone, one renamed."""
    answers = ANSWERS | {"task": "image-mask"}
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(JINJA.from_string(text).render(cookiecutter=answers), "utf-8")
    pairs.files(Path("src", PACKAGE))
    for path in sorted(RAW.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    filled(RAW, 9)
    call(unreleased, "git", "add", "-A")
    call(unreleased, "git", "commit", "-qm", "Masks")
    release("1.0", "First", list)
    (RAW / "masks/003.png").write_bytes(png(drawn(99)[1]))
    pair(RAW, "new", 50)
    for kind in ("images", "masks"):
        (RAW / kind / "000.png").unlink()
        (RAW / kind / "001.png").rename(RAW / kind / "other.png")
    release("1.1", "Others", list)
    return find("1.0"), find("1.1")


def test_what_differs(versions: tuple[Release, Release]) -> None:
    old, new = versions
    assert (old.reader, new.target) == (Pairs(), "mask")
    changed = changes(old.examples(), new.examples())
    assert [example.path for example in changed.added] == ["images/new.png"]
    assert [example.path for example in changed.removed] == ["images/000.png"]
    assert [(a.path, b.path) for a, b in changed.relabelled] == [("images/003.png",) * 2]
    assert [(a.path, b.path) for a, b in changed.renamed] == [
        ("images/001.png", "images/other.png")
    ]
    record = new.record
    assert record and record.classes == {"": 9}
    text = CHANGELOG.read_text(encoding="utf-8")
    assert "Since 1.0: 1 added, 1 removed, 1 relabelled, 1 renamed." in text


def test_their_hashes_are_those_of_the_pipeline(versions: tuple[Release, Release]) -> None:
    reader = Pairs()
    here = {source.path: reader.md5(reader.content(source, RAW)) for source in reader.sources(RAW)}
    assert {example.path: example.md5 for example in versions[1].examples()} == here


@pytest.mark.parametrize("packed", [False, True])
def test_their_contents(versions: tuple[Release, Release], packed: bool) -> None:
    release_ = versions[1]
    if packed:
        pack(RAW, reader=Pairs())
        assert release("1.2", "Packed", list).endswith(
            "0 added, 0 removed, 0 relabelled, 0 renamed."
        )
        release_ = find("1.2")
        cached = [path for path in Path(".dvc/cache/files/md5").rglob("*") if path.is_file()]
        for path in cached:  # except the archives, of which only the members are left
            if path.stat().st_size < 2000 and path.suffix != ".dir":
                path.unlink()
    known = release_.examples()
    contents = release_.contents(known)
    assert [*contents] == known
    images = {example.path: parted(content) for example, content in contents.items()}
    assert images["images/003.png"] == (png(drawn(3)[0]), png(drawn(99)[1]))


def test_how_it_is_told(versions: tuple[Release, Release], tmp_path: Path) -> None:
    old, new = versions
    before, after = old.examples(), new.examples()
    changed = changes(before, after)
    known = "1.0", "1.1", before, after, changed, pairs.DATA
    said = data_diff.described(*known, target="mask")
    assert "relabelled\n  images/003.png: another mask\nrenamed" in said
    assert "by class" not in said
    decoder = pairs.decoder(tmp_path / "yours")
    page = data_diff.examples_page(
        old, new, changed, lambda content: look(*decoder(content), drawing(None))
    )
    assert page.count("<img") == 3 and "cannot be shown" not in page


def test_a_released_version_is_read_as_it_says(versions: tuple[Release, Release]) -> None:
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    params["task"] |= {"reader": "folders", "target": "class"}
    params["data"]["classes"] = []
    Path("params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    assert len(versions[0].examples()) == 9
