"""The sheet that people tag: written, refreshed, and never at the cost of what they wrote."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

from samebits.cli import errors
from samebits.console.errors import UserError
from samebits.core.files import write_json
from samebits.data.shards import Example
from samebits.metrics.predictions import scored, write_predictions

CLASSES = ["<b>a", "b"]
FILE = Path("reports/error-analysis.csv")
LABELS = np.arange(6, dtype=np.int64) % 2
WRONG = [0, 1, 4]


def lay(wrong: list[int], first: int = 0) -> None:
    """What `evaluate` leaves of six dev pictures, some of them mistakes."""
    answers = np.array([1 - one if row in wrong else one for row, one in enumerate(LABELS)])
    examples = [
        Example(f"{CLASSES[one]}/{row}.png", CLASSES[one], f"{row + first:032x}", "", 8, 8, 0.5)
        for row, one in enumerate(LABELS)
    ]
    rows = np.where(np.eye(2)[answers] > 0, 0.9, 0.1)
    given = {"dev": scored("dev", examples, LABELS, rows, CLASSES)}
    write_predictions(Path("reports/predictions.csv"), CLASSES, given)


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lay(WRONG)
    write_json(Path("reports/metrics.json"), {"metric": "accuracy"})
    Path("data/prepared/dev").mkdir(parents=True)
    images = np.arange(6 * 64, dtype=np.uint8).reshape(6, 1, 8, 8)
    np.save("data/prepared/dev/images-00000.npy", images)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["errors", *arguments])
    errors.main()


def tag(row: int, words: str) -> None:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    lines[row] += words
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def listed() -> list[tuple[int, str, str]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return [(int(row["md5"], 16), row["now"], row["tags"]) for row in csv.DictReader(file)]


def test_mistakes_with_their_pictures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch)
    assert sorted(listed()) == [(row, "wrong", "") for row in WRONG]
    said = capsys.readouterr().out
    assert "3 of 3 dev mistakes, 0 with tags" in said
    assert "reports/errors.html" in said
    page = Path("reports/errors.html").read_text(encoding="utf-8")
    assert page.count("<img") == 3
    assert "&lt;b&gt;a → b, 90.0 % sure" in page


def test_tags_stay_when_it_is_written_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch)
    tag(1, "Blurry; cut off")
    tag(2, "dark")
    first, second, third = (row for row, *_ in listed())
    run(monkeypatch)
    assert listed()[:2] == [(first, "wrong", "Blurry; cut off"), (second, "wrong", "dark")]
    once = FILE.read_bytes()
    run(monkeypatch)
    assert FILE.read_bytes() == once
    lay([first, third])
    run(monkeypatch)
    assert listed()[-1] == (second, "right", "dark")
    assert "Tagged and kept, though no mistake now: 1." in capsys.readouterr().out


def test_pictures_that_left_are_marked_when_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch)
    tag(1, "dark")
    lay(WRONG, first=100)
    before = FILE.read_bytes()
    with pytest.raises(UserError, match=r"line 2: no picture has the content .* GONE=1"):
        run(monkeypatch)
    assert FILE.read_bytes() == before
    run(monkeypatch, "--gone")
    assert listed()[-1] == (0, "gone", "dark")
    run(monkeypatch)
    assert listed()[-1] == (0, "gone", "dark")


def test_fewer_are_listed_when_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, "--most", "1")
    assert len(listed()) == 1


@pytest.mark.parametrize("most", ["0", "-1"])
def test_no_mistakes_at_all_cannot_be_asked_for(monkeypatch: pytest.MonkeyPatch, most: str) -> None:
    with pytest.raises(UserError, match=f"{most} is no number of mistakes to list"):
        run(monkeypatch, f"--most={most}")
    assert not FILE.exists()


def test_a_file_that_is_no_such_table_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    FILE.write_text("my;own;notes\n", encoding="utf-8")
    with pytest.raises(UserError, match="must begin with the line md5,path"):
        run(monkeypatch)
    assert FILE.read_text(encoding="utf-8") == "my;own;notes\n"
    assert not Path("reports/errors.html").exists()


def test_without_pictures_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("data/prepared/dev/images-00000.npy").unlink()
    with pytest.raises(UserError, match="run 'dvc repro prepare'"):
        run(monkeypatch)
    assert not FILE.exists()


def test_a_class_that_a_spreadsheet_takes_for_a_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "CLASSES", ["=cmd|'/c calc'!A1", "+1"])
    lay(WRONG)
    run(monkeypatch)
    tag(1, "-faint")
    run(monkeypatch)
    tagged = FILE.read_text(encoding="utf-8").splitlines()[1]
    assert ",'+1,'=cmd" in tagged or ",'=cmd|'/c calc'!A1,'+1," in tagged
    assert tagged.endswith(",'-faint")
    run(monkeypatch)
    assert FILE.read_text(encoding="utf-8").splitlines()[1] == tagged
