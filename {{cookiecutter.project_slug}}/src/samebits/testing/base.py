"""What all checks share: the project's own files, and examples that need no data."""

import random
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ..core import kernels
from ..core.config import read
from ..core.params import keys
from ..core.sections import Reproducibility
from ..core.yours import YOURS, Yours, declared, package
from ..data.example import IMAGE
from ..data.loader import Split

CLASSES = ["plain", "rows", "columns"]


def yours() -> Yours:
    """Return the project's own files."""
    return Yours(("data", "metrics", "model", "training"))


def reproducibility() -> Reproducibility:
    """Return the section of params.yaml, on the CPU."""
    return replace(read(Reproducibility), device="cpu")


def disturb() -> None:
    """Draw random numbers, as any other library may at any time."""
    torch.rand(3), random.random(), np.random.random()  # audit: no result rests on these


def check_section(name: str, section: Any) -> None:
    """Check that params.yaml has a section, and that its keys are told from the syntax alone."""
    is_one = is_dataclass(section)
    assert is_one, f"{YOURS[name]}: {section.__name__} must be a dataclass"
    read(section)
    told = declared(Path("src", package(), YOURS[name]), name)
    assert told.keys() == keys(section).keys(), (
        f"{YOURS[name]}: declare every key of {section.__name__} in its own body; other stages "
        "check params.yaml without importing this file"
    )


class Checks:
    """Checks that run the network, as params.yaml sets what its bits depend on."""

    @pytest.fixture(autouse=True)
    def _configured(self) -> None:
        given = reproducibility()
        kernels.configure(given.level, given.threads, given.device)

    def examples(self, count: int) -> Split:
        """Return examples to check with: noise, with bright rows, bright columns or neither."""
        data = yours().data
        shape = data.fields(read(data.Input))[IMAGE].shape
        labels = np.arange(count, dtype=np.int64) % len(CLASSES)
        noise = np.random.default_rng(0).integers(0, 60, (count, *shape), dtype=np.uint8)
        noise[labels == 1, :, ::2] += 150
        noise[labels == 2, :, :, ::2] += 150
        return Split(noise, labels, CLASSES, "synthetic")
