"""A wrong row of data/corrections.csv gets a clear sentence; a right one applies everywhere."""

from pathlib import Path

import pytest
from conftest import ROOT

from samebits.console.errors import UserError
from samebits.data.corrections import COLUMNS, FILE, labels, misfits, read_corrections, read_labels

A, B = "a" * 32, "b" * 32


def file(folder: Path, *rows: str) -> Path:
    path = folder / "corrections.csv"
    path.write_text("\n".join([",".join(COLUMNS), *rows, ""]), encoding="utf-8")
    return path


def test_the_file_that_is_shipped_corrects_nothing() -> None:
    assert read_corrections(ROOT / FILE) == ([], [])
    assert (ROOT / FILE).exists()


def test_labels_by_content_and_folder(tmp_path: Path) -> None:
    path = file(tmp_path, f"{A.upper()},cat,dog,me,it barks", f"{A},fox,dog,me,it barks")
    assert read_labels(path) == {(A, "cat"): "dog", (A, "fox"): "dog"}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (",cat,dog,me,why", "no md5; fill it in."),
        (f"{A},cat,,me,why", "no new; fill it in."),
        (f"{A},cat,dog,,why", "no who; fill it in."),
        (f"{A},cat,dog,me,", "no why; fill it in."),
        (f"{A},cat,cat,me,why", "the old and the new label are both cat; correct or remove"),
        (f"{B},cat,dog,me,why", "line 2 corrects the same example; keep one of them."),
        (f"{B},cat,fox,me,why", "line 2 corrects the same example; keep one of them."),
        (f"{A},cat,dog", "has 3 cells instead of 5"),
    ],
)
def test_a_row_that_cannot_be_used(tmp_path: Path, row: str, words: str) -> None:
    path = file(tmp_path, f"{B},cat,dog,me,why", row)
    rows, findings = read_corrections(path)
    assert [line for line, _ in rows] == [2]
    assert [finding.rule for finding in findings] == ["corrections"]
    assert f"{path.as_posix()}, line 3" in findings[0].message
    assert words in findings[0].message
    with pytest.raises(UserError) as caught:
        read_labels(path)
    assert str(caught.value) == findings[0].message


def unfit(label: str) -> str:
    return "" if label in ("cat", "dog", "hen", "fox") else f"{label} is unknown"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (f"{B},cat,dog,me,why", f"no example has the content {B}; remove the line or restore"),
        (f"{A},fox,dog,me,why", "the example is in cat, hen, not in fox; correct the line."),
        (f"{A},cat,cow,me,why", "cow is unknown."),
    ],
)
def test_a_row_that_fits_no_example(tmp_path: Path, row: str, words: str) -> None:
    path = file(tmp_path, f"{A},hen,dog,me,why", row)
    rows, findings = read_corrections(path)
    assert findings == []
    findings = list(misfits(rows, {A: ["hen", "cat"]}, unfit, path))
    assert len(findings) == 1
    assert findings[0].message.startswith(f"{path.as_posix()}, line 3: {words}")


def test_a_row_that_fits(tmp_path: Path) -> None:
    path = file(tmp_path, f"{A},cat,dog,me,why")
    rows, _ = read_corrections(path)
    assert list(misfits(rows, {A: ["cat"]}, unfit, path)) == []
    assert labels(rows) == {(A, "cat"): "dog"}
