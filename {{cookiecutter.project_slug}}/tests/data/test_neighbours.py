"""Pictures that hardly differ are found among many, and time grows with their number only."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from {{ cookiecutter.__package_name }}.data import neighbours
from {{ cookiecutter.__package_name }}.data.findings import Table

Check = Callable[..., tuple[dict[str, Any], Table]]
RULE = "near-duplicates"


def twin(path: Path, name: str, change: int) -> None:
    """Write a picture beside the one at `path`, each pixel of which is brighter by `change`."""
    pixels = np.asarray(Image.open(path)).astype(np.int64) + change
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path.with_name(name))


def near(summary: dict[str, Any]) -> list[list[str]]:
    return [one["paths"] for one in summary["findings"] if one["rule"] == RULE]


def test_the_nearest_come_first(raw: Path, check: Check) -> None:
    twin(raw / "tree/001.png", "brighter.png", 4)
    twin(raw / "square/001.png", "darker.png", -2)
    expected = [["square/001.png", "square/darker.png"], ["tree/001.png", "tree/brighter.png"]]
    summary, _ = check(raw)
    assert near(summary) == expected
    assert "differ by 0.78 %" in summary["findings"][0]["message"]


@pytest.mark.parametrize(("limit", "pairs"), [(0.0, 0), (0.01, 0), (0.02, 1)])
def test_the_limit(raw: Path, check: Check, limit: float, pairs: int) -> None:
    twin(raw / "tree/001.png", "brighter.png", 4)
    assert len(near(check(raw, near_duplicate=limit)[0])) == pairs


def test_labels_and_splits_of_both_are_named(raw: Path, check: Check) -> None:
    twin(raw / "tree/001.png", "brighter.png", 1)
    (raw / "tree/brighter.png").rename(raw / "square/brighter.png")
    (one,) = check(raw)[0]["findings"]
    assert ", labels square and tree); keep one" in one["message"]


def test_of_very_many_alike_each_meets_few(
    raw: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        pixels = np.full((9, 9), 200, dtype=np.uint8)
        pixels[number % 9, number // 9] -= 1
        Image.fromarray(pixels).save(raw / f"tree/plain {number}.png")
    monkeypatch.setattr(neighbours, "PARTNERS", 2)
    pairs = near(check(raw)[0])
    assert 29 <= len(pairs) <= 2 * neighbours.BANDS * 30
    assert len({path for pair in pairs for path in pair}) == 30


@pytest.mark.parametrize(("limit", "pairs"), [(0.02, 0), (0.1, 1)])
def test_the_pixels_decide_where_hash_and_brightness_agree(
    raw: Path, check: Check, limit: float, pairs: int
) -> None:
    pixels = np.asarray(Image.open(raw / "tree/001.png")).astype(np.int64)
    pixels += np.where(np.arange(9) % 2, 30, -30)[:, None]
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(raw / "tree/striped.png")
    assert len(near(check(raw, near_duplicate=limit)[0])) == pairs
