"""The page on masks: the classes of pixels, and images with their masks drawn over them."""

import base64
import io
import re
from typing import Any

import numpy as np
import pairs
import pytest
from numpy.typing import NDArray
from outline import Outline
from PIL import Image
from predicted import MASK, example, segmented

from samebits.metrics.registry import OF_CLASS
from samebits.metrics.scores import value
from samebits.report.inputs import Inputs
from samebits.report.looks import LARGEST, WIDEST, Gallery, drawing, thumbnail
from samebits.report.overlays import COLOURS, SAID, drawn, over
from samebits.report.page import page


def words(inputs: Inputs) -> str:
    content = page(inputs)
    style = content.index("</style>")
    return " ".join(re.sub(r"<[^>]+>", " ", content[style:]).split())


def test_the_first_screen(mask_inputs: Inputs) -> None:
    said = words(mask_inputs)
    assert f"Mean IoU {mask_inputs.metrics['score']:.4f} on test" in said
    assert re.search(r"kept out of training; \d+\.\d % of their pixels got a wrong class\.", said)
    assert "Target: at most 2.0 % of the pixels wrong; test has" in said


def test_the_classes_of_pixels(mask_inputs: Inputs) -> None:
    said = words(mask_inputs)
    assert "Classes of pixels on test" in said
    sample = mask_inputs.predictions["test"].sample
    for at, name in enumerate(MASK.classes):
        iou = value(OF_CLASS["iou"](at), sample)
        assert re.search(rf"{name} {iou:.4f} 0\.\d+ to 0\.\d+ \d+\.\d % \d+\.\d %", said)
    assert "Pixels by class and data set" in said
    assert "back, ground 66.7 %" in said and "odd 11.1 %" in said
    outline = Outline(page(mask_inputs))
    labels = [text for key, text in outline.attributes if key == "aria-label"]
    assert "Examples on test by the share of wrong pixels" in labels
    assert "script" not in outline.tags


def test_nothing_of_one_class_for_an_example(mask_inputs: Inputs) -> None:
    assert not re.search(r"confus|calibrat|surest|\d sure|distance", words(mask_inputs))


def test_the_worst_come_first(mask_inputs: Inputs) -> None:
    content = page(mask_inputs)
    dev = mask_inputs.predictions["dev"]
    shown = re.findall(r"<small><bdi>(images/\d+\.png)</bdi></small></figcaption>", content)
    order = np.argsort(-dev.sample.errors, kind="stable").tolist()
    assert shown[:5] == [dev.examples[row].path for row in order[:5]]
    assert 'class="wide tiny"' in content
    assert "those with the most wrong pixels first" in content
    assert "% of its pixels wrong" in content


def test_the_same_bytes_each_time(mask_inputs: Inputs) -> None:
    assert page(mask_inputs) == page(mask_inputs)


def pixels(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    data = thumbnail(image).source.partition("base64,")[2]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


IMAGE, TRUE = pairs.drawn(0)
SAID_MASK = np.where(TRUE == 2, 0, TRUE).astype(np.uint8)


def test_an_overlay() -> None:
    drawn_over = over(IMAGE[np.newaxis], TRUE)
    assert (drawn_over[:, TRUE == 0] == IMAGE[TRUE == 0]).all()
    for name in (1, 2):
        expected = IMAGE[name == TRUE] + 0.6 * (
            np.array(COLOURS[name - 1])[:, np.newaxis] - IMAGE[name == TRUE]
        )
        assert np.abs(drawn_over[:, name == TRUE] - expected).max() <= 0.5
    many = over(IMAGE[np.newaxis], np.full_like(TRUE, len(COLOURS) + 1))
    assert (many == over(IMAGE[np.newaxis], np.ones_like(TRUE))).all()  # colours repeat


@pytest.mark.parametrize("channels", [1, 3])
def test_image_truth_and_answer_stand_beside_each_other(channels: int) -> None:
    image = np.repeat(IMAGE[np.newaxis], channels, axis=0)
    arrays: dict[str, Any] = {"image": image, "mask": TRUE, SAID: SAID_MASK}
    page = drawn(arrays)
    assert page is not None and page.shape == (3, 8, 3 * 8 + 2)
    assert (page[:, :, :8] == image).all()
    assert (page[:, :, 9:17] == over(image, TRUE)).all()
    assert (page[:, :, 18:] == over(image, SAID_MASK)).all()
    del arrays[SAID]
    assert drawn(arrays).shape == (3, 8, 17)  # type: ignore[union-attr]
    del arrays["mask"]
    assert drawn(arrays) is image
    assert drawn({"mask": TRUE}) is None


def test_large_images_stay_small() -> None:
    image = np.zeros((1, 600, 400), dtype=np.uint8)
    mask = np.ones((600, 400), dtype=np.uint8)
    page = drawn({"image": image, "mask": mask, SAID: mask})
    assert page is not None and page.shape[1] <= LARGEST and page.shape[2] <= WIDEST
    assert pixels(page).shape[:2] == page.shape[1:]
    wide = np.zeros((1, 10, 5000), dtype=np.uint8)
    assert max(pixels(wide).shape[:2]) <= LARGEST


def test_a_gallery_shows_what_was_said_where_it_is_known() -> None:
    arrays = {"image": np.stack([IMAGE[np.newaxis]] * 2), "mask": np.stack([TRUE] * 2)}
    gallery = Gallery(arrays, [example(), example()], drawing(None), said={1: SAID_MASK})
    shapes = [getattr(gallery[row], "shape", None) for row in (0, 1)]
    assert shapes == [(3, 8, 17), (3, 8, 26)]


def test_segmented_is_what_the_page_is_tested_with() -> None:
    masks = segmented(0, 50)
    assert (masks.counts[:, :2].sum(axis=2) == 100).all()
    assert (masks.counts[:, 2] <= masks.counts[:, :2].min(axis=1)).all()
