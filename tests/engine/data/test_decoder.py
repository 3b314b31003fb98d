"""A project's own `decode`: what it must return, and what changes its pixels."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from catalogues import DATA, decoder
from conftest import PACKAGE, configured, image_file, rendered
from handwritten_digits import data as yours

from samebits.console.errors import UserError
from samebits.data.decoder import Decoder
from samebits.data.example import Decoded, Unreadable
from samebits.data.fields import Field

PIXELS = np.zeros((1, 8, 8), np.uint8)


@pytest.fixture(autouse=True)
def params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rendered(tmp_path, "dvc.yaml")
    return configured(tmp_path)


def test_the_shipped_one() -> None:
    ours = Decoder.of(yours, DATA)
    assert (ours.settings, ours.fields) == (
        yours.Input(size=8, channels=1),
        decoder().fields,
    )
    assert (
        ours(image_file(1, 2)).arrays["image"] == decoder()(image_file(1, 2)).arrays["image"]
    ).all()


def test_other_pixels_have_another_name(params: Path, settle: Callable[..., None]) -> None:
    names = [Decoder.of(yours, data).made_by for data in (DATA, replace(DATA, bits=12))]
    settle(params, input={"size": 16})
    names.append(Decoder.of(yours, DATA).made_by)
    own, more = Path("src", PACKAGE, "data.py"), Path("src", PACKAGE, "colours.py")
    own.write_text(own.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    names.append(Decoder.of(yours, DATA).made_by)
    listed = Path("dvc.yaml").read_text(encoding="utf-8").replace(f"{own}", f"{own}, {more}")
    Path("dvc.yaml").write_text(listed, encoding="utf-8")
    for text in ("RED = 1\n", "RED = 2\n"):
        more.write_text(text, encoding="utf-8")
        names.append(Decoder.of(yours, DATA).made_by)
    assert len({*names}) == 6


def test_what_moves_no_pixel(params: Path, settle: Callable[..., None]) -> None:
    before = Decoder.of(yours, DATA).made_by
    settle(params, model={"width": 7}, data={"dev_fraction": 0.3})
    other = Path("src", PACKAGE, "model.py")
    other.write_text(other.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    assert Decoder.of(yours, replace(DATA, megapixels=1.0)).made_by == before


IMAGE = Field("uint8", (1, 8, 8))
WRONG: Any = Field  # whatever its input


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "declares no array; return at least one by its name"),
        (None, "declares no array"),
        ({"a b": IMAGE}, "an array 'a b', which is not a valid name"),
        ({"größe": IMAGE}, "an array 'größe', which is not a valid name"),
        ({"../x": IMAGE}, "which is not a valid name"),
        ({3: IMAGE}, "an array 3, which is not a valid name"),
        ({"image": IMAGE, "Labels": IMAGE}, "an array Labels, which is a reserved name"),
        ({"index": IMAGE}, "an array index, which is a reserved name"),
        ({"Mask": IMAGE, "mask": IMAGE}, "Mask twice if case is ignored"),
        ({"text": Field("object", (3,))}, "text as 'object', which cannot be stored; use one of"),
        ({"text": Field("str", (3,))}, "text as 'str', which cannot be stored"),
        ({"wave": Field("complex64", (3,))}, "wave as 'complex64', which cannot be stored"),
        ({"wave": Field("float16", (3,))}, "wave as 'float16', which cannot be stored"),
        ({"wave": WRONG(float, (3,))}, "wave as <class 'float'>, which cannot be stored"),
        (
            {"wave": WRONG("float32", (None, 3))},
            r"wave with the shape \(None, 3\); give the length",
        ),
        ({"wave": Field("float32", (0,))}, r"wave with the shape \(0,\)"),
        ({"wave": WRONG("float32", 3)}, "wave with the shape 3"),
        ({"wave": "float32"}, r"wave as 'float32'; write Field\(dtype, shape\)"),
    ],
)
def test_fields_that_cannot_be_stored(fields: Any, words: str) -> None:
    own = SimpleNamespace(Input=yours.Input, decode=yours.decode, fields=lambda _: fields)
    with pytest.raises(UserError, match=r"^data\.py: `fields` declares ") as error:
        Decoder.of(own, DATA)
    assert re.search(words, str(error.value))


def test_an_image_that_the_text_of_data_py_does_not_show(params: Path) -> None:
    """So params.yaml, which is checked without an import, has the keys of images."""
    own = Path("src", PACKAGE, "data.py")
    text = own.read_text("utf-8").replace("from samebits.data.image import open_image\n", "")
    assert Decoder.of(yours, DATA).images
    own.write_text(text, "utf-8")  # which still writes out the field
    assert Decoder.of(yours, DATA).images
    own.write_text(text.replace("Field(", "announced("), "utf-8")
    words = r'declares the image image, .*; write out Field\("uint8", \(1, 8, 8\)\) there'
    with pytest.raises(UserError, match=words):
        Decoder.of(yours, DATA)
    rows = SimpleNamespace(
        Input=yours.Input, decode=None, fields=lambda _: {"row": Field("uint8", (3,))}
    )
    assert not Decoder.of(rows, DATA).images


def test_arrays_of_any_number_type_and_shape() -> None:
    arrays: dict[str, Any] = {
        "image": PIXELS,
        "tokens": np.arange(6, dtype="int32"),
        "mask": np.arange(6).reshape(2, 3) > 3,
        "series": np.linspace(-1, 1, 12, dtype="float64").reshape(3, 4),
        "age": np.float32(3.5),
    }
    fields = {name: Field(array.dtype.name, array.shape) for name, array in arrays.items()}
    turned = {name: arrays[name] for name in reversed(arrays)}
    turned["tokens"] = arrays["tokens"].astype(">i4")
    turned["series"] = np.asfortranarray(arrays["series"])
    own = replace(decoder(), fields=fields, decode=lambda *_: Decoded(turned, {}))
    returned = own(b"").arrays
    assert [*returned] == [*arrays]
    for name, array in returned.items():
        assert array.tobytes() == arrays[name].tobytes()
        assert (array.dtype, array.shape) == (arrays[name].dtype, arrays[name].shape)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_found(number: float) -> None:
    series = np.ones((2, 3), np.float32)
    fields = {"image": IMAGE, "series": Field("float32", (2, 3))}
    own = replace(decoder(), fields=fields)
    decoded = Decoded({"image": PIXELS, "series": series}, {})
    assert [*replace(own, decode=lambda *_: decoded)(b"").arrays] == ["image", "series"]
    series[1, 2] = number
    with pytest.raises(Unreadable, match=r"^series holds NaN or infinity$"):
        replace(own, decode=lambda *_: decoded)(b"")


def given(array: Any, **facts: Any) -> Decoded:
    decoded = Decoded({"image": array}, facts)
    return replace(decoder(), decode=lambda *_: decoded)(b"")


@pytest.mark.parametrize(
    "array", [PIXELS[0], PIXELS[:, 1:], PIXELS.astype(float), PIXELS.tolist(), None]
)
def test_what_fields_does_not_announce(array: Any) -> None:
    with pytest.raises(
        UserError,
        match=r"^data\.py: `decode` returned image as .* declares "
        r"uint8 \(",
    ):
        given(array)


@pytest.mark.parametrize("fact", [float("nan"), float("inf"), np.float32("nan"), None, [1]])
def test_what_is_no_fact(fact: Any) -> None:
    with pytest.raises(
        UserError,
        match=r"^data\.py: `decode` returned tilt as .*; a fact must be a finite",
    ):
        given(PIXELS, tilt=fact)


def test_facts() -> None:
    facts = {"tilt": np.float32(0.5), "night": True, "count": np.int64(3), "camera": "left"}
    assert given(PIXELS, **facts).facts == facts


@pytest.mark.parametrize("names", [(), ("example",), ("image", "mask")])
def test_arrays_that_fields_does_not_announce(names: tuple[str, ...]) -> None:
    decoded = Decoded(dict.fromkeys(names, PIXELS), {})
    own = replace(decoder(), decode=lambda *_: decoded)
    with pytest.raises(
        UserError,
        match=r"^data\.py: `decode` returned the arrays .* declares "
        r"image;",
    ):
        own(b"")
    listed: Any = [3, 4]
    with pytest.raises(
        UserError,
        match=r"`decode` returned the arrays 3, 4, but `fields` declares",
    ):
        replace(own, decode=lambda *_: Decoded(listed, {}))(b"")
