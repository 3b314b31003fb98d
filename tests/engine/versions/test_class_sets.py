"""Versions of data with several classes: counted by class, and how each class changed."""

from pathlib import Path

import pytest
import yaml
from conftest import call

from samebits.cli.data_diff import described
from samebits.cli.data_list import table
from samebits.core.config import read
from samebits.core.sections import Data
from samebits.versions.changelog import CHANGELOG, by_class
from samebits.versions.changes import balance, changes
from samebits.versions.release import release
from samebits.versions.released_data import Release
from samebits.versions.tags import find, releases


def labelled(root: Path, kinds: dict[str, str]) -> None:
    rows = [f"{path},{kind}" for path, kind in sorted(kinds.items())]
    (root / "data/raw/labels.csv").write_text("\n".join(["path,kinds", *rows, ""]), "utf-8")


@pytest.fixture
def versions(unreleased: Path) -> tuple[Release, Release]:
    """Version 1.0 of nine examples, and 1.1, in which one has another class and one is gone."""
    params = unreleased / "params.yaml"
    content = yaml.safe_load(params.read_text(encoding="utf-8"))
    content["task"] |= {"reader": "labels", "answer": "kinds", "target": "classes"}
    params.write_text(yaml.safe_dump(content), encoding="utf-8")
    call(unreleased, "git", "commit", "-qam", "Several classes")
    raw = unreleased / "data/raw"
    paths = [path.relative_to(raw).as_posix() for path in sorted(raw.rglob("*.png"))]
    kinds = {path: ("cat; dog", "dog", "")[at % 3] for at, path in enumerate(paths)}
    labelled(unreleased, kinds)
    release("1.0", "First", list)
    kinds["tree/0.png"] = "dog;ape"
    kinds["tree/1.png"] = " dog "  # the same, written differently
    del kinds["tree/2.png"]
    (raw / "tree/2.png").unlink()
    labelled(unreleased, kinds)
    release("1.1", "Others", list)
    return find("1.0"), find("1.1")


def test_what_differs(versions: tuple[Release, Release]) -> None:
    old, new = versions
    assert (old.target, new.target) == ("classes", "classes")
    before, after = old.examples(), new.examples()
    changed = changes(before, after)
    assert [example.path for example in changed.removed] == ["tree/2.png"]
    assert [(a.path, a.label, b.label) for a, b in changed.relabelled] == [
        ("tree/0.png", "cat;dog", "ape;dog")
    ]
    assert not changed.added
    assert balance(after, "classes") == {"": 8, "ape": 1, "cat": 2, "dog": 6}
    rows = [[*row] for row in by_class(balance(after, "classes"), changed)]
    assert rows == [
        ["ape", "1", "0", "0", "1", "0"],
        ["cat", "2", "0", "0", "0", "1"],
        ["dog", "6", "0", "0", "0", "0"],
        ["all", "8", "0", "1", "1", "1"],
    ]
    told = described("1.0", "1.1", before, after, changed, read(Data), target="classes")
    lines = [line.split() for line in told.splitlines()]
    assert ["cat", "3", "33.3", "%", "2", "25.0", "%", "0", "0", "0", "1"] in lines


def test_the_record_and_the_changelog(versions: tuple[Release, Release]) -> None:
    record = versions[1].record
    assert record
    assert record.classes == {"": 8, "ape": 1, "cat": 2, "dog": 6}
    text = CHANGELOG.read_text(encoding="utf-8")
    assert "| ape | 1 | 0 | 0 | 1 | 0 |" in text
    assert "| all | 8 | 0 | 1 | 1 | 1 |" in text


@pytest.mark.usefixtures("versions")
def test_the_list_counts_examples_and_classes() -> None:
    rows = [line.split() for line in table(releases(), "1.1").splitlines()]
    assert [row[-3:] for row in rows[1:]] == [["9", "2", "First"], ["8", "3", "Others"]]
