"""Images that hardly differ are found among many, and time grows with their number only."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from samebits.checks import near_duplicates as neighbours
from samebits.data import Decoded, Field
from samebits.data.decoder import Decoder
from samebits.data.findings import Table

Check = Callable[..., tuple[dict[str, Any], Table]]
RULE = "near-duplicates"


def twin(path: Path, name: str, change: int) -> None:
    """Write an image next to the one at `path`, each pixel of which is brighter by `change`."""
    pixels = np.asarray(Image.open(path)).astype(np.int64) + change
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path.with_name(name))


def near(summary: dict[str, Any]) -> list[list[str]]:
    return [finding["paths"] for finding in summary["findings"] if finding["rule"] == RULE]


def test_the_nearest_come_first(raw: Path, check: Check) -> None:
    twin(raw / "tree/001.png", "brighter.png", 4)
    twin(raw / "square/001.png", "darker.png", -2)
    expected = [["square/001.png", "square/darker.png"], ["tree/001.png", "tree/brighter.png"]]
    summary, _ = check(raw)
    assert near(summary) == expected
    assert "differ by 0.78 %" in summary["findings"][0]["message"]


def framed(given: Decoder) -> Decoder:
    """The same images under another name, after a number and before a mask."""
    image = given.fields["image"]
    fields = {"weight": Field("float32", ()), "photo": image, "mask": Field("bool", image.shape)}

    def decode(content: bytes, settings: Any) -> Decoded:
        arrays, facts = given.decode(content, settings)
        image, weight = arrays["image"], np.array(len(content), np.float32)
        return Decoded({"mask": image > 99, "photo": image, "weight": weight}, facts)

    return replace(given, fields=fields, decode=decode, made_by="framed")


def flattened(given: Decoder) -> Decoder:
    """The same pixels, but not as an image."""

    def decode(content: bytes, settings: Any) -> Decoded:
        arrays, facts = given.decode(content, settings)
        return Decoded({"numbers": arrays["image"].ravel()}, facts)

    fields = {"numbers": Field("uint8", (64,))}
    return replace(given, fields=fields, decode=decode, made_by="flattened")


def test_an_image_may_stand_among_other_arrays(raw: Path, check: Check) -> None:
    twin(raw / "tree/001.png", "brighter.png", 4)
    seen: list[Any] = []

    def noted(images: Any, labels: Any, classes: int, folds: Any) -> Any:
        seen.append(images)
        return np.eye(classes, dtype=np.float32)[labels] * 0.9 + 0.1 / classes

    plain, among = (
        check(raw, noted, wrapped=wrapped)[0] for wrapped in (lambda decoder: decoder, framed)
    )
    assert plain == among
    assert near(among) == [["tree/001.png", "tree/brighter.png"]]
    assert (seen[0] == seen[1]).all()


def test_without_an_image_nobody_looks(raw: Path, check: Check) -> None:
    twin(raw / "tree/001.png", "brighter.png", 4)
    summary, _ = check(raw, wrapped=flattened)
    assert summary["found"] == {}
    assert summary["not_looked_for"] == [RULE]


@pytest.mark.parametrize(("limit", "pairs"), [(0.0, 0), (0.01, 0), (0.02, 1)])
def test_the_limit(raw: Path, check: Check, limit: float, pairs: int) -> None:
    twin(raw / "tree/001.png", "brighter.png", 4)
    assert len(near(check(raw, near_duplicate=limit)[0])) == pairs


def test_labels_and_splits_of_both_are_named(raw: Path, check: Check) -> None:
    twin(raw / "tree/001.png", "brighter.png", 1)
    (raw / "tree/brighter.png").rename(raw / "square/brighter.png")
    (finding,) = check(raw)[0]["findings"]
    assert ", labels square and tree); keep one" in finding["message"]


def test_of_very_many_alike_each_meets_few(
    raw: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        pixels = np.full((9, 9), 200, dtype=np.uint8)
        pixels[number % 9, number // 9] -= 1
        Image.fromarray(pixels).save(raw / f"tree/plain {number}.png")
    monkeypatch.setattr(neighbours, "PARTNERS", 2)
    pairs = near(check(raw)[0])
    assert 29 <= len(pairs) <= 2 * neighbours.GRIDS * 30
    assert len({path for pair in pairs for path in pair}) == 30


@pytest.mark.parametrize(("limit", "near_by"), [(0.02, False), (0.1, True)])
def test_the_pixels_decide_where_parts_and_brightness_agree(
    raw: Path, check: Check, limit: float, near_by: bool
) -> None:
    pixels = np.asarray(Image.open(raw / "tree/001.png")).astype(np.int64)
    pixels += np.where(np.arange(9) % 2, 30, -30)[:, None]
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(raw / "tree/striped.png")
    pair = ["tree/001.png", "tree/striped.png"]
    assert (pair in near(check(raw, near_duplicate=limit)[0])) == near_by


def photograph(random: np.random.Generator) -> Image.Image:
    """Smooth shapes with some texture."""
    shapes = Image.fromarray(random.integers(0, 256, (5, 5), dtype=np.uint8)).resize((96, 96))
    pixels = np.asarray(shapes) + random.normal(0, 6, (96, 96))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def test_copies_that_were_saved_again_are_found(tmp_path: Path, check: Check) -> None:
    """Smaller, brighter, or through JPEG: nearly all whose prepared pixels differ by less."""
    random = np.random.default_rng(0)
    for name in ("one", "two", "three"):
        (tmp_path / "raw" / name).mkdir(parents=True)
        for number in range(40):
            image = photograph(random)
            place = tmp_path / "raw" / name / f"{number:02d}"
            image.save(f"{place} a.png")
            image = {"one": image, "two": image.point(lambda value: value + 4), "three": image}[
                name
            ]
            side = 70 if name == "three" else 96
            image.resize((side, side)).save(f"{place} b.jpg", quality=70)
    pairs = near(check(tmp_path / "raw", size=32)[0])
    assert len(pairs) == 120
    assert all(a[:-5] == b[:-5] for a, b in pairs)
