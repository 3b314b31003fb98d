"""A project's own `decode`: what it must give, and when its pixels are others."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from catalogues import DATA, decoder
from conftest import PACKAGE, configured, picture, rendered
from handwritten_digits import data as yours

from samebits.console.errors import UserError
from samebits.data.decoder import Decoder
from samebits.data.example import Decoded, Field

PIXELS = np.zeros((1, 8, 8), np.uint8)


@pytest.fixture(autouse=True)
def params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rendered(tmp_path, "dvc.yaml")
    return configured(tmp_path)


def test_the_shipped_one() -> None:
    found = Decoder.of(yours, DATA)
    assert (found.settings, found.field) == (yours.Input(size=8, channels=1), decoder().field)
    assert (found(picture(1, 2)).arrays["image"] == decoder()(picture(1, 2)).arrays["image"]).all()


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


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"image": Field("uint8", (1, 8, 8)), "mask": Field("uint8", (8, 8))},
        {"picture": Field("uint8", (1, 8, 8))},
        {"image": Field("float32", (1, 8, 8))},
        {"image": Field("uint8", (8, 8))},
    ],
)
def test_fields_that_cannot_be_stored(fields: dict[str, Field]) -> None:
    own = SimpleNamespace(Input=yours.Input, decode=yours.decode, fields=lambda _: fields)
    with pytest.raises(UserError, match=r"^data\.py: `fields` must name one field, image, of the"):
        Decoder.of(own, DATA)


def given(array: Any, **facts: Any) -> Decoded:
    decoded = Decoded({"image": array}, facts)
    return replace(decoder(), decode=lambda *_: decoded)(b"")


@pytest.mark.parametrize("array", [PIXELS[0], PIXELS[:, 1:], PIXELS.astype(float)])
def test_what_fields_does_not_announce(array: Any) -> None:
    with pytest.raises(UserError, match=r"^data\.py: `decode` made .* `fields` announces uint8 \("):
        given(array)


@pytest.mark.parametrize("fact", [float("nan"), float("inf"), np.float32("nan"), None, [1]])
def test_what_is_no_fact(fact: Any) -> None:
    with pytest.raises(UserError, match=r"^data\.py: `decode` gave tilt as .*; a fact is a finite"):
        given(PIXELS, tilt=fact)


def test_facts() -> None:
    facts = {"tilt": np.float32(0.5), "night": True, "count": np.int64(3), "camera": "left"}
    assert given(PIXELS, **facts).facts == facts


@pytest.mark.parametrize("names", [(), ("picture",), ("image", "mask")])
def test_arrays_that_fields_does_not_announce(names: tuple[str, ...]) -> None:
    decoded = Decoded(dict.fromkeys(names, PIXELS), {})
    own = replace(decoder(), decode=lambda *_: decoded)
    with pytest.raises(UserError, match=r"^data\.py: `decode` gave the arrays .* announces image;"):
        own(b"")
