"""Versions of data whose answers are numbers: no table of classes, and answers that changed."""

from pathlib import Path

import pytest
import yaml
from conftest import call

from samebits.cli.data_list import table
from samebits.versions.changelog import CHANGELOG
from samebits.versions.changes import changes
from samebits.versions.release import release
from samebits.versions.released_data import Release
from samebits.versions.tags import find, releases


def labelled(root: Path, prices: dict[str, str]) -> None:
    rows = [f"{path},{price}" for path, price in sorted(prices.items())]
    (root / "data/raw/labels.csv").write_text("\n".join(["path,price", *rows, ""]), "utf-8")


@pytest.fixture
def versions(unreleased: Path) -> tuple[Release, Release]:
    """Version 1.0 of nine prices, and 1.1, in which one is another and one is gone."""
    params = unreleased / "params.yaml"
    content = yaml.safe_load(params.read_text(encoding="utf-8"))
    content["task"] |= {"reader": "labels", "answer": "price", "target": "number"}
    content["regularization"]["label_smoothing"] = 0.0
    params.write_text(yaml.safe_dump(content), encoding="utf-8")
    call(unreleased, "git", "commit", "-qam", "Numbers")
    raw = unreleased / "data/raw"
    paths = [path.relative_to(raw).as_posix() for path in sorted(raw.rglob("*.png"))]
    prices = {path: f"{number}.5" for number, path in enumerate(paths)}
    labelled(unreleased, prices)
    release("1.0", "First", list)
    prices["tree/0.png"] = "1e3"
    del prices["tree/1.png"]
    (raw / "tree/1.png").unlink()
    labelled(unreleased, prices)
    release("1.1", "Others", list)
    return find("1.0"), find("1.1")


def test_what_differs(versions: tuple[Release, Release]) -> None:
    old, new = versions
    assert (old.target, new.target) == ("number", "number")
    changed = changes(old.examples(), new.examples())
    assert [example.path for example in changed.removed] == ["tree/1.png"]
    assert [(a.path, a.label, b.label) for a, b in changed.relabelled] == [
        ("tree/0.png", "6.5", "1e3")
    ]
    assert not changed.added


def test_the_record_and_the_changelog(versions: tuple[Release, Release]) -> None:
    record = versions[1].record
    assert record
    assert record.classes == {"": 8}
    text = CHANGELOG.read_text(encoding="utf-8")
    assert "Since 1.0: 0 added, 1 removed, 1 relabelled, 0 renamed." in text
    assert "The first version: 9 images." in text
    assert text.count("Images: ") == 2
    assert "| class |" not in text


@pytest.mark.usefixtures("versions")
def test_the_list_counts_no_classes() -> None:
    rows = [line.split() for line in table(releases(), "1.1").splitlines()]
    assert [row[-3:] for row in rows[1:]] == [["9", "-", "First"], ["8", "-", "Others"]]
