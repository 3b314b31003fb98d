"""Measurements of bench_scale.py in the project of a task: python bench_tasks_worker.py REQUEST.

inputs TASK FOLDER   prints a `Figure` of bench_costs.py per line, from examples that it makes in
                     FOLDER: the speed of decoding them to that of hand-written code, and of
                     reading batches to that of a plain read
tested COUNT         writes the inputs of `evaluate`: prepared data with that many test examples,
                     and an untrained network
short                uses few examples and turns, to check that the bench works
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

LENGTH, STEPS, CHANNELS, SIDE = 128, 64, 6, 64  # of decoded examples
WORDS = [f"{'aeiou'[n % 5]}{'bdklmnprst'[n // 5 % 10]}{n // 50:02d}" for n in range(2000)]
NUMBERS, CATEGORIES = ("year", "sales", "listings", "inventory"), ("city", "month")
TURNS = 1 if SHORT else 5
MOST = 2**18  # examples of an epoch
FEW = 64  # examples of the splits other than test


class Task(NamedTuple):
    """The examples of a task: their name and number, and how to make them in a folder.

    `by_hand` decodes all in a folder; `decoded` is the lower bound of that ratio, `near` is as in
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
        text = " ".join(WORDS[word] for word in draw.integers(0, len(WORDS), 100))
        place(raw, number, "txt").write_text(text, encoding="utf-8")


def tokens(raw: Path) -> object:
    """Return the numbers of the words of each text, from a known vocabulary."""
    known = {word: number for number, word in enumerate(WORDS, 2)}
    texts = []
    for path in sorted(raw.rglob("*.txt")):
        with path.open(encoding="utf-8") as file:
            words = file.read().split()[:LENGTH]
        row = np.zeros(LENGTH, dtype=np.int32)
        row[: len(words)] = [known.get(word, 1) for word in words]
        texts.append(row)
    return texts


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
    """Return the numbers, the category codes and the answer of each row."""
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
    arrays = []
    for path in sorted(raw.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [[float(cell) for cell in row] for row in csv.reader(file)][:STEPS]
        array = np.zeros((CHANNELS, STEPS), dtype=np.float32)
        array[:, : len(rows)] = np.array(rows).T
        arrays.append(array)
    return arrays


def pairs(raw: Path, count: int) -> None:
    """Write photographs of 640×480, each with a mask of three classes in large areas."""
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

    pairs = []
    for path in sorted((raw / "images").iterdir()):
        with Image.open(path) as image:
            colours = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        with Image.open(raw / "masks" / f"{path.stem}.png") as mask:
            classes = mask.resize((SIDE, SIDE), Image.Resampling.NEAREST)
        pairs.append((np.asarray(colours).transpose(2, 0, 1), np.asarray(classes)))
    return pairs


def place(raw: Path, number: int, kind: str) -> Path:
    """Return the path of an example in one of two classes, and make its folder."""
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
    """Compare decoding with hand-written code, and batches of examples with a plain read."""
    raw, count = folder / "raw", max(100, task.examples // 10) if SHORT else task.examples
    task.make(raw, count)
    yield decoding(task, raw, count)
    fields = ours("data.prepared").Index.read(folder / "train").fields
    yield reading(folder / "epoch", fields, task.name, task.near, MOST)


def decoding(task: Task, raw: Path, count: int) -> dict[str, Any]:
    """Compare filling a new catalogue with hand-written code, each in one process.

    Then prepares the decoded examples, next to `raw`.
    """
    read, sections = ours("core.config").read, ours("core.sections")
    data, task_section = read(sections.Data), read(sections.Task)
    decoder = ours("data.decoder").Decoder.of(ours("core.yours").Yours(["data"]).data, data)
    reader, turns = ours("data.readers").reader_of(task_section, data), iter(range(100))

    def opened(name: object) -> Any:
        return ours("data.index").open_catalogue(raw.with_name(f"{name}"), decoder, reader)

    def whole() -> None:
        with opened(next(turns)) as catalogue:
            assert catalogue.fill(raw, 0) == count

    def by_hand() -> None:
        task.by_hand(raw)

    (value,) = in_turns(TURNS, time.process_time, by_hand, whole)
    with opened(0) as catalogue:
        ours("data.preparation").prepare(
            catalogue, raw, raw.parent, data, task_section, "no version"
        )
    name = f"decoding {count:,} {task.name} / by hand"
    bound = {"bound": task.decoded, "least": True, "aim": DECODING}
    return {"name": name, "value": value, **bound}


def tested(count: int) -> None:
    """Write prepared data with `count` test examples, a network, and the output of `validate`."""
    read, sections = ours("core.config").read, ours("core.sections")
    yours, prepared = ours("core.yours").Yours(["data", "model"]), ours("data.prepared")
    target, fields = read(sections.Task).target, yours.data.fields(read(yours.data.Input))
    classes = [*read(sections.Data).classes] or [*map(str, range(CLASSES))]
    for split in ours("data.splits").SPLITS:
        folder, examples = Path("data/prepared") / split, count if split == "test" else FEW
        folder.mkdir(parents=True, exist_ok=True)
        # The pixels of masks are classes; those of images are then as dark.
        top, answer = (len(classes), "") if target == "mask" else (256, "<i8")
        content = written(folder, fields, examples, answer, top)
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
