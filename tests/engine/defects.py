"""Data sets with a known defect, one for each rule of the validation: `PLANTED[rule].plant(raw)`.

`raw` is a folder of good pictures, a folder in it for each class; tables stand beside it.
"""

import json
import shutil
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samebits.data import Decoded, Field, Unreadable
from samebits.data.decoder import Decoder
from samebits.data.readers import Labels, Lines
from samebits.training.softmax_regression import out_of_fold

CORRECTIONS, ACCEPTED = "md5,old,new,who,why\n", "rule,subject,md5,reason\n"


def picture(path: Path, grey: int = 100, size: tuple[int, int] = (9, 9), mode: str = "L") -> None:
    """Write a plain picture, not quite like any other."""
    path.parent.mkdir(exist_ok=True)
    noise = np.random.default_rng(list(path.name.encode())).integers(0, 60, size[::-1])
    Image.fromarray((grey + noise).astype(np.uint8)).convert(mode).save(path)


def loose(raw: Path) -> None:
    picture(raw / "loose.png")
    (raw / "tree/more").mkdir()
    picture(raw / "tree/more/deep.png")


def empty_file(raw: Path) -> None:
    (raw / "tree/empty.png").write_bytes(b"")


def unreadable(raw: Path) -> None:
    content = (raw / "tree/000.png").read_bytes()
    (raw / "tree/text.png").write_text("not a picture", encoding="utf-8")
    (raw / "tree/cut.png").write_bytes(content[:90])
    (raw / "tree/open.png").write_bytes(content[:-12])
    (raw / "tree/broken.png").write_bytes(content.replace(b"IDAT", b"IDAT"[::-1]))
    (raw / "square/notes.txt").write_text("mine", encoding="utf-8")


def too_large(raw: Path) -> None:
    picture(raw / "tree/vast.png", size=(50, 40))


def lost_content(raw: Path) -> None:
    picture(raw / "tree/camera.png")
    pixels = np.asarray(Image.open(raw / "tree/camera.png")).astype(np.uint16)
    Image.fromarray(pixels * 16).save(raw / "tree/camera.png")
    Image.fromarray(pixels * 16).save(raw / "tree/camera.tif")


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def deep(values: NDArray[np.uint16], kind: int = 2) -> bytes:
    """A PNG with 16 bits a channel, as Pillow does not write one: [h, w, channels]."""
    height, width, channels = values.shape
    rows = values.astype(">u2").reshape(height, width * channels)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def unused_bits(raw: Path) -> None:
    picture(raw / "tree/camera.png")
    pixels = np.asarray(Image.open(raw / "tree/camera.png")).astype(np.uint16)
    for factor in (32, 64):  # 13 and 14 bits
        Image.fromarray(pixels * factor).save(raw / f"tree/camera-{factor}.png")
        colours = np.repeat(pixels[..., None] * factor, 3, axis=2)
        (raw / f"tree/colours-{factor}.png").write_bytes(deep(colours))
    (raw / "tree/camera.png").unlink()


def more_frames(raw: Path) -> None:
    picture(raw / "tree/a.png")
    picture(raw / "tree/b.png")
    first, second = (Image.open(raw / f"tree/{name}.png") for name in "ab")
    first.save(raw / "tree/moves.gif", save_all=True, append_images=[second])
    first.save(raw / "tree/pages.tif", save_all=True, append_images=[second])
    (raw / "tree/a.png").unlink()
    (raw / "tree/b.png").unlink()


def wrong_type(raw: Path) -> None:
    picture(raw / "tree/a.png")
    (raw / "tree/a.png").rename(raw / "tree/a.jpg")
    Image.new("L", (9, 9), 200).save(raw / "tree/b.png", "GIF")
    picture(raw / "tree/c.png")
    (raw / "tree/c.png").rename(raw / "tree/c.TXT")


def one_class(raw: Path) -> None:
    shutil.rmtree(raw / "square")
    shutil.rmtree(raw / "tree")


