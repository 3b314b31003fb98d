"""The sheet that people tag: written and refreshed without losing what they wrote."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import configured
from predicted import example

from samebits.console.errors import UserError
from samebits.core.files import write_json
from samebits.data.fields import Field
from samebits.data.prepared import Index
from samebits.data.targets import Answers
from samebits.metrics.class_predictions import ClassScoring
from samebits.metrics.prediction_table import write_predictions

CLASSES = ["<b>a", "b"]
Verb = Callable[..., str]
FILE = Path("reports/error-analysis.csv")
LABELS = np.arange(6, dtype=np.int64) % 2
WRONG = [0, 1, 4]


def lay(wrong: list[int], first: int = 0) -> None:
    """The outputs of `evaluate` for six dev examples, some of them mistakes."""
    answers = np.array([1 - label if row in wrong else label for row, label in enumerate(LABELS)])
    examples = [
        example(f"{CLASSES[label]}/{row}.png", CLASSES[label], f"{row + first:032x}")
        for row, label in enumerate(LABELS)
    ]
    rows = np.where(np.eye(2)[answers] > 0, 0.9, 0.1)
    given = {"dev": ClassScoring(CLASSES).scored("dev", examples, LABELS, rows)}
    write_predictions(Path("reports/predictions.csv"), Answers("class", CLASSES), given)


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(configured(tmp_path).parent)
    lay(WRONG)
    write_json(Path("reports/metrics.json"), {"metric": "accuracy"})
    Index("v", "", "class", CLASSES, {"image": Field("uint8", (1, 8, 8))}).write(
        Path("data/prepared/dev")
    )
    images = np.arange(6 * 64, dtype=np.uint8).reshape(6, 1, 8, 8)
    np.save("data/prepared/dev/image-00000.npy", images)


def tag(row: int, words: str) -> None:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    lines[row] += words
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def listed() -> list[tuple[int, str, str]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return [(int(row["md5"], 16), row["now"], row["tags"]) for row in csv.DictReader(file)]


def test_mistakes_with_their_examples(verb: Verb) -> None:
    said = verb("errors")
    assert sorted(listed()) == [(row, "wrong", "") for row in WRONG]
    assert "3 of 3 dev mistakes, 0 with tags" in said
    assert "reports/errors.html" in said
    page = Path("reports/errors.html").read_text(encoding="utf-8")
    assert page.count("<img") == 3
    assert "&lt;b&gt;a → b, 90.0 % sure" in page


def test_tags_stay_when_it_is_written_again(verb: Verb) -> None:
    verb("errors")
    tag(1, "Blurry; cut off")
    tag(2, "dark")
    first, second, third = (row for row, *_ in listed())
    verb("errors")
    assert listed()[:2] == [(first, "wrong", "Blurry; cut off"), (second, "wrong", "dark")]
    once = FILE.read_bytes()
    verb("errors")
    assert FILE.read_bytes() == once
    lay([first, third])
    assert "Tagged and kept, though no longer a mistake: 1." in verb("errors")
    assert listed()[-1] == (second, "right", "dark")


def test_images_that_left_are_marked_when_told_so(verb: Verb) -> None:
    verb("errors")
    tag(1, "dark")
    lay(WRONG, first=100)
    before = FILE.read_bytes()
    with pytest.raises(UserError, match=r"line 2: no example has the content .* --gone` mark"):
        verb("errors")
    assert FILE.read_bytes() == before
    verb("errors", "--gone")
    assert listed()[-1] == (0, "gone", "dark")
    verb("errors")
    assert listed()[-1] == (0, "gone", "dark")


def test_fewer_are_listed_when_told_so(verb: Verb) -> None:
    verb("errors", "--most", "1")
    assert len(listed()) == 1


@pytest.mark.parametrize("most", ["0", "-1"])
def test_no_mistakes_at_all_cannot_be_asked_for(verb: Verb, most: str) -> None:
    with pytest.raises(UserError, match=f"'{most}' must be a whole number of at least 1"):
        verb("errors", f"--most={most}")
    assert not FILE.exists()


def test_a_file_that_is_no_such_table_is_left_alone(verb: Verb) -> None:
    FILE.write_text("my;own;notes\n", encoding="utf-8")
    with pytest.raises(UserError, match="must begin with the line md5,path"):
        verb("errors")
    assert FILE.read_text(encoding="utf-8") == "my;own;notes\n"
    assert not Path("reports/errors.html").exists()


def test_without_images_nothing_is_written(verb: Verb) -> None:
    Path("data/prepared/dev/image-00000.npy").unlink()
    with pytest.raises(UserError, match="run 'dvc repro prepare'"):
        verb("errors")
    assert not FILE.exists()


def test_without_images_the_facts_are_shown(verb: Verb) -> None:
    folder = Path("data/prepared/dev")
    (folder / "image-00000.npy").unlink()
    Index("v", "", "class", CLASSES, {"age": Field("float32", ())}).write(folder)
    np.save(folder / "age-00000.npy", np.arange(6, dtype=np.float32))
    verb("errors")
    page = Path("reports/errors.html").read_text(encoding="utf-8")
    assert page.count("<p>width 8, height 8, brightness 0.5</p>") == len(WRONG)
    assert "<img" not in page
    assert "cannot be shown" not in page


def test_a_class_that_a_spreadsheet_takes_for_a_formula(
    monkeypatch: pytest.MonkeyPatch, verb: Verb
) -> None:
    monkeypatch.setitem(globals(), "CLASSES", ["=cmd|'/c calc'!A1", "+1"])
    lay(WRONG)
    verb("errors")
    tag(1, "-faint")
    verb("errors")
    tagged = FILE.read_text(encoding="utf-8").splitlines()[1]
    assert ",'+1,'=cmd" in tagged or ",'=cmd|'/c calc'!A1,'+1," in tagged
    assert tagged.endswith(",'-faint")
    verb("errors")
    assert FILE.read_text(encoding="utf-8").splitlines()[1] == tagged
