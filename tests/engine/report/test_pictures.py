"""Pictures inside the page: whole, small enough, described."""

import base64
import io

import numpy as np
from PIL import Image

from samebits.report.pictures import LARGEST, image_tag


def shown(tag: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(tag.split("base64,")[1].split('"')[0])))


def test_a_small_picture_is_kept_as_it_is() -> None:
    image = np.arange(3 * 8 * 8, dtype=np.uint8).reshape(3, 8, 8)
    tag = image_tag(image, 'a "b" <c>')
    assert 'class="tiny"' in tag
    assert 'alt="a &quot;b&quot; &lt;c&gt;"' in tag
    assert (np.moveaxis(np.asarray(shown(tag)), 2, 0) == image).all()


def test_a_large_picture_is_averaged() -> None:
    image = np.zeros((1, 2 * LARGEST, 2 * LARGEST), dtype=np.uint8)
    image[:, ::2] = 200
    tag = image_tag(image, "")
    small = np.asarray(shown(tag))
    assert small.shape == (LARGEST, LARGEST)
    assert (small == 100).all()
    assert 'class="tiny"' not in tag
