"""Data sets with repeated content: `OF_COPIES[rule]`."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
from defects import Case

from samebits.data import Decoded, Field, Unreadable
from samebits.data.decoder import Decoder
from samebits.data.readers import Lines


def two_labels(raw: Path) -> None:
    shutil.copyfile(raw / "tree/003.png", raw / "square/three.png")


def two_splits(raw: Path) -> None:
    for number in range(12):
        name = f"{number:03d}.png"
        shutil.copyfile(raw / "tree" / name, raw / "tree" / f"phone {name}")


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


def copies(raw: Path) -> None:
    for name in ("one more", "another"):
        shutil.copyfile(raw / "tree/002.png", raw / f"tree/{name}.png")


OF_COPIES = {
    "two-labels": Case(
        two_labels, ("square/three.png (square), tree/003.png (tree): the same exam",)
    ),
    "two-answers": Case(
        two_answers,
        ("2 rows are equal to others except for the answer, such as t.csv:2 (kind0) and t.csv:62",),
        {"reader": Lines("kind"), "wrapped": rows_of},
    ),
    "two-splits": Case(
        two_splits,
        ("tree/phone 00", "(train)", "(test)", ": the same example"),
        {"evaluate_on": "*/0*"},
        beside=("copies",),
    ),
    "copies": Case(copies, ("tree/002.png (tree) and others, 3 files: the same example",)),
}
