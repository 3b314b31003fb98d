"""Rows of tables: each is found, with the place from which it can be read again by itself."""

import io
from pathlib import Path

import pytest

from samebits.data.rows import (
    BrokenTable,
    Row,
    cells_problem,
    column_problems,
    csv_rows,
    json_object,
    json_rows,
)

BOM = b"\xef\xbb\xbf"


def rows(content: bytes) -> list[Row]:
    return list(csv_rows(io.BytesIO(content)))


@pytest.mark.parametrize("start", [b"", BOM])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_each_row_can_be_read_again(start: bytes, end: bytes, last: bool) -> None:
    lines = [b"a,b", b'1,"x', b'y, ""z"""', b"", b"2,\xc3\xa9", b'"3,,",', b""]
    content = start + end.join(lines)
    content = content if last else content.removesuffix(end)
    listed = rows(content)
    text = end.decode()
    cells = [["a", "b"], ["1", f'x{text}y, "z"'], ["2", "é"], ["3,,", ""]]
    assert [row.cells for row in listed] == cells
    assert [(row.line, row.last) for row in listed] == [(1, 1), (2, 3), (5, 5), (6, 6)]
    for row in listed:
        part = content[row.offset : row.offset + row.size]
        (again,) = csv_rows(io.BytesIO(part), part=True)
        assert again.cells == row.cells


def test_a_part_may_begin_with_what_looks_like_a_mark() -> None:
    content = b"a,b\n" + BOM + b"1,2\n"
    row = rows(content)[1]
    (again,) = csv_rows(io.BytesIO(content[row.offset :]), part=True)
    assert again.cells == row.cells == ["\ufeff1", "2"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'a,b\n1,"2\n3,4\n', "line 2, is not CSV (its quotes do not close); fix it."),
        (b'a,b\n1,2\n"3"4,5\n', "line 3, is not CSV (',' expected after '\"'); fix it."),
        (b"a,b\r1,2\r", "line 1, is not CSV (a line end without LF outside quotes); fix it."),
    ],
)
def test_broken_tables(content: bytes, words: str) -> None:
    with pytest.raises(BrokenTable) as caught:
        rows(content)
    assert str(caught.value) == words


def test_what_is_no_text() -> None:
    listed = rows(b"a,b\n1,\xe9\n2,\0\n3,4\n\xff\n")
    assert [row.problem for row in listed] == [
        "",
        "is not UTF-8 text in line 2; save the file as UTF-8",
        "holds a NUL in line 3; save the file as plain UTF-8 text",
        "",
        "is not UTF-8 text in line 5; save the file as UTF-8",
    ]


def test_a_cell_may_be_long() -> None:
    assert len(rows(b"a,b\n1," + b"x" * 200_000)[1].cells[1]) == 200_000


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (b"", ["t.csv is empty; begin it with a line that names its columns."]),
        (b"path,kind", []),
        (b"path,other", ["t.csv, line 1, has no column kind among path, other; name it there."]),
        (
            b"path;kind",
            [
                f"t.csv, line 1, has no column {column} among path;kind; separate its cells by "
                "commas, not by ';'."
                for column in ("path", "kind")
            ],
        ),
        (
            b"kind,path,kind",
            ["t.csv, line 1, has the column kind twice; rename one of them."],
        ),
        (
            b"p\0ath,kind",
            ["t.csv, line 1, holds a NUL in line 1; save the file as plain UTF-8 text."],
        ),
    ],
)
def test_names_of_columns(content: bytes, problems: list[str]) -> None:
    header = next(csv_rows(io.BytesIO(content)), None)
    assert column_problems(header, ("path", "kind"), "t.csv") == problems


def test_numbers_of_cells() -> None:
    header, *others = rows(b'a,b\n1,2\n1\n1,2,3\n1,"\n\n",3\n')
    problems = [cells_problem(cells, header.cells) for cells in others]
    assert problems == [
        "",
        "has 1 cells instead of 2; put a cell with a comma in quotes",
        "has 3 cells instead of 2; put a cell with a comma in quotes",
        "has 3 cells in lines 5 to 7 instead of 2; put a cell with a comma in quotes",
    ]


def test_lines_of_json(tmp_path: Path) -> None:
    content = BOM + b'{"a": 1}\r\n\n  {"a": "\xc3\xa9"}\n{"a": \xff}'
    listed = list(json_rows(io.BytesIO(content)))
    assert [row.line for row in listed] == [1, 3, 4]
    assert json_object(listed[1].cells[0]) == {"a": "é"}
    part = content[listed[1].offset : listed[1].offset + listed[1].size]
    assert next(json_rows(io.BytesIO(part), part=True)).cells == listed[1].cells
    assert listed[2].problem == "is not UTF-8 text in line 4; save the file as UTF-8"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1', "is not JSON (Expecting ',' delimiter at letter 8)"),
        ('{"a": 1} 2', "is not JSON (Extra data at letter 10)"),
        ("[1]", "is not a JSON object; write {...}"),
        ("null", "is not a JSON object; write {...}"),
        ('{"a": 1, "b": {"c": 1, "c": 1}}', "has the key c twice; remove one"),
        ('{"a": NaN}', "holds NaN, which is not JSON; write null"),
        ('{"a": -Infinity}', "holds -Infinity, which is not JSON; write null"),
        ('{"a": 1e999}', "holds 1e999, which is too large a number"),
        ("[" * 100_000, "it is nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "holds a number of more than 4300 digits"),
    ],
)
def test_what_is_no_object(text: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        json_object(text)
    assert str(caught.value) == words
