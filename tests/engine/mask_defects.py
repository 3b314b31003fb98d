"""Data sets of masks with a known defect: `OF_MASKS[rule]` plants it, and says what is found.

`raw` holds 60 good pairs. A defect also names other rules that rightly find something, and the
settings to check with.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pairs import DATA, SIDE, drawn, pair, png

from samebits.data.readers import Pairs
from samebits.data.splits import split_of

Case = tuple[Callable[[Path], None], str, tuple[str, ...], Mapping[str, Any]]


def no_class(raw: Path) -> None:
    pair(raw, "white", 100, mask=png((drawn(100)[1] > 0).astype(np.uint8) * 255))


def two_masks(raw: Path) -> None:
    image, _ = drawn(3)
    pair(raw, "again", 3, image=png(image), mask=png(drawn(4)[1]))


def plain(raw: Path) -> None:
    for name in ("empty", "none"):
        pair(raw, name, sum(map(ord, name)), mask=png(np.zeros((SIDE, SIDE), dtype=np.uint8)))


def exchanged(raw: Path) -> None:
    (raw / "masks/007.png").write_bytes(png(np.array([0, 2, 1], dtype=np.uint8)[drawn(7)[1]]))


def few(raw: Path) -> None:
    for path in sorted(raw.rglob("*.png")):
        if path.stem > "001":
            path.unlink()


def unmatched(raw: Path) -> None:
    (raw / "masks/000.png").unlink()


def alone(raw: Path) -> None:
    (raw / "images/000.png").unlink()


def other_size(raw: Path) -> None:
    pair(raw, "wide", 100, mask=png(np.zeros((SIDE, SIDE + 1), dtype=np.uint8)))


def absent(raw: Path) -> None:
    for path in sorted((raw / "masks").iterdir()):
        mask = drawn(int(path.stem))[1]
        path.write_bytes(png(np.minimum(mask, 1)))


def without(*splits: str) -> Callable[[Path], None]:
    """Remove the last class from the examples of some splits."""

    def plant(raw: Path) -> None:
        reader = Pairs()
        for source in [*reader.sources(raw)]:
            md5 = reader.md5(reader.content(source, raw))
            if split_of(source.path, md5, "", DATA) in splits:
                mask = drawn(int(Path(source.path).stem))[1]
                (raw / source.answer).write_bytes(png(np.minimum(mask, 1)))

    return plant


OF_MASKS: dict[str, Case] = {
    "no-class": (
        no_class,
        "images/white.png: its mask has the value 255, and data.classes names 3 classes, 0 to 2; "
        "save it with the number of a class in each pixel, or name more.",
        (),
        {},
    ),
    "two-masks": (
        two_masks,
        "images/003.png and images/again.png are one image with different masks; keep the right",
        ("label-error",),
        {},
    ),
    "plain-masks": (
        plain,
        "2 of 62 masks have only one class: images/empty.png (background), images/none.png (bac",
        ("label-error",),
        {},
    ),
    "label-error": (
        exchanged,
        "images/007.png: a model is at least 90 % sure that 23.4 % of the pixels of its mask are",
        (),
        {},
    ),
    "few-examples": (
        few,
        "2 example(s) with a mask, fewer than data.least_examples, 3; add some.",
        ("empty-split", "unseen-class", "unlearnt-class"),
        {},
    ),
    "unlabelled": (unmatched, "images/000.png: there is no mask masks/000.png; add it, or", (), {}),
    "missing-file": (alone, "masks/000.png: there is no image images/000 of any type;", (), {}),
    "unreadable": (
        other_size,
        "images/wide.png: not a readable example (its mask has 9×8 pixels, but the image 8×8; save",
        (),
        {},
    ),
    "missing-class": (
        absent,
        "blot has no pixel in any mask, but data.classes expects it as 2; check that the values",
        (),
        {},
    ),
    "unseen-class": (
        without("dev", "test"),
        "no mask in dev and test has a pixel of blot; add images that show it, or accept it",
        ("label-error",),
        {},
    ),
    "unlearnt-class": (
        without("train", "train_dev"),
        "no mask in train has a pixel of blot; add images that show it.",
        ("label-error",),
        {},
    ),
}
