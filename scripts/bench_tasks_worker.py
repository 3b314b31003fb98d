"""What bench_scale.py asks for inside a project of a task: python bench_tasks_worker.py REQUEST.

inputs TASK FOLDER   prints a `Figure` of bench_costs.py a line, from examples that it makes in
                     FOLDER: how fast they are decoded beside what one writes by hand, and read in
                     batches beside a plain read
tested COUNT         writes what `evaluate` reads: prepared data with that many test examples, and
                     a network that has learnt nothing
short                takes few examples and turns, to see that all is measured
"""

import csv
import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench_scale_worker import (
    CLASSES,
    DECODING,
    SHORT,
    in_turns,
    ours,
    photographs,
    reading,
    written,
)

LENGTH, STEPS, CHANNELS, SIDE = 128, 64, 6, 64  # of what examples become
WORDS = [f"{'aeiou'[n % 5]}{'bdklmnprst'[n // 5 % 10]}{n // 50:02d}" for n in range(2000)]
NUMBERS, CATEGORIES = ("year", "sales", "listings", "inventory"), ("city", "month")
TURNS = 1 if SHORT else 5
MOST = 2**18  # examples of an epoch
FEW = 64  # examples of what is evaluated beside test


class Task(NamedTuple):
    """How the examples of a task are called, and made: so many below a folder.

    `by_hand` decodes all below a folder; `decoded` is the least ratio there, `near` as in
    `reading`.
    """

    name: str
    examples: int
    make: Callable[[Path, int], None]
    by_hand: Callable[[Path], object]
    decoded: float
    near: float


def texts(raw: Path, count: int) -> None:
    """Write texts of a hundred words, in two classes."""
    draw = np.random.default_rng(0)
    for number in range(count):
        text = " ".join(WORDS[one] for one in draw.integers(0, len(WORDS), 100))
        place(raw, number, "txt").write_text(text, encoding="utf-8")


def tokens(raw: Path) -> object:
    """Return the numbers of the words of each text, by what is known of them beforehand."""
    known = {word: number for number, word in enumerate(WORDS, 2)}
    found = []
    for path in sorted(raw.rglob("*.txt")):
        with path.open(encoding="utf-8") as file:
            words = file.read().split()[:LENGTH]
        row = np.zeros(LENGTH, dtype=np.int32)
        row[: len(words)] = [known.get(word, 1) for word in words]
        found.append(row)
    return found


def table(raw: Path, count: int) -> None:
    """Write a table of that many rows."""
    draw = np.random.default_rng(0)
    raw.mkdir(parents=True)
    with (raw / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("date", *NUMBERS, *CATEGORIES, "median"))
        for row in draw.integers(0, 10**6, (count, 6)).tolist():
            year, month, city = 2000 + row[0] % 16, 1 + row[1] % 12, f"City {row[2] % 46}"
            sold = row[2] / 8, row[3], row[4] / 16
            writer.writerow((f"{year}-{month:02d}-01", year, *sold, city, month, row[5]))


