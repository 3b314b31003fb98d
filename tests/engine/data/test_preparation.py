"""Examples of any kind become arrays of one shape, split by their content."""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catalogues import DATA, TASK, decode, decoder
from handwritten_digits import data as yours
from numpy.typing import NDArray
from PIL import Image

from samebits.console.errors import UserError
from samebits.core.sections import Data
from samebits.data.example import Decoded
from samebits.data.index import open_catalogue
from samebits.data.preparation import prepare
from samebits.data.prepared import read_examples
from samebits.data.splits import SPLITS, split_of


def settings(dev: float = 0.15, test: float = 0.15) -> Data:
    return replace(DATA, train_dev_fraction=0.1, dev_fraction=dev, test_fraction=test)


def run(raw: Path, prepared: Path, data: Data | None = None, **shape: int) -> dict[str, bytes]:
    """Prepare and return every file that was written."""
    data = data or settings()
    with open_catalogue(prepared.with_name("decoded"), decoder(data, **shape)) as catalogue:
        prepare(catalogue, raw, prepared, data, TASK, "version")
    files = sorted(path for path in prepared.rglob("*") if path.is_file())
    return {file.relative_to(prepared).as_posix(): file.read_bytes() for file in files}


def members(prepared: Path) -> dict[str, str]:
    return {example.path: split for split in SPLITS for example in read_examples(prepared / split)}


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def pixels(content: bytes, **shape: Any) -> NDArray[np.uint8]:
    shrunk: NDArray[np.uint8] = decode(content, **shape).pixels
    return shrunk


def test_an_example_stays_when_others_come_or_go(tmp_path: Path, fill: Callable[..., Path]) -> None:
    run(fill(tmp_path / "raw"), tmp_path / "before")
    removed = tmp_path / "raw/square/007.png"
    removed.rename(tmp_path / "raw/square/renamed.png")
    for number in range(0, 30, 3):
        (tmp_path / f"raw/tree/{number:03d}.png").unlink()
    (tmp_path / "raw/circle/one more.png").write_bytes(encoded(Image.new("L", (9, 9))))
    run(tmp_path / "raw", tmp_path / "after")
    before, after = members(tmp_path / "before"), members(tmp_path / "after")
    stayed = before.keys() & after.keys()
    assert len(stayed) == 79
    assert all(before[path] == after[path] for path in stayed)
    assert after["square/renamed.png"] == before["square/007.png"]


def test_copies_share_a_split(tmp_path: Path, fill: Callable[..., Path]) -> None:
    raw = fill(tmp_path / "raw")
    for path in sorted((raw / "tree").iterdir()):
        (raw / "tree" / f"copy of {path.name}").write_bytes(path.read_bytes())
    run(raw, tmp_path / "prepared")
    where = members(tmp_path / "prepared")
    copies = [path for path in where if "copy of " in path]
    assert len(copies) == 30
    assert {where[path] for path in copies} >= {"train", "dev", "test"}
    assert all(where[path] == where[path.replace("copy of ", "")] for path in copies)


def test_bytes_do_not_depend_on_the_order_of_creation(
    tmp_path: Path, fill: Callable[..., Path]
) -> None:
    raw, other = fill(tmp_path / "raw"), tmp_path / "other"
    for path in sorted(raw.rglob("*.png"), reverse=True):
        copy = other / path.relative_to(raw)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    assert run(raw, tmp_path / "a") == run(other, tmp_path / "b")


def test_arrays_and_index(tmp_path: Path, fill: Callable[..., Path]) -> None:
    raw = fill(tmp_path / "raw", channels=3, height=20, width=12)
    prepared = tmp_path / "prepared"
    run(raw, prepared, size=16, channels=3)
    total = 0
    for split in SPLITS:
        images = np.load(prepared / split / "image-00000.npy")
        labels = np.load(prepared / split / "labels.npy")
        classes = json.loads((prepared / split / "index.json").read_text("utf-8"))["classes"]
        examples = read_examples(prepared / split)
        total += len(images)
        assert images.dtype == np.uint8
        assert images.shape == (len(labels), 3, 16, 16)
        assert labels.dtype == np.int64
        assert classes == ["circle", "square", "tree"]
        names = [classes[label] for label in labels]
        assert (
            names
            == [example.path.split("/")[0] for example in examples]
            == [example.label for example in examples]
        )
        for example, pixels in zip(examples, images, strict=True):
            assert hashlib.md5((raw / example.path).read_bytes()).hexdigest() == example.md5
            assert [*example.facts] == ["width", "height", "brightness"]
            assert (example.facts["width"], example.facts["height"], example.group) == (12, 20, "")
            assert example.facts["brightness"] == pytest.approx(pixels.mean() / 255, abs=1e-6)
    assert total == 90


