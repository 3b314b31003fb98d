"""The measurements of bench_scale.py: python bench_scale_worker.py REQUEST [...] [short].

images COUNT     writes that many small images to data/raw, always the same ones
epoch            reads the training images once, shuffled; prints seconds, processor seconds, and
                 MiB of its own memory
ratios FOLDER    prints a `Figure` of bench_costs.py per line, from images that it makes in FOLDER
short            uses few images and turns, to check that the bench works
"""

import importlib
import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

SHORT = sys.argv[-1] == "short"
CLASSES = 10
BATCH = 128
PHOTOGRAPHS, SHAPE = 100 if SHORT else 6144, (480, 640, 3)
MORE = 0.03  # of the work, at most, for 1 % more images
CORES = os.cpu_count() or 1
# Side and channels of the images of an epoch, and the least share of the memory's speed.
EPOCHS = ((16, 1, 0.12), (32, 3, 0.45), (64, 3, 0.7), (128, 3, 0.8), (224, 3, 0.8))
DECODING, READING = 0.85, 0.8  # the aims
TURNS = 1 if SHORT else 9
CACHES = 2**29  # bytes, more than a processor's caches
FACTS = {"width": 9, "height": 9, "brightness": 0.5, "filled": 0.5}
READ_BYTES = 2**22 if SHORT else 2**28


def ours(name: str) -> Any:
    """Import a module of the engine."""
    return importlib.import_module(f"samebits.{name}")


def images(count: int) -> None:
    """Write colour images of 32×32, of noisy squares whose brightness tells the class."""
    png, raw = ours("core.png").png, Path("data/raw")
    for label in range(CLASSES):
        (raw / str(label)).mkdir(parents=True)
    for start in range(0, count, 1000):
        # With noise as fine as pixels, all of them would be near-duplicates.
        noise = np.random.default_rng(start).integers(0, 100, (1000, 3, 8, 8))
        for number, squares in enumerate(noise[: count - start], start):
            label = number % CLASSES
            image = (squares + 15 * label).astype(np.uint8).repeat(4, axis=1).repeat(4, axis=2)
            (raw / str(label) / f"{number:07d}.png").write_bytes(png(image))
    os.sync()  # or the system would still write them during the first step


def epoch() -> None:
    """Read all training images once, in shuffled batches; print the median of several turns."""
    *times, own = zip(*(_epoch() for _ in range(TURNS)), strict=True)
    print(json.dumps([*map(statistics.median, times), max(own)]))