def empty_class(raw: Path) -> None:
    (raw / "house").mkdir()


def small_class(raw: Path) -> None:
    picture(raw / "house/a.png")
    shutil.copyfile(raw / "house/a.png", raw / "house/copy.png")
    picture(raw / "house/b.png")


def named_otherwise(raw: Path, *labels: str) -> None:
    for path in [path for label in labels for path in (raw / label).iterdir()]:
        path.rename(path.with_name(f"other {path.name}"))


def rare_class(raw: Path) -> None:
    for name in "abc":
        picture(raw / "house" / f"{name}.png")


def similar_classes(raw: Path) -> None:
    for number in range(12):
        picture(raw / "Tree" / f"capital {number}.png")
        picture(raw / "café" / f"one {number}.png")
        picture(raw / "cafe\u0301" / f"two {number}.png")


def paired_folders(raw: Path) -> None:
    (raw / "square").rename(raw / "images")
    (raw / "tree").rename(raw / "Masks")
    for path in (raw / "Masks").iterdir():
        path.rename(path.with_name(f"{path.stem}_mask.png"))


def two_labels(raw: Path) -> None:
    shutil.copyfile(raw / "tree/003.png", raw / "square/three.png")


def two_splits(raw: Path) -> None:
    for number in range(12):
        name = f"{number:03d}.png"
        shutil.copyfile(raw / "tree" / name, raw / "tree" / f"phone {name}")


def labels(raw: Path, *rows: str) -> None:
    """Write a table of labels beside the pictures, with more rows."""
    known = [f"{path.relative_to(raw).as_posix()},{path.parent.name}" for path in raw.rglob("*.*")]
    text = "\n".join(["path,class", *sorted(known), *rows, ""])
    (raw / "labels.csv").write_text(text, encoding="utf-8")


def unlabelled(raw: Path) -> None:
    labels(raw, "tree/003.png,square")
    picture(raw / "loose.png")


def untimed(raw: Path) -> None:
    labels(raw)
    table = raw / "labels.csv"
    header, *rows = table.read_text(encoding="utf-8").splitlines()
    rows = [f"{row},{number % 12}" for number, row in enumerate(rows)]
    text = "\n".join([f"{header},number", *rows]).replace("003.png,tree,3", "003.png,tree,seven")
    table.write_text(text, encoding="utf-8")


def many_classes(raw: Path, form: str = "kind {}") -> None:
    for number, path in enumerate(sorted(raw.iterdir())):
        path.rename(raw / form.format(number))
    for number in range(3, 60):
        picture(raw / form.format(number) / f"{number}.png")


def decode_row(content: bytes, _: object) -> Decoded:
    row = json.loads(content)
    if row["size"] == "?":
        raise Unreadable("no size")
    sizes = np.array([row["size"], len(row)], dtype=np.float32)
    return Decoded({"sizes": sizes}, {"size": float(row["size"])})


def rows_of(decoder: Decoder) -> Decoder:
    return replace(decoder, decode=decode_row, fields={"sizes": Field("float32", (2,))})


def table(raw: Path, count: int = 60) -> Path:
    raw.mkdir(exist_ok=True)
    rows = (f"{number / 10},kind{number % 3},x{number}\n" for number in range(count))
    (raw / "t.csv").write_text("size,kind,name\n" + "".join(rows), encoding="utf-8")
    return raw


def two_answers(raw: Path) -> None:
    for path in sorted(raw.iterdir()):
        shutil.rmtree(path)
    table(raw)
    with (raw / "t.csv").open("a", encoding="utf-8") as file:
        file.write("0.0,kind1,x0\n")


def correction(raw: Path) -> None:
    row = f"{'0' * 32},tree,square,me,it is one\n"
    raw.with_name("corrections.csv").write_text(CORRECTIONS + row, encoding="utf-8")


def acceptance(raw: Path) -> None:
    row = "no-such-rule,tree/000.png,,so it is\n"
    raw.with_name("accepted.csv").write_text(ACCEPTED + row, encoding="utf-8")