def test_facts_of_its_own(tmp_path: Path, fill: Callable[..., Path]) -> None:
    """Numbers are stored with the prepared examples; words are for the rules alone."""
    facts: Any = {"night": True, "tilt": np.float32(0.5), "count": np.int64(3), "camera": "left"}

    def own(content: bytes, given: Any) -> Decoded:
        return Decoded(yours.decode(content, given).arrays, facts)

    raw, data = fill(tmp_path / "raw"), settings()
    with open_catalogue(tmp_path / "decoded", replace(decoder(data), decode=own)) as catalogue:
        prepare(catalogue, raw, tmp_path / "prepared", data, TASK, "version")
    for split in SPLITS:
        for example in read_examples(tmp_path / "prepared" / split):
            assert example.facts == {"night": 1, "tilt": 0.5, "count": 3}


GREY = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8) * 4)


def test_grey_of_the_right_size_is_taken_as_it_is() -> None:
    assert (pixels(encoded(GREY))[0] == np.asarray(GREY)).all()


def test_16_bits_keep_the_upper_8() -> None:
    wide = Image.fromarray(np.asarray(GREY).astype(np.uint16) * 256 + 255)
    assert wide.mode == "I;16"
    assert (pixels(encoded(wide)) == pixels(encoded(GREY))).all()
    wide = Image.fromarray(np.asarray(GREY).astype(np.uint16) * 257)
    assert (pixels(encoded(wide)) == pixels(encoded(GREY))).all()


@pytest.mark.parametrize("mode", ["RGB", "P", "LA", "RGBA"])
def test_other_modes_show_the_same_grey(mode: str) -> None:
    shrunk = pixels(encoded(GREY.convert(mode))).astype(int)
    assert abs(shrunk - np.asarray(GREY)).max() <= 1


def test_black_and_white() -> None:
    bits = GREY.point(lambda value: 255 * (value > 99), mode="1")
    assert set(np.unique(pixels(encoded(bits)))) == {0, 255}


def test_colour_keeps_its_channels() -> None:
    red = Image.new("RGB", (8, 8), (200, 10, 30))
    shrunk = pixels(encoded(red), channels=3)
    assert [np.unique(channel).tolist() for channel in shrunk] == [[200], [10], [30]]
    assert pixels(encoded(GREY), channels=3).shape == (3, 8, 8)


@pytest.mark.parametrize("channels", [1, 3])
def test_transparent_is_white(channels: int) -> None:
    # Ink on a transparent sheet: the sheet's hidden colour is black, as most programs save it.
    drawing = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    drawing.paste((0, 0, 0, 255), (2, 2, 4, 4))
    shrunk = pixels(encoded(drawing), channels=channels)
    assert shrunk[:, 0, 0].tolist() == [255] * channels
    assert shrunk[:, 2, 2].tolist() == [0] * channels


def test_a_transparent_palette_is_white() -> None:
    sheet = Image.new("P", (8, 8))
    sheet.putpalette([0, 0, 0, 90, 90, 90])
    sheet.putpixel((3, 3), 1)
    shrunk = pixels(encoded(sheet, transparency=bytes([0, 255])))[0]
    assert (shrunk[0, 0], shrunk[3, 3]) == (255, 90)


