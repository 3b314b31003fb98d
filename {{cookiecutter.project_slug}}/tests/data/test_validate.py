"""Bad data is refused with a list that names every file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from {{ cookiecutter.__package_name }}.config import Data, read
from {{ cookiecutter.__package_name }}.data.catalogue import open_catalogue
from {{ cookiecutter.__package_name }}.data.validate import MOST_SHOWN, validate
from {{ cookiecutter.__package_name }}.errors import UserError

DATA = replace(read(Data, Path(__file__).parents[2] / "params.yaml"), image_size=8, channels=1)


@pytest.fixture
def raw(tmp_path: Path, fill: Callable[..., Path]) -> Path:
    return fill(tmp_path / "raw", count=3)


def check(raw: Path) -> dict[str, Any]:
    with open_catalogue(raw.with_name("decoded"), DATA) as catalogue:
        catalogue.fill(raw, DATA, workers=0)
        return validate(raw, catalogue)


def refusal(raw: Path) -> str:
    with pytest.raises(UserError) as caught:
        check(raw)
    return str(caught.value)


def test_what_there_is(raw: Path) -> None:
    Image.new("RGB", (30, 20)).save(raw / "tree/photograph.jpg")
    assert check(raw) == {
        "examples": 10,
        "classes": {"circle": 3, "square": 3, "tree": 4},
        "sizes": {"30x20": 1, "9x9": 9},
        "modes": {"L": 9, "RGB": 1},
    }
    assert list(check(raw)["classes"]) == ["circle", "square", "tree"]


def test_hidden_files_and_folders_do_not_count(raw: Path) -> None:
    (raw / ".DS_Store").write_bytes(b"x")
    (raw / "tree/._000.png").write_bytes(b"x")
    (raw / ".ipynb_checkpoints").mkdir()
    (raw / ".ipynb_checkpoints/000.png").write_bytes(b"x")
    assert check(raw)["classes"] == {"circle": 3, "square": 3, "tree": 3}


def test_a_picture_outside_the_class_folders(raw: Path) -> None:
    (raw / "loose.png").write_bytes((raw / "tree/000.png").read_bytes())
    (raw / "tree/more").mkdir()
    (raw / "tree/more/deep.png").write_bytes((raw / "tree/000.png").read_bytes())
    found = refusal(raw)
    for path in ("loose.png", "tree/more/deep.png"):
        assert f"{raw / path}: pictures stand in one folder per class; move it to one." in found


def test_files_that_are_no_pictures(raw: Path) -> None:
    content = (raw / "tree/000.png").read_bytes()
    (raw / "tree/text.png").write_text("not a picture", encoding="utf-8")
    (raw / "tree/empty.png").write_bytes(b"")
    (raw / "tree/cut.png").write_bytes(content[:90])
    (raw / "tree/broken.png").write_bytes(content.replace(b"IDAT", b"IDAT"[::-1]))
    (raw / "tree/header.bmp").write_bytes(b"BM" + b"\x00" * 9)
    (raw / "square/notes.txt").write_text("mine", encoding="utf-8")
    found = refusal(raw)
    assert found.startswith("6 problem(s) in the data:")
    for path in ("tree/text.png", "square/notes.txt"):
        words = "its content is in no picture format); replace or remove it."
        assert f"{raw / path}: not a readable picture ({words}" in found
    assert f"{raw / 'tree/empty.png'}: not a readable picture (empty file)" in found
    for path in ("tree/cut.png", "tree/broken.png", "tree/header.bmp"):
        assert f"{raw / path}: not a readable picture (" in found


def test_a_decoder_may_raise_anything(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(self: Image.Image) -> None:
        raise IndexError

    monkeypatch.setattr(Image.Image, "load", load)
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", load)
    assert "000.png: not a readable picture (IndexError)" in refusal(raw)


def test_pixels_without_a_range(raw: Path) -> None:
    Image.fromarray(np.zeros((4, 4), dtype=np.float32)).save(raw / "tree/float.tiff")
    Image.fromarray(np.zeros((4, 4), dtype=np.int32)).save(raw / "tree/int.tiff")
    found = refusal(raw)
    assert f"{raw / 'tree/float.tiff'}: not a readable picture (its 32-bit pixels" in found
    assert f"{raw / 'tree/int.tiff'}: " in found


def test_a_picture_too_large_to_open(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("1", (100, 100)).save(raw / "tree/bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert f"{raw / 'tree/bomb.png'}: not a readable picture (Image size (10000 pixels)" in (
        refusal(raw)
    )


def test_an_empty_class(raw: Path) -> None:
    (raw / "house").mkdir()
    assert f"{raw / 'house'}: class without a readable picture; add some or remove it." in (
        refusal(raw)
    )


def test_too_few_classes(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    assert "0 class folders; learning needs at least 2." in refusal(tmp_path / "raw")


def test_no_folder(tmp_path: Path) -> None:
    assert "is not there; get the data with 'dvc pull data/raw.dvc'" in refusal(tmp_path / "raw")


def test_a_long_list_is_cut(raw: Path) -> None:
    for number in range(MOST_SHOWN + 5):
        (raw / f"tree/{number}.txt").write_text("x", encoding="utf-8")
    found = refusal(raw)
    assert found.startswith(f"{MOST_SHOWN + 5} problem(s)")
    assert len(found.splitlines()) == MOST_SHOWN + 2
    assert found.endswith("and 5 more of this kind.")
