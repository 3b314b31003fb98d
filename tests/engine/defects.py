"""Shared by data sets with a known defect; each kind has its own file.

`raw` is a folder of good examples, with a folder for each class; tables are next to it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CORRECTIONS, ACCEPTED = "md5,old,new,who,why\n", "rule,subject,md5,reason\n"


def image_file(
    path: Path, grey: int = 100, size: tuple[int, int] = (9, 9), mode: str = "L"
) -> None:
    """Write a plain example, slightly different from any other."""
    path.parent.mkdir(exist_ok=True)
    noise = np.random.default_rng(list(path.name.encode())).integers(0, 60, size[::-1])
    Image.fromarray((grey + noise).astype(np.uint8)).convert(mode).save(path)


@dataclass
class Case:
    """A defect: how to plant it, the settings to check with, what the messages must name."""

    plant: Callable[[Path], None]
    names: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    beside: tuple[str, ...] = ()  # other rules that rightly find something
