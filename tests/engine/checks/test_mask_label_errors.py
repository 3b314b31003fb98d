"""Models that have not seen them doubt wrong masks, and no others."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pairs
import pytest
from numpy.typing import NDArray
from pairs import NAMES, drawn, filled, pair, png

from samebits.checks.mask_label_errors import pictured
from samebits.data.decoder import Decoder
from samebits.data.fields import Field
from samebits.data.findings import Table
from samebits.data.readers import Pairs
from samebits.training.pixel_forest import out_of_fold

Check = Callable[..., tuple[dict[str, Any], Table]]
Mask = NDArray[np.uint8]
COUNT, SIDE = 80, 16
WRONG = (3, 30, 31, 64)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    for number in range(COUNT):
        write(tmp_path / "pairs", number, drawn(number, SIDE)[1])
    return tmp_path / "pairs"


@pytest.fixture
def looked(check: Check, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def other(_: Decoder) -> Decoder:
        return pairs.decoder(tmp_path / "yours", size=SIDE)

    def run(raw: Path, model: Any = out_of_fold, **changes: Any) -> dict[str, Any]:
        given = {"reader": Pairs(), "target": "mask", "wrapped": other, "classes": NAMES}
        return check(raw, model, **given | {"near_duplicate": 0.0} | changes)[0]

    return run


def write(raw: Path, number: int, mask: Mask) -> None:
    image = png(drawn(number, SIDE)[0])
    pair(raw, f"{number:03d}", number, image=image, mask=png(mask))


def swapped(number: int) -> Mask:
    return drawn(WRONG[WRONG.index(number) - 1], SIDE)[1]


def shifted(number: int) -> Mask:
    return np.roll(drawn(number, SIDE)[1], 3, axis=(0, 1))


def exchanged(number: int) -> Mask:
    return np.array([0, 2, 1], dtype=np.uint8)[drawn(number, SIDE)[1]]


def erased(number: int) -> Mask:
    mask = drawn(number, SIDE)[1]
    return np.where(mask == 2, 0, mask).astype(np.uint8)


def doubted(summary: dict[str, Any]) -> list[str]:
    return [
        finding["paths"][0] for finding in summary["findings"] if finding["rule"] == "label-error"
    ]


@pytest.mark.parametrize("planted", [swapped, shifted, exchanged, erased])
def test_wrong_masks_are_doubted_and_no_others(
    raw: Path, looked: Callable[..., dict[str, Any]], planted: Callable[[int], Mask]
) -> None:
    for number in WRONG:
        write(raw, number, planted(number))
    assert sorted(doubted(looked(raw))) == [f"images/{number:03d}.png" for number in WRONG]


def test_the_sentence_and_the_order(raw: Path, looked: Callable[..., dict[str, Any]]) -> None:
    write(raw, 3, erased(3))
    write(raw, 5, np.zeros((SIDE, SIDE), dtype=np.uint8))
    summary = looked(raw)
    assert doubted(summary) == ["images/005.png", "images/003.png"]
    _, second = (finding for finding in summary["findings"] if finding["rule"] == "label-error")
    assert second["message"] == (
        "images/003.png: a model is at least 90 % sure that 6.2 % of the pixels of its mask are of "
        "another class; in a usual mask it is 0.0 %. Most are marked background, but look like "
        "blot; put the right mask into data/raw, or accept it."
    )
    assert second["md5"] != [""] and second["severity"] == "warning"


def test_how_many_are_looked_at(raw: Path, looked: Callable[..., dict[str, Any]]) -> None:
    write(raw, 3, exchanged(3))
    assert looked(raw)["labels_examined"] == COUNT
    pair(raw, "copy", 4, image=png(drawn(4, SIDE)[0]), mask=png(drawn(4, SIDE)[1]))
    assert looked(raw)["labels_examined"] == COUNT  # one of the two
    assert looked(raw, label_error_examples=50)["labels_examined"] == 50
    none = looked(raw, label_error_examples=0)
    assert (none["labels_examined"], doubted(none)) == (0, [])


def test_a_mask_with_an_unknown_value_is_looked_at(
    raw: Path, looked: Callable[..., dict[str, Any]]
) -> None:
    mask = drawn(3, SIDE)[1]
    write(raw, 3, np.where(mask == 2, 255, mask).astype(np.uint8))
    assert set(looked(raw)["found"]) == {"no-class"}  # about which nothing was learnt


def test_few_masks_are_not_doubted(tmp_path: Path, looked: Callable[..., dict[str, Any]]) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError

    assert doubted(looked(filled(tmp_path / "few", 19), never)) == []


@pytest.mark.parametrize(
    ("parts", "sure", "doubts"),
    [
        ([0.0] * 39 + [0.04], 1.0, 1),
        ([0.0] * 39 + [0.02], 1.0, 0),  # an edge
        ([0.04] * 39 + [0.04], 1.0, 0),  # as usual
        ([0.01, 0.02, 0.03, 0.04] * 10, 1.0, 0),
        ([0.01, 0.02, 0.03, 0.04] * 9 + [0.02] * 3 + [0.3], 1.0, 1),
        ([0.0] * 39 + [0.3], 0.9 - 1e-8, 1),  # six decimals
        ([0.0] * 39 + [0.3], 0.89, 0),
    ],
)
def test_what_is_far_beyond_the_usual(
    raw: Path,
    looked: Callable[..., dict[str, Any]],
    parts: list[float],
    sure: float,
    doubts: int,
) -> None:
    """A model says that this share of each example's pixels has another class."""

    def model(_: Any, folds: NDArray[np.int64]) -> Any:
        marked = np.zeros((40, 100), dtype=np.uint8)
        wrong = np.arange(100) < 100 * np.array(parts)[:, np.newaxis]
        said = np.where(wrong, 1, 0).astype(np.uint8)
        assert len(folds) == 40
        yield np.arange(40), marked, np.where(wrong, 1 - sure, 1.0), said

    assert len(doubted(looked(raw, model, label_error_examples=40))) == doubts


def test_which_examples_can_be_doubted() -> None:
    image, mask = Field("uint8", (1, 8, 8)), Field("uint8", (8, 8))
    assert pictured({"image": image, "mask": mask})
    assert not pictured({"image": Field("uint8", (1, 4, 4)), "mask": mask})
    assert not pictured({"numbers": Field("float32", (8,)), "mask": mask})
