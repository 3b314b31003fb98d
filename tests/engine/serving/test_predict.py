"""`samebits predict`: files, folders, rows, standard input; a line for each, and one for errors."""

import io
import json
from pathlib import Path

import pytest
from catalogues import DATA
from learnt import predicted, samebits
from PIL import Image

from samebits.data.image import limits
from samebits.data.mask import open_pair
from samebits.serving.contents import Content, contents, with_mask

RAW = "data/raw/tree/000.png"


def test_people_read_a_line_each(digits: Path) -> None:
    done = samebits(digits, "predict", RAW, "data/raw/circle")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 41
    (record,) = predicted(digits, RAW)
    sure = record["probabilities"][record["answer"]]
    assert lines[0] == f"{RAW}: {record['answer']} ({sure:.6f})"


def test_standard_input(digits: Path) -> None:
    (record,) = predicted(digits, "-", given=(digits / RAW).read_bytes())
    (known,) = predicted(digits, RAW)
    assert record == known | {"input": "-"}


def test_what_cannot_be_read_is_said_and_the_rest_is_answered(digits: Path) -> None:
    (digits / "bad.png").write_bytes(b"no image")
    done = samebits(digits, "predict", "bad.png", RAW)
    assert done.returncode == 2
    first, last = done.stderr.decode().splitlines()
    assert first.startswith("error: bad.png is not a readable example: its format is unknown")
    assert last == "error: 1 of 2 examples could not be read; fix them."
    assert len(done.stdout.splitlines()) == 1
    done = samebits(digits, "predict", "--json", "bad.png", RAW)
    assert done.returncode == 2
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [[*record] for record in records] == [
        ["input", "error"],
        ["input", "answer", "probabilities"],
    ]


def test_a_project_without_a_model(digits: Path) -> None:
    (digits / "models/signature.json").unlink()
    done = samebits(digits, "predict", RAW)
    assert done.returncode == 2
    assert done.stderr.decode() == (
        "error: models/signature.json is missing: run `dvc repro train` first\n"
    )


def test_masks_are_for_masks(digits: Path, tmp_path: Path) -> None:
    done = samebits(digits, "predict", RAW, "--masks", str(tmp_path))
    assert done.returncode == 2
    assert b"--masks is for masks, and an answer here is a class." in done.stderr


TABLE = 'age,"first, name",kind\n3,"Tom, T.",cat\n\n4,"a\nb",dog\n'
LINES = '{"age": 3, "first, name": "Tom, T.", "kind": "cat"}\n{"age": 4.0, "first, name": null}\n'


def rows(given: bytes) -> list[Content]:
    return [*contents(given, "lines", "kind")]


def test_rows_come_without_their_answers() -> None:
    assert rows(TABLE.encode()) == [
        Content("-:2", b'{"age": "3", "first, name": "Tom, T."}'),
        Content("-:4", b'{"age": "4", "first, name": "a\\nb"}'),
    ]
    assert rows(b"\xef\xbb\xbf" + TABLE.encode()) == rows(TABLE.encode())
    assert rows(LINES.encode()) == [
        Content("-:1", b'{"age": 3, "first, name": "Tom, T."}'),
        Content("-:2", b'{"age": 4.0, "first, name": null}'),
    ]
    assert [*contents({"age": 3, "kind": "cat"}, "lines", "kind")] == [
        Content("row", b'{"age": 3}')
    ]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (b"", "- is empty; begin it with a line that names its columns."),
        (b"a,b\n1\n", "-:2: the row has 1 cells instead of 2; put a cell with a comma in quotes."),
        (b"a,a\n1,2\n", "-, line 1, has the column a twice; rename one of them."),
        (b'a,b\n1,"2\n', "-, line 2, is not CSV (its quotes do not close); fix it."),
        (b"{1}\n", "-:1: the row is not JSON (Expecting property name enclosed in double quotes"),
        (b'{"a": NaN}', "-:1: the row holds NaN, which is not JSON; write null."),
        (b'{"a": "\\ud800"}', "-:1: the row holds half a character, such as \\ud800; fix it."),
        (b"a,b\n\xff,2\n", "-:2: the row is not UTF-8 text in line 2; save the file as UTF-8."),
    ],
)
def test_rows_that_are_none(given: bytes, problem: str) -> None:
    (content,) = rows(given)
    assert content.problem.startswith(problem)
    assert content.content == b""


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_without_a_mask_gets_a_blank_one(orientation: int) -> None:
    """Of its size when it is upright, as a photograph on its side may not be."""
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.new("L", (4, 6)).save(file, "JPEG", exif=exif)
    content = with_mask(file.getvalue(), DATA)
    with limits(DATA):
        image, mask, _ = open_pair(content, "L")
    assert image.size == mask.size == ((6, 4) if orientation > 4 else (4, 6))
    assert mask.getextrema() == (0, 0)


def test_a_row_of_python_that_no_json_holds() -> None:
    (content,) = contents({"age": object()}, "lines", "kind")
    assert "a cell is not a JSON value" in content.problem


def test_a_folder_like_data_raw(tmp_path: Path) -> None:
    for name in ("labels.csv", "images/a.png", "masks/a.png", "b.csv", ".hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"a\n1\n")

    def named(reader: str) -> list[str]:
        below = contents(tmp_path, reader, "kind")
        return [Path(content.name).relative_to(tmp_path).as_posix() for content in below]

    assert named("labels") == ["b.csv", "images/a.png", "masks/a.png"]
    assert named("pairs") == ["b.csv", "images/a.png", "labels.csv"]
    assert named("folders") == ["b.csv", "images/a.png", "labels.csv", "masks/a.png"]
    assert named("lines") == ["b.csv:2", "labels.csv:2"]