def cells(raw: Path) -> object:
    """Return the numbers of each row, those of its categories, and its answer."""
    known: list[dict[str, int]] = [{} for _ in CATEGORIES]
    numbers, categories, answers = [], [], []
    with (raw / "table.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        for _, *row, answer in reader:
            numbers.append([float(cell) for cell in row[: len(NUMBERS)]])
            pairs = zip(known, row[len(NUMBERS) :], strict=True)
            categories.append([names.setdefault(cell, len(names)) for names, cell in pairs])
            answers.append(float(answer))
    return np.array(numbers), np.array(categories), np.array(answers)


def series(raw: Path, count: int) -> None:
    """Write series of random steps, in two classes."""
    draw = np.random.default_rng(0)
    for number in range(count):
        values = draw.normal(size=(STEPS, CHANNELS)).cumsum(axis=0)
        np.savetxt(place(raw, number, "csv"), values, fmt="%.5f", delimiter=",")


def steps(raw: Path) -> object:
    """Return the numbers of each series."""
    found = []
    for path in sorted(raw.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [[float(cell) for cell in row] for row in csv.reader(file)][:STEPS]
        array = np.zeros((CHANNELS, STEPS), dtype=np.float32)
        array[:, : len(rows)] = np.array(rows).T
        found.append(array)
    return found


def pairs(raw: Path, count: int) -> None:
    """Write photographs of 640×480 and a mask of each, with three classes in large parts."""
    from PIL import Image

    photographs(raw, range(count))
    (raw / "a").rename(raw / "images")
    (raw / "masks").mkdir()
    draw = np.random.default_rng(0)
    for number in range(count):
        parts = Image.fromarray(draw.integers(0, 3, (6, 8), dtype=np.uint8))
        mask = parts.resize((640, 480), Image.Resampling.NEAREST)
        mask.save(raw / "masks" / f"{number:05d}.png")


def pixels(raw: Path) -> object:
    """Return the pixels of each image and of its mask, resized."""
    from PIL import Image

    found = []
    for path in sorted((raw / "images").iterdir()):
        with Image.open(path) as image:
            colours = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        with Image.open(raw / "masks" / f"{path.stem}.png") as mask:
            classes = mask.resize((SIDE, SIDE), Image.Resampling.NEAREST)
        found.append((np.asarray(colours).transpose(2, 0, 1), np.asarray(classes)))
    return found


def place(raw: Path, number: int, kind: str) -> Path:
    """Return the path of an example in one of two classes, whose folders are made."""
    path = raw / "ab"[number % 2] / f"{number:05d}.{kind}"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


TASKS = {
    "text-class": Task("texts of 100 words", 1000, texts, tokens, 0.03, 0.35),
    "table-number": Task("rows of a table", 10_000, table, cells, 0.02, 0.17),
    "series-class": Task("series of 64 × 6", 1000, series, steps, 0.35, 0.23),
    "image-mask": Task("photographs with masks", 200, pairs, pixels, 0.7, 0.7),
}


def inputs(task: Task, folder: Path) -> Iterator[dict[str, Any]]:
    """Compare decoding with what is written by hand, and batches of examples with a plain read."""
    raw, count = folder / "raw", max(100, task.examples // 10) if SHORT else task.examples
    task.make(raw, count)
    yield decoding(task, raw, count)
    fields = ours("data.prepared").Index.read(folder / "train").fields
    yield reading(folder / "epoch", fields, task.name, task.near, MOST)


def decoding(task: Task, raw: Path, count: int) -> dict[str, Any]:
    """Time a fresh catalogue against what is written by hand; each is one process.

    What was decoded is prepared then, beside `raw`.
    """
    read, sections = ours("core.config").read, ours("core.sections")
    data, said = read(sections.Data), read(sections.Task)
    decoder = ours("data.decoder").Decoder.of(ours("core.yours").Yours(["data"]).data, data)
    reader, turns = ours("data.readers").reader_of(said, data), iter(range(100))

    def opened(name: object) -> Any:
        return ours("data.index").open_catalogue(raw.with_name(f"{name}"), decoder, reader)

    def whole() -> None:
        with opened(next(turns)) as catalogue:
            assert catalogue.fill(raw, 0) == count

    def by_hand() -> None:
        task.by_hand(raw)

    (value,) = in_turns(TURNS, time.process_time, by_hand, whole)
    with opened(0) as catalogue:
        ours("data.prepare").prepare(catalogue, raw, raw.parent, data, said, "no version")
    name = f"decoding {count:,} {task.name} / by hand"
    bound = {"bound": task.decoded, "least": True, "aim": DECODING}
    return {"name": name, "value": value, **bound}


def tested(count: int) -> None:
    """Write prepared data with `count` test examples, a network, and what `validate` says."""
    read, sections = ours("core.config").read, ours("core.sections")
    yours, prepared = ours("core.yours").Yours(["data", "model"]), ours("data.prepared")
    target, fields = read(sections.Task).target, yours.data.fields(read(yours.data.Input))
    classes = [*read(sections.Data).classes] or [*map(str, range(CLASSES))]
    for split in ours("data.splits").SPLITS:
        folder, some = Path("data/prepared") / split, count if split == "test" else FEW
        folder.mkdir(parents=True, exist_ok=True)
        # Of masks the pixels are classes; then those of images are as dark.
        top, answer = (len(classes), "") if target == "mask" else (256, "<i8")
        content = written(folder, fields, some, answer, top)
        prepared.Index("", content, target, classes, fields).write(folder)
    test = ours("data.loader").Split.open(Path("data/prepared/test"))
    network = ours("training.network").built(yours.model, test, 0.0, read(sections.Reproducibility))
    Path("models").mkdir(exist_ok=True)
    save_file: Any = importlib.import_module("safetensors.torch").save_file
    save_file(network.state_dict(), "models/model.safetensors")
    ours("core.files").write_json(Path("reports/data.json"), {"version": "", "release": None})


def main() -> None:
    """Do what the command line asks for."""
    request, *rest = sys.argv[1:]
    if request == "tested":
        tested(int(rest[0]))
    else:
        for figure in inputs(TASKS[rest[0]], Path(rest[1])):
            print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main()
