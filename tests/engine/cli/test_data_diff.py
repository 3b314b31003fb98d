"""What was added, removed and changed, how that moved classes and splits, with examples."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import rendered, shipped

from samebits.cli import data_diff
from samebits.core.png import png
from samebits.core.sections import Data
from samebits.data.release_file import CORRECTIONS
from samebits.data.splits import SPLITS
from samebits.data.tar_layout import pack
from samebits.versions.changes import changes, examples_of
from samebits.versions.release import release
from samebits.versions.tags import find

Compared = Callable[[str, str], list[str]]


@pytest.fixture
def compared(released: Path, verb: Callable[..., str]) -> Compared:
    """The output of the verb on two versions, line by line: compared("1.0", "1.1")."""
    rendered(released, "dvc.yaml")

    def run(a: str, b: str) -> list[str]:
        return [" ".join(line.split()) for line in verb("data diff", a, b).splitlines()]

    return run


def test_what_differs(released: Path, compared: Compared) -> None:
    lines = compared("1.0", "1.1")
    assert lines[:14] == [
        "Since 1.0: 1 added, 1 removed, 1 relabelled, 1 renamed.",
        "added",
        "tree/3.png",
        "removed",
        "circle/0.png",
        "relabelled",
        "circle/1.png -> square/9.png",
        "renamed",
        "square/1.png -> square/8.png",
        "by class",
        "class 1.0 share 1.1 share added removed to it from it",
        "circle 3 33.3 % 1 11.1 % 0 1 0 1",
        "square 3 33.3 % 4 44.4 % 0 0 1 0",
        "tree 3 33.3 % 4 44.4 % 1 0 0 0",
    ]
    assert lines[14:16] == ["by split, as params.yaml has it", "split 1.0 1.1 came left"]
    rows = [line.split() for line in lines[16 : 16 + len(SPLITS)]]
    assert [row[0] for row in rows] == list(SPLITS)
    sums = [sum(int(row[column]) for row in rows) for column in range(1, 5)]
    assert sums == [9, 9, 1, 1]
    assert lines[-1] == "Images: reports/data-1.0-1.1.html"


def test_the_sheet(released: Path, compared: Compared) -> None:
    compared("1.0", "committed")
    page = Path("reports/data-1.0-committed.html")
    text = page.read_text(encoding="utf-8")
    for words in ("Added", "Removed", "Relabelled", "tree/3.png", "circle/0.png", "square/9.png"):
        assert words in text
    assert "circle → square" in text
    assert text.count("data:image/png;base64,") == 3
    assert "cannot be shown" not in text
    before = page.read_bytes()
    compared("1.0", "committed")
    assert page.read_bytes() == before


def test_the_sheet_of_packed_data(released: Path, compared: Compared) -> None:
    raw = Path("data/raw")
    shutil.copy(raw / "tree/0.png", raw / "circle/7.png")
    (raw / "circle/8.png").write_bytes(png(np.zeros((1, 9, 9), np.uint8)))
    (raw / "tree/0.png").unlink()
    pack(raw)
    release("1.2", "Packed", list)
    page = Path("reports/data-1.1-1.2.html")
    compared("1.1", "1.2")
    text = page.read_text(encoding="utf-8")
    for words in ("circle/8.png", "circle/7.png", "tree → circle"):
        assert words in text
    assert text.count("data:image/png;base64,") == 2
    compared("1.2", "1.1")  # what was removed is in the archive alone
    text = Path("reports/data-1.2-1.1.html").read_text(encoding="utf-8")
    assert (text.count("data:image/png;base64,"), text.count("cannot be shown")) == (2, 0)


def test_images_that_the_cache_has_not(released: Path, compared: Compared) -> None:
    for path in Path(".dvc/cache/files/md5").rglob("*"):
        if path.is_file() and path.suffix != ".dir":
            path.unlink()
    compared("1.0", "1.1")
    text = Path("reports/data-1.0-1.1.html").read_text(encoding="utf-8")
    assert text.count("cannot be shown") == 3


def test_a_correction_is_told_by_its_classes(released: Path, compared: Compared) -> None:
    relabelled = next(example for example in find("1.1").examples() if example.path == "tree/2.png")
    rows = f"md5,old,new,who,why\n{relabelled.md5},tree,square,me,seen\n"
    (released / CORRECTIONS).write_text(rows, encoding="utf-8")
    subprocess.run(["git", "add", CORRECTIONS.as_posix()], check=True)
    release("1.2", "Corrected", list)
    assert compared("1.1", "1.2")[1:3] == ["relabelled", "tree/2.png: tree -> square"]


def test_nothing_differs(released: Path, compared: Compared) -> None:
    assert compared("1.1", "1.1")[0] == "Since 1.1: 0 added, 0 removed, 0 relabelled, 0 renamed."
    assert not Path("reports").exists()


def test_only_a_few_are_named() -> None:
    new = examples_of({f"a/{number}": str(number) for number in range(8)}, "")
    data = shipped(Data)
    text = data_diff.described("1.0", "1.1", [], new, changes([], new), data)
    assert "\n  a/4\n  and 3 more\n" in text


def test_numbers_have_no_classes_to_count() -> None:
    new = examples_of({f"a/{number}": str(number) for number in range(8)}, "")
    changed, data = changes([], new), shipped(Data)
    text = data_diff.described("1.0", "1.1", [], new, changed, data, target="number")
    assert "by class" not in text
    assert "by split, as params.yaml has it" in text
