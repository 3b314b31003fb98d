"""One command brings in what each reader needs: tables of labels, rows, images with masks."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pairs
import pytest
from collecting import POINTER, RAW, Call, archive, content
from handwritten_digits import data as yours

from samebits.console.errors import UserError
from samebits.data import Decoded, Unreadable
from samebits.data.raw_pointer import origin
from samebits.data.readers import Pairs
from samebits.data.table import read_row, row_arrays
from samebits.data.tar_layout import unpack
from samebits.ingest import collect


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch, settle: Callable[..., None]) -> Callable[[str], None]:
    """Set the reader in params.yaml, and a `decode` that accepts anything but empty contents."""

    def decode(content: bytes, _: object) -> Decoded:
        if not content:
            raise Unreadable("nothing")
        return Decoded({}, {})

    def change(reader: str) -> None:
        monkeypatch.setattr(yours, "decode", decode)
        settle(Path("params.yaml"), task={"reader": reader, "answer": "kind"})

    return change


def some(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("form", ["folder", "wrapped", "archive"])
def test_with_a_table_of_labels(
    here: Path, call: Call, reads: Callable[[str], None], form: str
) -> None:
    reads("labels")
    table = "path,kind\n1.png,cat\na/2.png,dog\na/3.png,cat\n"
    source = some(here / "out/in", **{"1_png": "x", "a__2_png": "y", "labels_csv": table})
    given = {"folder": lambda: source, "wrapped": lambda: source.parent}
    told = call(str(given.get(form, lambda: archive(source))()))
    assert "2 files in 2 different answers and 1 that cannot be used, " in told
    assert set(content(RAW)) == {"1.png", "a/2.png", "labels.csv"}


def test_flat_files_with_a_table_of_labels(
    here: Path, call: Call, reads: Callable[[str], None]
) -> None:
    """A folder that only wraps files is not a class here."""
    reads("labels")
    some(here / "out/in", **{"1_png": "x", "labels_csv": "path,kind\n1.png,cat\n"})
    assert "1 files in 1 different answers, " in call(str(here / "out"))


@pytest.mark.parametrize("form", ["folder", "archive", "file"])
def test_rows(here: Path, call: Call, reads: Callable[[str], None], form: str) -> None:
    reads("lines")
    text = "size,kind\n1,cat\n2,dog\n3\n"
    source = some(here / "out", t_csv=text)
    given = {"folder": source, "archive": archive(source), "file": source / "t.csv"}
    told = call(str(given[form]))
    assert f"2 rows in 2 different answers and 1 that cannot be used, {len(text)} bytes" in told
    assert content(RAW) == {"t.csv": text.encode()}
    recorded = origin(POINTER)
    assert recorded is not None
    assert (recorded["kind"], recorded["files"]) == (form, 1)
    if form == "file":
        checksum = hashlib.sha256(text.encode()).hexdigest()
        assert f"from file t.csv (SHA-256 {checksum})\nno checksum was given" in told
        with pytest.raises(UserError, match="has the SHA-256"):
            call(str(given[form]), "--force", "--sha256", "0" * 64)


def test_what_comes_next_with_rows(
    here: Path, call: Call, reads: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that is right for files alone: rows are not packed, and their columns are known."""
    reads("lines")
    monkeypatch.setattr(collect, "MANY_FILES", 0)
    told = call(str(some(here / "out", t_csv="size,kind\n1,cat\n")))
    assert "DVC is slow" not in told
    last = told.splitlines()[-1]
    assert last.startswith("next: commit data/raw.dvc; check which columns section 'input' of")


