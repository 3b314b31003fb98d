"""Shared by all checks: the project's own files, and synthetic examples."""

import math
import random
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ..core import kernels
from ..core.config import read
from ..core.key_kinds import keys
from ..core.sections import Data, Reproducibility, Task
from ..core.yours import YOURS, Yours, declared, package
from ..data.fields import Arrays, Field, Fields, checked, fields_of, image_of
from ..data.fitting import Fitted, fitting_of
from ..data.loader import Split
from ..data.shards import Stored
from ..data.targets import MASK

CLASSES = ["plain", "rows", "columns"]
LEARNT = 96  # examples for `fit`
BRIGHT = 105  # above the noise of an image, and below its bright rows
NUMBERS = [100.0, 200.0, 300.0]  # in place of the classes if answers are numbers


def yours() -> Yours:
    """Return the project's own files."""
    return Yours(("data", "metrics", "model", "training"))


def reproducibility() -> Reproducibility:
    """Return the section of params.yaml, on the CPU."""
    return replace(read(Reproducibility), device="cpu")


def disturb() -> None:
    """Draw random numbers, as any library may at any time."""
    torch.rand(3), random.random(), np.random.random()  # audit: no result rests on these


def check_section(name: str, section: Any) -> None:
    """Check that params.yaml has a section, and that its keys can be read from the syntax alone."""
    proper = is_dataclass(section)
    assert proper, f"{YOURS[name]}: {section.__name__} must be a dataclass"
    read(section)
    told = declared(Path("src", package(), YOURS[name]), name)
    sides = ({name: key.default for name, key in of.items()} for of in (told, keys(section)))
    assert next(sides) == next(sides), (
        f"{YOURS[name]}: declare every key of {section.__name__} in its own body, with a default "
        "written out if there is one; other stages check params.yaml without importing this file"
    )


class Checks:
    """Checks that run the network at the level that params.yaml sets, on the CPU."""

    @pytest.fixture(autouse=True)
    def _configured(self) -> None:
        given = reproducibility()
        kernels.configure(given.level, given.threads, given.device)

    def examples(self, count: int) -> Split:
        """Return examples to check with: noise from which the answer can be told.

        The answer is one of three classes, also if there may be several, or one of three numbers;
        a mask has one class where the image is bright, and another where it is dark.

        An image has bright rows, bright columns or neither; in any other array none, half or all of
        the numbers are larger. Whole numbers are from 0 to 3, since they may stand for words.
        """
        data, labels = yours().data, _labels(count)
        settings = read(data.Input)
        fields, fitting = checked(data.fields(settings)), fitting_of(data, settings)
        # Fitted on the same examples whatever the count, as in a project.
        learnt = iter([made(fields, LEARNT)])
        fitted = fitting.learn(learnt) if fitting else Fitted({}, None)
        arrays = dict(fitted(made(fields, count)))
        shapes = {name: field.shape for name, field in fitted.arrays.items()}
        target = read(Task).target
        if target == "mask":
            masks = arrays.pop(MASK)
            return Split(arrays, masks, [*read(Data).classes], "synthetic", target, learnt=shapes)
        if target == "number":
            scale = (NUMBERS[1], NUMBERS[2] - NUMBERS[1])
            numbers = np.array(NUMBERS)[labels]
            return Split(arrays, numbers, [], "synthetic", target, scale, shapes)
        if target == "classes":
            sets = np.eye(len(CLASSES), dtype=np.uint8)[labels]
            return Split(arrays, sets, CLASSES, "synthetic", target, learnt=shapes)
        return Split(arrays, labels, CLASSES, "synthetic", learnt=shapes)


def _labels(count: int) -> NDArray[np.int64]:
    return np.arange(count, dtype=np.int64) % len(CLASSES)


def made(fields: Fields, count: int) -> Arrays:
    """Return synthetic arrays [count, ...] for these fields."""
    labels, image = _labels(count), image_of(fields)
    arrays: dict[str, NDArray[Any]] = {
        name: _images(field, labels) if name == image else _numbers(field, labels)
        for name, field in fields.items()
    }
    if image and MASK in fields and fields[MASK].shape == fields[image].shape[1:]:
        arrays[MASK] = (arrays[image].mean(axis=1) > BRIGHT).astype(np.uint8)
    return arrays


def _images(field: Field, labels: NDArray[np.int64]) -> NDArray[np.uint8]:
    shape = (len(labels), *field.shape)
    noise = np.random.default_rng(0).integers(0, 60, shape, dtype=np.uint8)
    noise[labels == 1, :, ::2] += 150
    noise[labels == 2, :, :, ::2] += 150
    return noise


def _numbers(field: Field, labels: NDArray[np.int64]) -> NDArray[Any]:
    drawn = np.random.default_rng(0).random((len(labels), math.prod(field.shape)))
    larger = np.zeros(drawn.shape)
    larger[labels == 1, ::2] = larger[labels == 2] = 1
    if field.dtype == "bool":
        drawn = np.round(drawn + larger).clip(0, 1)
    elif field.dtype.startswith("float"):
        drawn += 2 * larger
    else:
        drawn = np.floor(2 * drawn) + 2 * larger
    return drawn.astype(field.dtype).reshape(-1, *field.shape)


def copied(arrays: Stored) -> dict[str, NDArray[Any]]:
    """Return copies of the arrays of all examples."""
    return {name: np.array(array[:]) for name, array in arrays.items()}


def extreme(arrays: Arrays) -> dict[str, Arrays]:
    """Return the arrays filled with their least and with their largest values, by name.

    An image is black or white; for other arrays, the values are those of all examples.
    """
    image = image_of(fields_of(arrays))
    ends = {name: (array.min(), array.max()) for name, array in arrays.items()}
    ends |= {image: (0, 255)} if image else {}
    kinds = ("black", "white") if [*arrays] == [image] else ("the least", "the largest")
    return {
        kind: {name: np.full_like(array, ends[name][at]) for name, array in arrays.items()}
        for at, kind in enumerate(kinds)
    }
