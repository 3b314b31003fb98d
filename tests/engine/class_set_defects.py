"""Data sets of several classes each with a known defect: `OF_CLASS_SETS[rule]` plants it.

`raw` holds images and labels.csv; each defect comes with its message.
"""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

COUNT = 96
NAMES = ("bottom", "left", "right")


def image(path: Path, label: str, number: int) -> None:
    """A dark image, bright where its classes say."""
    pixels = np.random.default_rng(number).integers(0, 40, (9, 9))
    parts = {"bottom": np.s_[6:, :], "left": np.s_[:, :3], "right": np.s_[:, 6:]}
    for name in label.split(";"):
        if name in parts:
            pixels[parts[name]] += 180
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)


def label_of(number: int) -> str:
    """Any of the classes, and sometimes none."""
    return ";".join(name for at, name in enumerate(NAMES) if number >> at & 1)


def written(raw: Path) -> None:
    """Write the images, and the classes of each."""
    rows = {f"{number:03d}.png": label_of(number) for number in range(COUNT)}
    for name, label in rows.items():
        image(raw / name, label, int(name[:3]))
    write(raw, rows)


def write(raw: Path, rows: dict[str, str]) -> None:
    with (raw / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("path", "kinds"), *rows.items()])


def read(raw: Path) -> dict[str, str]:
    with (raw / "labels.csv").open(encoding="utf-8", newline="") as file:
        return {row["path"]: row["kinds"] for row in csv.DictReader(file)}


def one_each(raw: Path) -> None:
    for name in read(raw):
        image(raw / name, NAMES[int(name[:3]) % 3], int(name[:3]))
    write(raw, {name: NAMES[int(name[:3]) % 3] for name in read(raw)})


def always(raw: Path) -> None:
    write(raw, {name: f"seen;{label}".strip(";") for name, label in read(raw).items()})


def hardly_missing(raw: Path) -> None:
    rows = read(raw)
    few = [*rows][:2]
    write(
        raw,
        {
            name: classes if name in few else f"{classes};seen".strip(";")
            for name, classes in rows.items()
        },
    )


def small(raw: Path) -> None:
    rows = read(raw)
    for name in ("003.png", "004.png"):
        rows[name] += ";odd"
    write(raw, rows)


def two_sets(raw: Path) -> None:
    rows = read(raw)
    (raw / "copy.png").write_bytes((raw / "003.png").read_bytes())
    write(raw, rows | {"copy.png": "right"})


def badly_named(raw: Path) -> None:
    write(raw, read(raw) | {"003.png": "left;left", "004.png": "right;;left"})


def wrong(raw: Path) -> None:
    write(raw, read(raw) | {"011.png": "bottom;left;right"})  # it has no permission


def similar(raw: Path) -> None:
    rows = read(raw)
    for name in [*rows][:9]:
        rows[name] = rows[name].replace("bottom", "Bottom")
    write(raw, rows)


OF_CLASS_SETS = {
    "single-classes": (one_each, "each of 96 examples has exactly one class; set task.target to"),
    "constant-class": (always, "seen is in every example, so nothing can be learned about it"),
    "small-class": (small, "odd has 2 example(s) of its own, fewer than data.least_examples, 3"),
    "two-labels": (
        two_sets,
        "003.png (bottom;left), copy.png (right): the same example; remove all but",
    ),
    "unlabelled": (badly_named, "labels.csv, line 5, names the class left twice; remove one"),
    "label-error": (wrong, "011.png: labelled bottom;left;right, but a model is "),
    "similar-classes": (
        similar,
        "Bottom and bottom differ only in case or in how accents are encoded",
    ),
}