def test_rows_without_a_column_that_is_learnt_from(
    here: Path, call: Call, reads: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file, the column, those that there are, and the key: the section `task` is right."""
    reads("lines")

    def decode(content: bytes, _: object) -> Decoded:
        return Decoded(row_arrays(read_row(content), ["age"], []), {})

    monkeypatch.setattr(yours, "decode", decode)
    source = some(here / "out", t_csv="size,sort,kind\n1,2,cat\n")
    with pytest.raises(UserError) as caught:
        call(str(source))
    assert str(caught.value) == (
        f"{source} holds no example that `decode` of data.py can read (t.csv:2: there is no column "
        "age, which input.numbers of params.yaml names, among size, sort); set section `input` of "
        "params.yaml to what your examples hold, or change `decode`. Nothing was changed."
    )
    assert not RAW.exists()


@pytest.mark.parametrize(
    ("reader", "files", "words"),
    [
        (
            "labels",
            {"cat__1_png": "x"},
            "labels.csv is missing; write it, with the columns path and kind.\nSo add files,"
            " and labels.csv with the columns path and kind, or set section `task` of",
        ),
        ("labels", {"labels_csv": "path,sort\n"}, ": labels.csv, line 1, has no column kind among"),
        (
            "labels",
            {"labels_csv": "path,kind\n1.png,cat\n"},
            "(1.png: labels.csv, line 2, names it, but there is no such file, or a hidden one); ",
        ),
        (
            "lines",
            {"cat__1_png": "x"},
            "(1.png: examples belong in .csv and .jsonl files; make it one, or remove it); add"
            " .csv or .jsonl files with a column or key kind, or set section",
        ),
        ("lines", {"t_csv": "size,sort\n1,2\n"}, ": t.csv, line 1, has no column kind among size,"),
        ("lines", {"t_csv": 'size,kind\n1,"2\n'}, ": t.csv, line 2, is not CSV"),
    ],
)
def test_a_wrong_layout(
    here: Path,
    call: Call,
    reads: Callable[[str], None],
    reader: str,
    files: dict[str, str],
    words: str,
) -> None:
    reads(reader)
    source = some(here / "out", **files)
    with pytest.raises(UserError) as caught:
        call(str(source))
    assert words in str(caught.value)
    assert str(caught.value).endswith(" Nothing was changed.")
    assert "incoming" not in str(caught.value)
    assert not RAW.exists()


def test_files_beside_a_table_are_packed(
    here: Path, call: Call, reads: Callable[[str], None], settle: Callable[..., None]
) -> None:
    reads("labels")
    settle(Path("params.yaml"), data={"layout": "tar"})
    table = "path,kind\n1.png,cat\na/2.png,dog\n"
    source = some(here / "out", **{"1_png": "x", "a__2_png": "y", "labels_csv": table})
    assert "2 files in 2 different answers, " in call(str(source))
    first, second = content(RAW)
    assert first == "labels.csv"
    assert second.startswith("pictures-")


@pytest.mark.parametrize("reader", ["folders", "labels"])
def test_a_table_for_another_reader(
    here: Path, call: Call, reads: Callable[[str], None], reader: str
) -> None:
    if reader == "labels":
        reads("labels")
    table = some(here / "out", houses_CSV="a,kind\n1,2\n") / "houses.CSV"
    words = r"houses\.CSV is a table; add files.*, or set section `task` of params\.yaml to how"
    with pytest.raises(UserError, match=words):
        call(str(table))
    assert not RAW.exists()


@pytest.fixture
def masks(here: Path, monkeypatch: pytest.MonkeyPatch, settle: Callable[..., None]) -> Path:
    """A folder with five images and their masks, next to a project that needs them."""
    given = {"reader": "pairs", "target": "mask"}
    settle(Path("params.yaml"), task=given, data={"classes": [*pairs.NAMES]})
    module = pairs.module("data", here / "yours")
    for name in ("decode", "Input"):
        monkeypatch.setattr(yours, name, getattr(module, name))
    return pairs.filled(here / "given", 5)


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_images_with_their_masks(masks: Path, call: Call, form: str) -> None:
    (masks / "images/lone.png").write_bytes(pairs.png(pairs.drawn(9)[0]))
    said = call(str(masks if form == "folder" else archive(masks)))
    assert "data/raw: 5 images with their masks and 1 that cannot be used, " in said
    assert content(RAW) == content(masks)
    recorded = origin(POINTER)
    assert recorded and (recorded["kind"], recorded["files"]) == (form, 11)


def test_masks_are_packed_with_their_images(
    masks: Path, call: Call, settle: Callable[..., None]
) -> None:
    settle(Path("params.yaml"), data={"layout": "tar"})
    assert "5 images with their masks, " in call(str(masks))
    assert {path.suffix for path in RAW.iterdir()} == {".tar"}
    unpack(RAW, Pairs())
    assert content(RAW) == content(masks)


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (lambda raw: shutil.rmtree(raw / "masks"), "there is no mask masks/000.png; add it, or re"),
        (lambda raw: (raw / "images").rename(raw / "scans"), "images belong in images, their"),
        (
            lambda raw: [path.write_bytes(b"no") for path in (raw / "masks").iterdir()],
            "images/000.png: its mask is not a PNG; save it as a PNG of 8 bits",
        ),
    ],
)
def test_masks_do_not_come_in_half(
    masks: Path, call: Call, plant: Callable[[Path], object], words: str
) -> None:
    plant(masks)
    before = sorted(Path("data").rglob("*"))
    with pytest.raises(UserError) as caught:
        call(str(masks))
    said = str(caught.value)
    assert words in said and said.endswith(" Nothing was changed.")
    wanted = "add images/NAME.jpg, or of another type, and masks/NAME.png for each, or"
    assert (wanted in said) == ("not a PNG" not in words)
    assert sorted(Path("data").rglob("*")) == before
