"""A folder of examples from use: prepared like all others, or refused in one sentence."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from catalogues import DATA, decoder

from samebits.console.errors import UserError
from samebits.data import Decoded, Field
from samebits.data.folder import read_labelled
from samebits.data.readers import Labels, Lines
from samebits.data.targets import Answers

DECODER = decoder(replace(DATA, group="00[0-4]"), size=6, channels=3)
ANSWERS = Answers("class", ["circle", "square", "tree"])


@pytest.fixture
def use(tmp_path: Path, fill: Callable[..., Path]) -> Path:
    return fill(tmp_path / "use", count=5)


def refused(folder: Path) -> str:
    before = sorted(folder.rglob("*"))
    with pytest.raises(UserError) as caught:
        read_labelled(folder, DECODER, ANSWERS)
    assert sorted(folder.rglob("*")) == before
    return str(caught.value)


def test_the_examples(use: Path) -> None:
    (use / "tree/.hidden").write_bytes(b"")
    labelled = read_labelled(use, DECODER, ANSWERS)
    assert labelled.arrays["image"].shape == (15, 3, 6, 6)
    assert labelled.labels.tolist() == [0] * 5 + [1] * 5 + [2] * 5
    assert [example.group for example in labelled.examples[:2]] == ["000", "001"]
    assert (labelled.examples[0].path, labelled.examples[0].label) == ("circle/000.png", "circle")
    content = (use / "circle/000.png").read_bytes()
    assert labelled.examples[0].md5 == hashlib.md5(content).hexdigest()


def test_several_arrays(use: Path) -> None:
    fields = {"first": Field("uint8", (4,)), "size": Field("float32", ())}

    def decode(content: bytes, _: object) -> Decoded:
        first = np.frombuffer(content[:4], np.uint8)
        return Decoded({"size": np.array(len(content), np.float32), "first": first}, {})

    labelled = read_labelled(use, replace(DECODER, fields=fields, decode=decode), ANSWERS)
    assert [*labelled.arrays] == ["first", "size"]
    assert (labelled.arrays["first"] == np.frombuffer(b"\x89PNG", np.uint8)).all()
    assert labelled.arrays["size"].shape == (15,)


def test_a_class_may_be_missing(use: Path) -> None:
    for path in (use / "square").iterdir():
        path.unlink()
    assert set(read_labelled(use, DECODER, ANSWERS).labels.tolist()) == {0, 2}


def test_bad_folders(use: Path, tmp_path: Path) -> None:
    assert "there is no folder" in refused(tmp_path / "elsewhere")
    (tmp_path / "empty").mkdir()
    said = refused(tmp_path / "empty")
    assert "holds no example; it needs files in a folder for each class, such as" in said
    (use / "bush").mkdir()
    (use / "tree/000.png").rename(use / "bush/000.png")
    said = refused(use)
    assert "has a class bush that the model does not know; its classes are circle, squ" in said
    (use / "bush/000.png").rename(use / "000.png")
    assert "000.png: files belong in a folder per class; move it to one." in refused(use)
    (use / "000.png").unlink()
    (use / "tree/001.png").write_bytes(b"no example")
    assert "tree/001.png is not a readable example (its format is unknown" in refused(use)


def test_with_a_table_of_labels(use: Path) -> None:
    rows = [f"{path.relative_to(use).as_posix()},tree" for path in sorted(use.rglob("*.png"))]
    (use / "labels.csv").write_text("\n".join(["path,kind", *rows]), encoding="utf-8")
    labelled = read_labelled(use, DECODER, ANSWERS, Labels("kind"))
    assert labelled.labels.tolist() == [2] * 15
    (use / "1.png").write_bytes(b"")
    (use / "2.png").write_bytes(b"")
    with pytest.raises(UserError) as caught:
        read_labelled(use, DECODER, ANSWERS, Labels("kind"))
    assert str(caught.value).splitlines() == [
        f"{use}: {name}: labels.csv does not name it; add it, or remove it."
        for name in ("1.png", "2.png")
    ]


def test_rows(use: Path, tmp_path: Path) -> None:
    def decode(content: bytes, _: object) -> Decoded:
        return Decoded({"size": np.array(json.loads(content)["size"], np.float32)}, {})

    other = tmp_path / "rows"
    other.mkdir()
    (other / "t.csv").write_text("kind,size\ntree,1\ncircle,2\n", encoding="utf-8")
    decoder = replace(DECODER, decode=decode, fields={"size": Field("float32", ())})
    labelled = read_labelled(other, decoder, ANSWERS, Lines("kind"))
    assert labelled.labels.tolist() == [2, 0]
    assert labelled.arrays["size"].tolist() == [1, 2]
    words = "holds no example; it needs .csv or .jsonl files with a column or key kind."
    (other / "t.csv").write_text("kind,size\n", encoding="utf-8")
    with pytest.raises(UserError, match=words):
        read_labelled(other, decoder, ANSWERS, Lines("kind"))


def test_numbers_beside_the_files(use: Path) -> None:
    rows = [f"tree/00{number}.png,{number}.5" for number in range(3)]
    for path in use.glob("*/*.png"):
        if path.relative_to(use).as_posix() not in [row.partition(",")[0] for row in rows]:
            path.unlink()
    table, numbers = use / "labels.csv", Answers("number", [])
    table.write_text("\n".join(["path,age", *rows, ""]), encoding="utf-8")
    labelled = read_labelled(use, DECODER, numbers, Labels("age"))
    assert labelled.labels.tolist() == [0.5, 1.5, 2.5]
    assert labelled.labels.dtype == np.float64
    table.write_text("\n".join(["path,age", *rows, ""]).replace("1.5", "old"), encoding="utf-8")
    with pytest.raises(UserError, match=r"tree/001\.png has the answer old, which is not a number"):
        read_labelled(use, DECODER, numbers, Labels("age"))
