"""Data sets whose classes have a known defect: `OF_CLASSES[rule]`."""

import shutil
from pathlib import Path

from defects import Case, image_file

from samebits.training.softmax_regression import out_of_fold


def many_classes(raw: Path, form: str = "kind {}") -> None:
    for number, path in enumerate(sorted(raw.iterdir())):
        path.rename(raw / form.format(number))
    for number in range(3, 60):
        image_file(raw / form.format(number) / f"{number}.png")


def one_class(raw: Path) -> None:
    shutil.rmtree(raw / "square")
    shutil.rmtree(raw / "tree")


def empty_class(raw: Path) -> None:
    (raw / "house").mkdir()


def small_class(raw: Path) -> None:
    image_file(raw / "house/a.png")
    shutil.copyfile(raw / "house/a.png", raw / "house/copy.png")
    image_file(raw / "house/b.png")


def named_otherwise(raw: Path, *labels: str) -> None:
    for path in [path for label in labels for path in (raw / label).iterdir()]:
        path.rename(path.with_name(f"other {path.name}"))


def rare_class(raw: Path) -> None:
    for name in "abc":
        image_file(raw / "house" / f"{name}.png")


def similar_classes(raw: Path) -> None:
    for number in range(12):
        image_file(raw / "Tree" / f"capital {number}.png")
        image_file(raw / "café" / f"one {number}.png")
        image_file(raw / "cafe\u0301" / f"two {number}.png")


def paired_folders(raw: Path) -> None:
    (raw / "square").rename(raw / "images")
    (raw / "tree").rename(raw / "Masks")
    for path in (raw / "Masks").iterdir():
        path.rename(path.with_name(f"{path.stem}_mask.png"))


def wrong_label(raw: Path) -> None:
    (raw / "tree/005.png").rename(raw / "circle/wrong.png")


def imbalance(raw: Path) -> None:
    for number in (2, *range(4, 12)):  # what stays is one in train, dev and test
        (raw / f"tree/{number:03d}.png").unlink()


OF_CLASSES = {
    "many-classes": Case(
        many_classes,
        ("the answers have 60 different values among 93 examples, so hardly any two share a",),
        beside=("small-class", "unlearnt-class", "unseen-class", "imbalance"),
    ),
    "few-classes": Case(one_class, ("1 class(es) with examples", "learning needs at least 2")),
    "empty-class": Case(empty_class, ("house has no readable example",)),
    "small-class": Case(
        small_class,
        ("house has 2 example(s) of its own",),
        beside=("copies", "near-duplicates", "unseen-class"),
    ),
    "similar-classes": Case(
        similar_classes, ("Tree and tree differ only in case", "café"), {"near_duplicate": 0.0}
    ),
    "paired-folders": Case(
        paired_folders,
        (
            "images and Masks hold files of the same names, as images and their",
            "set task.reader to pairs, or put the files into a folder for each class",
        ),
    ),
    "missing-class": Case(
        lambda _: None,
        ("house has no example, but data.classes expects it",),
        {"classes": ("circle", "house", "square", "tree")},
    ),
    "empty-split": Case(
        lambda raw: named_otherwise(raw, "circle", "square", "tree"),
        ("no example falls into dev; add examples, or raise data.dev_fraction, or widen data.e",),
        {"evaluate_on": "*/0*"},
    ),
    "unlearnt-class": Case(
        lambda raw: named_otherwise(raw, "tree"),
        (
            "tree has no example in train (it has 0 train, 0 train-dev,",
            "widen data.train_on '*/0",
        ),
        {"train_on": "*/0*"},
    ),
    "unseen-class": Case(
        rare_class,
        ("house has no example in dev (it has 1 train, 1 train-dev, 0 dev, 1 test); about 17",),
    ),
    "unexpected-class": Case(
        lambda _: None, ("tree is not in data.classes",), {"classes": ("circle", "square")}
    ),
    "label-error": Case(
        wrong_label,
        ("circle/wrong.png: labelled circle, but a model is", "% sure that it is tree;"),
        {"out_of_fold": out_of_fold, "label_error": 0.5},
    ),
    "imbalance": Case(
        imbalance, ("circle has 12 examples, tree 3: more than 3 times",), {"imbalance": 3.0}
    ),
}