def test_a_turned_photograph_stands_upright() -> None:
    photograph = Image.new("L", (8, 8), 0)
    photograph.paste(255, (0, 0, 8, 4))
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated by 90 degrees: the top in the file belongs on the right
    shrunk = pixels(encoded(photograph, "JPEG", exif=exif, quality=95))[0]
    assert shrunk[:, 6:].min() > 200
    assert shrunk[:, :2].max() < 55


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (200, 100), (8, 9)])
@pytest.mark.parametrize("size", [8, 28])
def test_any_size(shape: tuple[int, int], size: int) -> None:
    shrunk = pixels(encoded(Image.new("L", shape, 77)), size=size)
    assert shrunk.shape == (1, size, size)
    assert np.unique(shrunk).tolist() == [77]


@pytest.mark.parametrize("kind", ["BMP", "GIF", "TIFF", "WEBP", "JPEG"])
def test_other_formats(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    shrunk = pixels(encoded(GREY, kind, **options)).astype(int)
    assert abs(shrunk - np.asarray(GREY)).max() <= (12 if kind == "JPEG" else 1)


def test_a_split_without_examples(tmp_path: Path, fill: Callable[..., Path]) -> None:
    raw = fill(tmp_path / "raw", count=2)
    with pytest.raises(UserError, match=r"falls into (\w+); .*data\.\1_fraction"):
        run(raw, tmp_path / "prepared", settings(dev=0.01, test=0.01))
    assert not (tmp_path / "prepared").exists()


def test_a_class_without_training_examples(tmp_path: Path, fill: Callable[..., Path]) -> None:
    raw = fill(tmp_path / "raw")
    content = next(
        path.read_bytes()
        for path in sorted(raw.rglob("*.png"))
        if split_of("", hashlib.md5(path.read_bytes()).hexdigest(), "", settings()) == "test"
    )
    (raw / "rare").mkdir()
    (raw / "rare/only.png").write_bytes(content)
    with pytest.raises(UserError, match=r"rare has no example in train \(.* 1 test\).*; about 5"):
        run(raw, tmp_path / "prepared")


def test_what_is_not_learnt_from_stands_in_no_split(
    tmp_path: Path, fill: Callable[..., Path]
) -> None:
    raw = fill(tmp_path / "raw")
    for path in sorted(raw.rglob("0[01]*.png")):
        path.rename(path.with_name(f"web-{path.name}"))
    whole = run(raw, tmp_path / "whole")
    before = members(tmp_path / "whole")
    half = run(raw, tmp_path / "half", replace(settings(), train_fraction=0.5))
    web = run(raw, tmp_path / "web", replace(settings(), train_on="*/web-*"))
    for prepared_files, untouched in ((half, ("train_dev", "dev", "test")), (web, ("dev", "test"))):
        assert prepared_files.keys() == whole.keys()
        same = {path.split("/")[0] for path in whole if prepared_files[path] == whole[path]}
        assert same >= set(untouched)
        assert all(
            prepared_files[path] == whole[path] for path in whole if path.startswith(untouched)
        )
    after = members(tmp_path / "half")
    assert after.items() < before.items()
    assert {before[path] for path in before.keys() - after.keys()} == {"train"}
    after = members(tmp_path / "web")
    assert after == {
        path: split for path, split in before.items() if "web-" in path or split in ("dev", "test")
    }


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"train_on": "*/no-*"}, r"falls into train; .*, or widen data\.train_on '\*/no-\*'\.$"),
        (
            {"evaluate_on": "*/no-*"},
            r"into dev; .*, or widen data\.evaluate_on '\*/no-\*'\.$",
        ),
        (
            {"train_on": "circle/*"},
            r"square has no example in train .*, or widen data\.train_on 'circle/\*'\.$",
        ),
        (
            {"train_fraction": 0.02},
            r"\w+ has no example in train .*, or raise data\.train_fraction, 0\.02\.$",
        ),
        (
            {"train_fraction": 1e-6},
            r"falls into train; .*test_fraction, or raise data\.train_fraction, 1e-06\.$",
        ),
    ],
)
def test_nothing_to_learn_from(
    tmp_path: Path, fill: Callable[..., Path], changed: dict[str, Any], words: str
) -> None:
    raw = fill(tmp_path / "raw")
    with pytest.raises(UserError, match=words):
        run(raw, tmp_path / "prepared", replace(settings(), **changed))
    assert not (tmp_path / "prepared").exists()