def _epoch() -> tuple[float, float, float]:
    # Clears the processor's caches, as other work would: otherwise a data set that fits into them
    # would look faster than it is. The files are mapped again.
    assert np.ones(CACHES // 8).all()
    split = ours("data.loader").Split.open(Path("data/prepared/train"))
    own = 0.0
    start, work = time.perf_counter(), time.process_time()
    order = ours("core.random").permutation(0, "order", 0, len(split.labels))
    for step, place in enumerate(range(0, len(order), BATCH)):
        chosen = order[place : place + BATCH]
        assert len(split.arrays["image"][chosen]) == len(split.labels.take(chosen))
        if step % 100 == 0:
            own = max(own, _own_memory())
    return time.perf_counter() - start, time.process_time() - work, own


def _own_memory() -> float:
    """Return the MiB in memory without pages of mapped files, which the system can reclaim."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) / 1024


def ratios(folder: Path) -> Iterator[dict[str, Any]]:
    """Compare decoding with the bare decoder, 1 % new files with all, batches with plain reads."""
    raw = folder / "photographs"
    photographs(raw, range(PHOTOGRAPHS))
    yield decoding(raw)
    yield adding(raw, "files")
    yield adding(raw, "tar")
    for side, channels, near in EPOCHS:
        fields = {"image": ours("data.fields").Field("uint8", (channels, side, side))}
        kind = "grey" if channels == 1 else "colour"
        yield reading(folder / str(side), fields, f"{side}×{side} {kind}", near)


def decoding(raw: Path) -> dict[str, Any]:
    """Compare filling a new catalogue of photographs with Pillow's decoder in as many processes."""
    decoder, turns = of_photographs(), iter(range(100))

    def whole() -> None:
        folder = raw.with_name(f"{next(turns)}")
        with ours("data.index").open_catalogue(folder, decoder) as catalogue:
            assert catalogue.fill(raw, CORES) == PHOTOGRAPHS

    paths = sorted((raw / "a").iterdir())
    context = multiprocessing.get_context("spawn")

    def bare() -> None:
        with ProcessPoolExecutor(CORES, context) as pool:
            list(pool.map(_bare, paths, chunksize=50))

    (value,) = in_turns(3, time.perf_counter, bare, whole)
    name = f"decoding {PHOTOGRAPHS} photographs of 640×480 / the bare decoder, {CORES} processes"
    return {"name": name, "value": value, "bound": DECODING, "least": True}


def _bare(path: Path) -> int:
    from PIL import Image

    with Image.open(path) as image:
        return len(image.convert("RGB").resize((64, 64), Image.Resampling.BILINEAR).tobytes())


def adding(raw: Path, layout: str) -> dict[str, Any]:
    """Compare reading in 1 % more photographs with reading in all of them."""
    decoder = of_photographs()
    count = sum(1 for _ in ours("data.source").sources(raw))
    with ours("data.index").open_catalogue(raw.with_name(layout), decoder) as catalogue:

        def fill() -> float:
            if layout == "tar":
                ours("data.tar_layout").pack(raw)
            start = time.process_time()
            catalogue.fill(raw, 0)
            return time.process_time() - start

        whole = fill()
        photographs(raw, range(count, count + count // 100))
        value = fill() / whole
    name = f"{layout}: reading in 1 % more photographs / all of them"
    return {"name": name, "value": value, "bound": MORE}


def photographs(raw: Path, numbers: range) -> None:
    """Write images that take as long to decode as photographs, all of one class."""
    from PIL import Image

    (raw / "a").mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    for number in numbers:
        image = Image.fromarray(np.roll(noise, number, axis=(0, 1))).resize(SHAPE[1::-1])
        image.save(raw / "a" / f"{number:05d}.jpg", quality=90)


def of_photographs() -> Any:
    """Return the project's decoder, set to 64×64 in colour."""
    yours = ours("core.yours").Yours(["data"]).data
    decoder = ours("data.decoder").Decoder.of(
        yours, ours("core.config").read(ours("core.sections").Data)
    )
    settings = replace(decoder.settings, size=64, channels=3)
    return replace(decoder, settings=settings, fields=yours.fields(settings))


def reading(
    folder: Path, fields: Any, name: str, near: float, most: int = READ_BYTES
) -> dict[str, Any]:
    """Compare shuffled batches from the shards with a plain read of them in equal pieces.

    NumPy taking the same batches from one array of each field shows the speed of the memory. It
    varies with the machine and its load, so the bound is `near` times that, but at most the aim.
    """
    module = ours("data.shards")
    count = min(most, READ_BYTES // ours("data.fields").record(fields).itemsize)
    written(folder, fields, count)
    stored = module.open_shards(folder, fields, count)
    whole = [array[:].reshape(count, -1) for array in stored.values()]
    files = [
        (path, BATCH * array[0].nbytes)
        for name, array in zip(fields, whole, strict=True)
        for path in sorted(folder.glob(f"{name}-*.npy"))
    ]
    order = np.random.default_rng(1).permutation(count)
    batches = [order[place : place + BATCH] for place in range(0, count, BATCH)]

    def shuffled() -> None:
        for chosen in batches:
            module.rows(stored, chosen)

    def plain() -> None:
        for path, size in files:
            with path.open("rb", buffering=0) as file:
                while file.read(size):
                    pass

    def bare() -> None:
        for chosen in batches:
            for array in whole:
                array.take(chosen, axis=0)

    # Only this process works, so its processor time counts, whatever the load of the machine.
    value, memory = in_turns(TURNS, time.process_time, plain, shuffled, bare)
    name = f"an epoch of {name}, shuffled / plain read (memory: {memory:.2f})"
    bound = min(READING, near * memory)
    return {"name": name, "value": value, "bound": bound, "least": True, "aim": READING}


def written(folder: Path, fields: Any, count: int, answer: str = "<i8", top: int = 256) -> str:
    """Write that many examples with noise below `top` as bytes; return the hash of all."""
    prepared, writing = ours("data.prepared"), ours("data.shard_writer")
    size = ours("data.fields").record(fields).itemsize
    noise = np.random.default_rng(0).integers(0, top, (500, size), dtype=np.uint8)
    rows = [*map(bytes, noise)]
    with writing.Writer(folder, fields, writing.SHARD_BYTES, answer) as writer:
        for number in range(count):
            md5 = f"{number * 2654435761 % 2**32:08x}".ljust(32, "0")
            example = prepared.Example(f"a/{number:07d}.png", "a", md5, "", FACTS)
            writer.add(example, number % CLASSES, rows[number % 500])
        return str(writer.close())


def in_turns(
    times: int, clock: Callable[[], float], first: Callable[[], None], *others: Callable[[], None]
) -> list[float]:
    """Return the median ratio of the speed of each of the others to that of the first."""
    rounds = []
    for _ in range(times + 1):
        seconds = []
        for call in (first, *others):
            start = clock()
            call()
            seconds.append(clock() - start)
        rounds.append([seconds[0] / other for other in seconds[1:]])
    return [statistics.median(column) for column in zip(*rounds[1:], strict=True)]


def main() -> None:
    """Do what the command line asks for."""
    request, *rest = sys.argv[1:]
    if request == "images":
        images(int(rest[0]))
    elif request == "epoch":
        epoch()
    else:
        for figure in ratios(Path(rest[0])):
            print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main()