def stale_acceptance(raw: Path) -> None:
    row = "odd-size,tree/000.png,,so it is\n"
    raw.with_name("accepted.csv").write_text(ACCEPTED + row, encoding="utf-8")


def wrong_label(raw: Path) -> None:
    (raw / "tree/005.png").rename(raw / "circle/wrong.png")


def near_duplicate(raw: Path) -> None:
    pixels = np.asarray(Image.open(raw / "tree/004.png")).copy()
    pixels[4, 4] ^= 3
    Image.fromarray(pixels).save(raw / "tree/nearly.png")


def copies(raw: Path) -> None:
    for name in ("one more", "another"):
        shutil.copyfile(raw / "tree/002.png", raw / f"tree/{name}.png")


def imbalance(raw: Path) -> None:
    for number in (2, *range(4, 12)):  # what stays is one in train, dev and test
        (raw / f"tree/{number:03d}.png").unlink()


def odd_size(raw: Path) -> None:
    picture(raw / "tree/wide.png", size=(90, 9))
    picture(raw / "tree/low.png", size=(9, 2))


def odd_mode(raw: Path) -> None:
    picture(raw / "tree/colour.png", mode="RGB")


def reference(raw: Path, kind: str, place: int) -> None:
    bins = {"brightness": 20, "size": 40}
    statistics = {name: [0] * count for name, count in bins.items()}
    statistics["brightness"][2] = statistics["brightness"][7] = statistics["brightness"][13] = 12
    statistics["size"][6] = 36
    statistics[kind] = [36 * (one == place) for one in range(bins[kind])]
    release = {"version": "1.4", "data": "f" * 32, "statistics": statistics}
    raw.with_name("reference.json").write_text(json.dumps([release]), encoding="utf-8")


@dataclass
class Case:
    """A defect: how to plant it, the settings to look with, what the sentences must name."""

    plant: Callable[[Path], None]
    names: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    beside: tuple[str, ...] = ()  # rules that rightly find something as well


