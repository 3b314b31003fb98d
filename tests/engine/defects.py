"""What data sets with a known defect share; each kind has a file of its own.

`raw` is a folder of good pictures, a folder in it for each class; tables stand beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CORRECTIONS, ACCEPTED = "md5,old,new,who,why\n", "rule,subject,md5,reason\n"


def picture(path: Path, grey: int = 100, size: tuple[int, int] = (9, 9), mode: str = "L") -> None:
    """Write a plain picture, not quite like any other."""
    path.parent.mkdir(exist_ok=True)
    noise = np.random.default_rng(list(path.name.encode())).integers(0, 60, size[::-1])
    Image.fromarray((grey + noise).astype(np.uint8)).convert(mode).save(path)


@dataclass
class Case:
    """A defect: how to plant it, the settings to look with, what the sentences must name."""

    plant: Callable[[Path], None]
    names: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    beside: tuple[str, ...] = ()  # rules that rightly find something as well
