"""Examples within the page: complete, small enough, described."""

import base64
import io
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from predicted import example

from samebits.console.errors import UserError
from samebits.report.looks import LARGEST, Gallery, Thumbnail, drawing, look, thumbnail


def shown(held: Thumbnail) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(held.source.split("base64,")[1])))


def test_a_small_example_is_kept_as_it_is() -> None:
    image = np.arange(3 * 8 * 8, dtype=np.uint8).reshape(3, 8, 8)
    held = thumbnail(image)
    assert held.kind == "tiny"
    assert (np.moveaxis(np.asarray(shown(held)), 2, 0) == image).all()


def test_a_large_example_is_averaged() -> None:
    image = np.zeros((1, 2 * LARGEST, 2 * LARGEST), dtype=np.uint8)
    image[:, ::2] = 200
    held = thumbnail(image)
    small = np.asarray(shown(held))
    assert small.shape == (LARGEST, LARGEST)
    assert (small == 100).all()
    assert held.kind == ""


def module(show: Any) -> Any:
    return SimpleNamespace(show=show)


def test_examples_are_shown_as_they_are_or_as_you_say() -> None:
    images = np.arange(2 * 3 * 8 * 8, dtype=np.uint8).reshape(2, 3, 8, 8)
    arrays, examples = {"image": images}, [example("a.png", "a", "")] * 2
    assert np.array_equal(Gallery(arrays, examples, drawing(None))[1], images[1])
    own = Gallery(arrays, examples, drawing(module(lambda arrays: 255 - arrays["image"][:1])))
    assert np.array_equal(own[1], 255 - images[1, :1])


def test_without_an_image_the_facts_are_shown() -> None:
    channels = np.zeros((2, 4, 8, 8), np.uint8)  # which no image file can hold
    facts: dict[str, float] = {"length": 37, "mean": 1 / 3}
    known = [replace(example("a.bin", "a", ""), facts=facts)] * 2
    for arrays in ({"image": channels}, {"age": np.zeros(2)}, {"mask": np.zeros((2, 8, 8), bool)}):
        seen = Gallery(arrays, known, drawing(None))[1]
        assert seen == "length 37, mean 0.333333"
    words = look({"age": np.zeros(())}, facts | {"camera": "<left>", "lost": ""}, drawing(None))
    assert words == "length 37, mean 0.333333, camera <left>"
    assert Gallery({"age": np.zeros(2)}, known, drawing(None), ["one", "two"])[1] == "two"
    assert look({"age": np.zeros(())}, facts | {"words": "a text"}, drawing(None)) == "a text"
    masks = {"age": np.zeros(2), "mask": np.ones((2, 8, 8), bool)}
    own = drawing(module(lambda arrays: 255 * arrays["mask"][None].astype(np.uint8)))
    assert np.array_equal(Gallery(masks, known, own)[0], np.full((1, 8, 8), 255))


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (None, "NoneType []"),
        (np.zeros((1, 8, 8)), "float64 [1, 8, 8]"),
        (np.zeros((8, 8), np.uint8), "uint8 [8, 8]"),
        (np.zeros((8, 8, 3), np.uint8), "uint8 [8, 8, 3]"),
        (np.zeros((3, 0, 8), np.uint8), "uint8 [3, 0, 8]"),
    ],
)
def test_what_is_no_image_is_not_shown(returned: Any, words: str) -> None:
    with pytest.raises(UserError) as error:
        drawing(module(lambda _: returned))({})
    assert f"show of show.py returns {words}; return an image, uint8 [1 or 3," in str(error.value)
