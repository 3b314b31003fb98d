"""The examples in what a caller gives: the contents that `decode` of data.py takes."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import ExifTags

from ..console.errors import UserError
from ..core.png import png
from ..data.image import FORMATS, Limits, limits, reading
from ..data.joined import joined
from ..data.reader_base import TABLES, Unfit
from ..data.reader_labels import LABELS
from ..data.reader_lines import row_content, row_values
from ..data.reader_pairs import MASKS
from ..data.rows import BOM, BrokenTable, Row, column_problems, csv_rows, json_rows
from ..data.source import sources

# A path, the content of a file, or the cells of a row by column.
Given = str | Path | bytes | Mapping[str, Any]
STDIN = "-"  # the name of a content without a file
TURNED = (5, 6, 7, 8)  # the orientations of EXIF in which width is height


class Content(NamedTuple):
    """The content of an example, and its name; `problem` says why there is none."""

    name: str
    content: bytes
    problem: str = ""


def contents(given: Given, reader: str, answer: str) -> Iterator[Content]:
    """Yield the examples: one of a file, one for each row of a table, all of a folder.

    Args:
        given: what holds them.
        reader: of section `task`, which says what an example is.
        answer: the column of the answers, which is left out.

    Raises:
        UserError: there is no such file or folder, or the folder holds no example.
    """
    if isinstance(given, Mapping):
        yield _of_row("row", {name: given[name] for name in given if name != answer})
        return
    files = [(STDIN, given)] if isinstance(given, bytes) else _files(Path(given), reader)
    for name, content in files:
        if reader == "lines":
            yield from _rows(name, content, answer)
        else:
            yield Content(name, content)


def with_mask(content: bytes, limited: Limits) -> bytes:
    """Return an image with a blank mask of its size, as the reader `pairs` has both.

    Raises:
        Unreadable: it is no image.
    """
    with limits(limited):
        width, height = reading(content, [*FORMATS], lambda image, _: _upright(image))
    return joined(content, png(np.zeros((1, height, width), np.uint8)))


def _upright(image: Any) -> tuple[int, int]:
    width, height = image.size
    turned = image.getexif().get(ExifTags.Base.Orientation) in TURNED
    return (height, width) if turned else (width, height)


def _files(path: Path, reader: str) -> Iterator[tuple[str, bytes]]:
    name = path.as_posix()
    if path.is_file():
        yield name, path.read_bytes()
        return
    if not path.is_dir():
        raise UserError(f"there is no file or folder {name}; name one that holds an example.")
    empty = True
    for source in sources(path):
        if _is_example(source.path, reader):
            empty = False
            yield f"{name}/{source.path}", source.content(path)
    if empty:
        raise UserError(f"{name} holds no example; name a file, or a folder with some below it.")


def _is_example(path: str, reader: str) -> bool:
    """Whether a file of a folder is one, which may be like data/raw."""
    if reader == "lines":
        return path.lower().endswith(TABLES)
    return not (
        (reader == "labels" and path == LABELS)
        or (reader == "pairs" and path.startswith(f"{MASKS}/"))
    )


def _rows(name: str, content: bytes, answer: str) -> Iterator[Content]:
    file = io.BytesIO(content)
    columns = list[str]()
    try:
        if content.removeprefix(BOM).lstrip()[:1] == b"{":
            rows = json_rows(file)
        else:
            rows = csv_rows(file)
            header = next(rows, None)
            if problems := column_problems(header, [], name):
                yield Content(name, b"", problems[0])
                return
            columns = header.cells if header else []
        for row in rows:
            yield _parsed(f"{name}:{row.line}", row, columns, answer)
    except BrokenTable as error:
        yield Content(name, b"", f"{name}, {error}")


def _parsed(place: str, row: Row, columns: list[str], answer: str) -> Content:
    try:
        values = row_values(row, columns)
    except Unfit as unfit:
        return Content(place, b"", f"{place}: the row {unfit.problem}.")
    values.pop(answer, None)
    return _of_row(place, values)


def _of_row(name: str, values: Mapping[str, Any]) -> Content:
    try:
        return Content(name, row_content(values))
    except (TypeError, ValueError) as error:
        return Content(name, b"", f"{name}: a cell is not a JSON value ({error}).")
