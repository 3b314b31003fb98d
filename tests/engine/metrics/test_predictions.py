"""Predictions are written, read back, and refused if they are not such a table."""

from pathlib import Path

import numpy as np
import pytest
from predicted import example

from samebits.console.errors import UserError
from samebits.data.targets import Answers
from samebits.metrics.class_predictions import ClassPredictions, ClassScoring
from samebits.metrics.prediction_table import header, read_predictions, rows, write_predictions

CLASSES = ["a,b", 'say "path"', "קוף 🐈"]
PATHS = ["a,b/1.png", 'say "path"/2.png', "קוף 🐈/3.png"]
EXAMPLES = [
    example(path, label, "5" * 32, 'one, "two"', 30, 20, 0.25)
    for path, label in zip(PATHS, CLASSES, strict=True)
]
ANSWERS = Answers("class", CLASSES)
LABELS = np.array([0, 1, 2], dtype=np.int64)
ROWS = np.array([[0.25, 0.5, 0.25], [1 / 3, 1 / 3, 1 / 3], [0, 1e-9, 1 - 1e-9]])


FACTS = ["width", "height", "brightness"]
HEADER = ",".join(header(FACTS, Answers("class", ["a"])))


def of(*classes: str) -> Answers:
    return Answers("class", [*classes])


def written(folder: Path) -> Path:
    path = folder / "predictions.csv"
    first = ClassScoring(CLASSES).scored("train", EXAMPLES[:1], LABELS[:1], ROWS[:1])
    second = ClassScoring(CLASSES).scored("test", EXAMPLES, LABELS, ROWS)
    write_predictions(path, ANSWERS, {"train": first, "test": second})
    return path


def test_rows() -> None:
    known = ClassScoring(CLASSES).scored("dev", EXAMPLES, LABELS, ROWS)
    row = next(rows("dev", known))
    assert header(FACTS, of("x", "path"))[5:] == [
        *FACTS,
        *("prediction", "confidence", "p:x", "p:path"),
    ]
    answer = 'say "path"'
    cells = ["0.500000", "0.250000", "0.500000", "0.250000"]
    about = ["a,b/1.png", "a,b", "5" * 32, 'one, "two"', "30", "20", "0.250000"]
    assert row == ["dev", *about, answer, *cells]


def test_every_float32_is_rounded_as_python_rounds_it() -> None:
    """The bits of the table: halves, values next to one, and others."""
    draw = np.random.default_rng(0)
    halves = (2 * np.arange(2000) + 1) / 2**21
    first = np.concatenate([halves, draw.random(2000), draw.random(2000) ** 9]).astype(np.float32)
    figures = np.stack([first, 1 - first], axis=1)
    labels = np.zeros(len(figures), dtype=np.int64)
    known = ClassScoring(CLASSES[:2]).scored("dev", [EXAMPLES[0]] * len(figures), labels, figures)
    cells = [row[-2:] for row in rows("dev", known)]
    assert cells == [[f"{cell:.6f}" for cell in row] for row in figures.tolist()]
    assert known.probabilities.tolist() == [[float(cell) for cell in row] for row in cells]


def test_what_was_written_is_what_was_scored(tmp_path: Path) -> None:
    known = ClassScoring(CLASSES).scored("test", EXAMPLES, LABELS, ROWS)
    again = read_predictions(written(tmp_path))[1]["test"]
    for name in ("labels", "answers", "confidences", "probabilities"):
        assert getattr(known, name).tolist() == getattr(again, name).tolist()