PLANTED = {
    "misplaced": Case(loose, ("loose.png: files stand in", "tree/more/deep.png: files")),
    "empty-file": Case(empty_file, ("tree/empty.png: the file has zero bytes",)),
    "unreadable": Case(
        unreadable,
        (
            *("tree/text.png", "tree/cut.png", "tree/broken.png"),
            *("tree/open.png: not a readable example (it stops before its", "square/notes.txt"),
        ),
    ),
    "too-large": Case(
        too_large,
        ("tree/vast.png: 0.002 million pixels, more than data.megapixels, 0.001; make it smal",),
        {"megapixels": 0.001},
    ),
    "lost-content": Case(
        lost_content,
        ("tree/camera.png: it uses 12 of 16 bits", "tree/camera.tif: it uses 12 of 16 bits"),
        beside=("near-duplicates",),
    ),
    "wrong-type": Case(
        wrong_type,
        (
            *(
                "tree/a.jpg: its content is PNG, whatever .jpg says",
                "tree/b.png: its content is GIF",
            ),
            "tree/c.TXT: its content is PNG, whatever .txt says; rename or convert it",
        ),
    ),
    "unlabelled": Case(
        unlabelled,
        (
            "loose.png: labels.csv does not name it; add it, or remove it",
            "tree/003.png: labels.csv, line 38, names it, and so does line 29; keep one of them",
        ),
        {"reader": Labels("class")},
    ),
    "untimed": Case(
        untimed,
        ("tree/003.png: labels.csv, line 29, has as number seven, which is no number and no date",),
        {"reader": Labels("class", "number"), "train_dev_fraction": 0.4},
    ),
    "missing-file": Case(
        lambda raw: labels(raw, "tree/100.png,tree", "../tree/1.png,tree"),
        (
            "tree/100.png: labels.csv, line 38, names it, but there is no such file, or a hidden",
            "../tree/1.png: labels.csv, line 39, names it, but this climbs out of its folder with",
        ),
        {"reader": Labels("class")},
    ),
    "many-classes": Case(
        many_classes,
        ("the answers have 60 different values among 93 examples, so that hardly two are of one",),
        beside=("small-class", "unlearnt-class", "unseen-class", "imbalance"),
    ),
    "few-classes": Case(one_class, ("1 class(es) with pictures", "learning needs at least 2")),
    "empty-class": Case(empty_class, ("house has no readable picture",)),
    "small-class": Case(
        small_class,
        ("house has 2 picture(s) of its own",),
        beside=("copies", "near-duplicates", "unseen-class"),
    ),
    "similar-classes": Case(
        similar_classes, ("Tree and tree differ by case", "café"), {"near_duplicate": 0.0}
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
        ("house has no picture, but data.classes expects it",),
        {"classes": ("circle", "house", "square", "tree")},
    ),
    "empty-split": Case(
        lambda raw: named_otherwise(raw, "circle", "square", "tree"),
        ("no example falls into dev; add pictures, or raise data.dev_fraction, or widen data.e",),
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
    "two-labels": Case(two_labels, ("square/three.png (square), tree/003.png (tree): one pict",)),
    "two-answers": Case(
        two_answers,
        ("2 rows equal others but for the answer, as t.csv:2 (kind0) and t.csv:62 (kind1)",),
        {"reader": Lines("kind"), "wrapped": rows_of},
    ),
    "two-splits": Case(
        two_splits,
        ("tree/phone 00", "(train)", "(test)", ": one picture"),
        {"evaluate_on": "*/0*"},
        beside=("copies",),
    ),
    "corrections": Case(correction, ("corrections.csv, line 2: no picture has the content 000",)),
    "acceptance": Case(acceptance, ("accepted.csv, line 2: there is no rule no-such-rule",)),
    "stale-acceptance": Case(
        stale_acceptance, ("accepted.csv, line 2: nothing of odd-size is found for tree/000.png",)
    ),
    "label-error": Case(
        wrong_label,
        ("circle/wrong.png: labelled circle, but looks like tree",),
        {"out_of_fold": out_of_fold, "label_error": 0.5},
    ),
    "near-duplicates": Case(near_duplicate, ("tree/004.png and tree/nearly.png differ by 0.0",)),
    "copies": Case(copies, ("tree/002.png (tree) and others, 3 files: one picture",)),
    "more-frames": Case(
        more_frames,
        (
            "tree/moves.gif: it has more frames, pages or channels than are learned from; save",
            "tree/pages.tif: it has more frames",
        ),
        beside=("near-duplicates",),
    ),
    "imbalance": Case(
        imbalance, ("circle has 12 pictures, tree 3: more than 3 times",), {"imbalance": 3.0}
    ),
    "odd-name": Case(
        lambda raw: picture(raw / "tree/con.png"), ("tree/con.png is the name of a device",)
    ),
    "odd-size": Case(odd_size, ("tree/low.png: 9×2 pixels, where 9×9", "tree/wide.png: 90×9")),
    "odd-mode": Case(
        odd_mode, ("tree/colour.png: colour mode RGB, as 1 of 37",), {"odd_mode": 0.1}
    ),
    "unused-bits": Case(
        unused_bits,
        (
            "of 2 picture(s) with 16 bits of grey none uses more than 14 of 16, so that",
            "of 2 picture(s) with 16 bits of colour none uses more than 14 of 16, so that",
        ),
        beside=("near-duplicates", "brightness-drift"),
    ),
    "brightness-drift": Case(
        lambda raw: reference(raw, "brightness", 19),
        ("brightness of the pictures: 100.0 % of them have moved since data version 1.4",),
        {"drift": 0.5},
    ),
    "size-drift": Case(
        lambda raw: reference(raw, "size", 12),
        ("size of the pictures: 100.0 % of them have moved since data version 1.4",),
        {"drift": 0.5},
    ),
}
