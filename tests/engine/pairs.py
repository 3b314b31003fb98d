"""Made-up images with masks for the tests, and the user's files of the task image-mask."""

import io
import shutil
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import catalogues
import numpy as np
from conftest import ANSWERS, FILES, JINJA
from numpy.typing import NDArray
from PIL import Image

from samebits.data.decoder import Decoder

NAMES = ("background", "stroke", "blot")
DATA = replace(
    catalogues.DATA,
    classes=NAMES,
    train_dev_fraction=0.1,
    dev_fraction=0.25,
    test_fraction=0.25,
    least_examples=3,
)
TASK = replace(catalogues.TASK, reader="pairs", target="mask")
SIDE = 8


def files(into: Path) -> Path:
    """Write the user's files of the task image-mask."""
    into.mkdir(parents=True, exist_ok=True)
    answers = ANSWERS | {"task": "image-mask"}
    for file in sorted(FILES.glob("*.py*")):
        if name := JINJA.from_string(file.name).render(cookiecutter=answers):
            shutil.copyfile(file, into / name)
    return into


def module(name: str, folder: Path) -> ModuleType:
    """Import one of those files, as `data`."""
    spec = spec_from_file_location(f"mask_{name}", files(folder) / f"{name}.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def decoder(folder: Path, data: Any = DATA, size: int = SIDE) -> Decoder:
    """The shipped `decode` of that task."""
    yours = module("data", folder)
    settings = yours.Input(size=size, channels=1)
    return Decoder(yours.decode, settings, data, yours.fields(settings), f"{settings} mask")


def png(pixels: NDArray[Any], mode: str = "L") -> bytes:
    """A PNG file of pixels [h, w]."""
    file = io.BytesIO()
    image = Image.fromarray(pixels)
    if mode == "P":
        image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    elif mode != "L":
        image = image.convert(mode)
    image.save(file, "PNG")
    return file.getvalue()


def drawn(number: int, side: int = SIDE) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """An image of noise with a bright and a dark bar, and the matching mask."""
    draw = np.random.default_rng([7, number])
    mask = np.zeros((side, side), dtype=np.uint8)
    first, second = draw.choice(side, 2, replace=False).tolist()
    mask[first], mask[:, second] = 1, 2
    image = 100 + draw.integers(0, 20, (side, side)) + np.array([0, 100, -80])[mask]
    return image.astype(np.uint8), mask


def pair(raw: Path, name: str, number: int, **changed: bytes) -> None:
    """Write one image with its mask; `image` and `mask` may be other contents."""
    image, mask = drawn(number)
    contents = {"image": png(image), "mask": png(mask)} | changed
    for kind, content in contents.items():
        path = raw / f"{kind}s" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def filled(raw: Path, count: int = 40) -> Path:
    """Write this many pairs below a folder."""
    for number in range(count):
        pair(raw, f"{number:03d}", number)
    return raw
