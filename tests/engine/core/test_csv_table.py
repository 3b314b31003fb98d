"""Small tables are read completely: every valid row, and a sentence for every other."""

from pathlib import Path

import pytest

from samebits.core.csv_table import read_table

HEADER = ("a", "b")


def table(path: Path, content: bytes) -> tuple[list[tuple[int, list[str]]], list[str]]:
    path.write_bytes(content)
    return read_table(path, HEADER)


def test_rows_have_their_lines(tmp_path: Path) -> None:
    content = 'a,b\n1, two \n\n"x\ny","3, 4"\nü,""\n'.encode()
    rows, problems = table(tmp_path / "t.csv", content)
    assert rows == [(2, ["1", "two"]), (5, ["x\ny", "3, 4"]), (6, ["ü", ""])]
    assert problems == []


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfa,b\r\n1,2\r\n", b"a,b\n1,2"])
def test_what_spreadsheets_and_editors_do_is_no_problem(tmp_path: Path, content: bytes) -> None:
    assert table(tmp_path / "t.csv", content) == ([(2, ["1", "2"])], [])


def test_what_keeps_a_name_from_being_a_formula_is_no_part_of_it(tmp_path: Path) -> None:
    assert table(tmp_path / "t.csv", b"a,b\n'=1,'tis\n") == ([(2, ["=1", "'tis"])], [])


def test_no_file_has_no_rows(tmp_path: Path) -> None:
    assert read_table(tmp_path / "none.csv", HEADER) == ([], [])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "must begin with the line a,b."),
        (b"b,a\n1,2\n", "must begin with the line a,b."),
        (b"a,b\n1\n", "line 2, has 1 cells instead of 2; put a cell with a comma in quotes."),
        (b"a,b\n1,2,3\n", "line 2, has 3 cells instead of 2"),
        (b'a,b\n1,"2\n', "line 2, is not CSV ("),
        (b"a,b\n\xff,2\n", "is not UTF-8 text; save it as UTF-8."),
    ],
)
def test_a_problem_is_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    rows, problems = table(tmp_path / "t.csv", content)
    assert rows == []
    assert len(problems) == 1
    assert problems[0].startswith((tmp_path / "t.csv").as_posix())
    assert words in problems[0]


def test_every_problem_is_named(tmp_path: Path) -> None:
    rows, problems = table(tmp_path / "t.csv", b"a,b\n1\n2,2\n3\n")
    assert rows == [(3, ["2", "2"])]
    assert [problem.partition(", has")[0][-6:] for problem in problems] == ["line 2", "line 4"]
