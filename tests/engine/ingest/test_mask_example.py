"""The example of images with masks: drawn from its digits alone, none of them in two images."""

import io
import re
import shutil
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from conftest import ROOT
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

from samebits.ingest.example_data import version

SCRIPT = "{% if cookiecutter.task == 'image-mask' %}example.py{% endif %}"


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    copy = tmp_path_factory.mktemp("script") / "example.py"
    shutil.copyfile(ROOT / "scripts" / SCRIPT, copy)
    spec = spec_from_file_location("mask_example", copy)
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def files(script: ModuleType) -> dict[str, bytes]:
    made: dict[str, bytes] = script.files(Path())
    return made


def pixels(content: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(content)))


def test_it_is_the_version_that_ships(files: dict[str, bytes]) -> None:
    pointer = SCRIPT.replace("example.py", "raw.dvc")
    text = (ROOT / "data" / pointer).read_text(encoding="utf-8")
    assert re.findall(r"md5: (\w+\.dir)", text) == [version(files)]


def test_each_digit_is_in_one_image(files: dict[str, bytes]) -> None:
    digits = load_digits().images
    assert len({digit.tobytes() for digit in digits}) == len(digits) == len(files) // 2
    assert len({*files.values()} - {b""}) > 1.9 * len(digits)


def test_masks_are_of_the_classes(files: dict[str, bytes], script: ModuleType) -> None:
    labels = load_digits().target
    for number in range(0, len(labels), 97):
        image, mask = (pixels(files[f"{kind}/{number:04d}.png"]) for kind in ("images", "masks"))
        assert image.shape == mask.shape == (24, 24)
        name = 1 if labels[number] in script.LOOPS else 2
        assert {*np.unique(mask).tolist()} == {0, name}
        stroke, ground = image[mask > 0].mean(), image[mask == 0].mean()
        assert abs(stroke - ground) > 40


def test_what_is_drawn_follows_from_the_digit_alone(script: ModuleType) -> None:
    digit = load_digits().images[5].astype(np.uint8)
    first = script.drawn(digit, 2)
    script.drawn(load_digits().images[6].astype(np.uint8), 1)
    again = script.drawn(digit, 2)
    assert all((image == other).all() for image, other in zip(first, again, strict=True))