def test_a_table_reads_back(tmp_path: Path) -> None:
    answers, splits = read_predictions(written(tmp_path))
    test = splits["test"]
    assert answers == ANSWERS
    assert isinstance(test, ClassPredictions)
    assert list(splits) == ["train", "test"]
    assert test.examples == EXAMPLES
    assert test.labels.tolist() == [0, 1, 2]
    assert test.answers.tolist() == [1, 0, 2]
    assert test.confidences.tolist() == [0.5, 0.333333, 1.0]
    assert np.abs(test.probabilities - ROWS).max() < 1e-6


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\r\nb", " a ", "=1+1", "'-1", "@"])
def test_names_of_any_kind_read_back(tmp_path: Path, name: str) -> None:
    classes = [name, "z"]
    planted = example(f"{name}/1.png", name, "5" * 32)
    label, row = np.zeros(1, dtype=np.int64), np.array([[0.2, 0.8]])
    known = ClassScoring(classes).scored("test", [planted], label, row)
    write_predictions(tmp_path / "p.csv", of(*classes), {"test": known})
    again, splits = read_predictions(tmp_path / "p.csv")
    assert again == of(*classes)
    assert splits["test"].examples == [planted]


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    classes = ["=1+1", "-1"]
    hostile = example("=1+1/1.png", "=1+1", "5" * 32, "+g")
    label, row = np.zeros(1, dtype=np.int64), np.array([[0.2, 0.8]])
    known = ClassScoring(classes).scored("test", [hostile], label, row)
    write_predictions(tmp_path / "p.csv", of(*classes), {"test": known})
    ClassScoring(classes).write_pairs(tmp_path / "c.csv", known)
    text = (tmp_path / "p.csv").read_text("utf-8") + (tmp_path / "c.csv").read_text("utf-8")
    assert [
        cell for cell in text.replace("\n", ",").split(",") if cell[:1] in {*"=+-@"} - {""}
    ] == []
    assert "\n'=1+1,'-1\n" in text


def test_the_same_bytes_with_unix_line_ends(tmp_path: Path) -> None:
    content = written(tmp_path).read_bytes()
    assert written(tmp_path).read_bytes() == content
    assert b"\r" not in content


def test_confusion(tmp_path: Path) -> None:
    path = tmp_path / "confusion.csv"
    scoring = ClassScoring(["a", "b", "c"])
    scoring.write_pairs(path, scoring.scored("test", EXAMPLES[:2], LABELS[:2], ROWS[:2]))
    assert path.read_text(encoding="utf-8") == "actual,predicted\na,b\nb,a\n"


def test_counts_must_match() -> None:
    with pytest.raises(UserError, match="3 labels for 2 examples"):
        ClassScoring(CLASSES).scored("dev", EXAMPLES[:2], LABELS, ROWS)
    with pytest.raises(UserError, match="3 outputs for 2 classes"):
        ClassScoring(CLASSES[:2]).scored("dev", EXAMPLES, LABELS, ROWS)


def test_what_cannot_be_scored_names_its_data_set() -> None:
    none = np.zeros(0, dtype=np.int64)
    with pytest.raises(UserError, match="data set `dev`: there are no examples"):
        ClassScoring(CLASSES[:2]).scored("dev", [], none, np.zeros((0, 2)))
    with pytest.raises(UserError, match=r"data set `dev`: .*at least two classes; .* have 1"):
        ClassScoring(CLASSES[:1]).scored("dev", EXAMPLES, LABELS, np.ones((3, 1)))


def test_a_missing_table_names_the_stage(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is missing: run `dvc repro evaluate`"):
        read_predictions(tmp_path / "predictions.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1,"),
        ("split,path\n", "line 1,"),
        (f"{HEADER}\ntest,1.png,a,5,,9,9,0.5,b,1,1\n", "line 2,"),
        (f"{HEADER}\ntest,1.png,a,5,,9,9,0.5,a,1\n", "line 2,"),
        (f"{HEADER}\ntest,1.png,a,5,,9,9,0.5,a,x,1\n", "not a number"),
        (f"{HEADER}\ntest,1.png,a,5,,9,x,0.5,a,1,1\n", "not a number"),
        (f"{HEADER}\ntest,1.png,a,5,,9,9,0.5,a,nan,1\n", r"not a number \(nan or infinity\)"),
        (f"{HEADER}\ntest,1.png,a,5,,9,9,0.5,a,1,inf\n", r"not a number \(nan or infinity\)"),
    ],
)
def test_a_damaged_table(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "predictions.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        read_predictions(path)
