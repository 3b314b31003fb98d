"""What bench_scale.py asks for: python bench_scale_worker.py REQUEST [...] [short].

images COUNT     writes that many small images to data/raw, the same ones each time
epoch            reads the training images once, shuffled: prints its seconds on the clock and of
                 the processor, and MiB of its own memory
ratios FOLDER    prints a `Figure` of bench_costs.py a line, from images that it makes in FOLDER
short            takes few images and turns, to see that all is measured
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
MORE = 0.03  # of the work, at most, when 1 % more of them comes
CORES = os.cpu_count() or 1
# Side and channels of the images of an epoch, and the least part of what the memory can do.
EPOCHS = ((16, 1, 0.12), (32, 3, 0.45), (64, 3, 0.7), (128, 3, 0.8), (224, 3, 0.8))
DECODING, READING = 0.85, 0.8  # the aims
TURNS = 1 if SHORT else 9
CACHES = 2**29  # bytes, more than those of a processor
FACTS = {"width": 9, "height": 9, "brightness": 0.5, "filled": 0.5}
READ_BYTES = 2**22 if SHORT else 2**28


def ours(name: str) -> Any:
    """Import a module of the engine."""
    return importlib.import_module(f"samebits.{name}")


def images(count: int) -> None:
    """Write colour images of 32×32, in squares around a brightness that tells the class."""
    png, raw = ours("core.png").png, Path("data/raw")
    for label in range(CLASSES):
        (raw / str(label)).mkdir(parents=True)
    for start in range(0, count, 1000):
        # Noise as fine as pixels would make all of them near-duplicates.
        noise = np.random.default_rng(start).integers(0, 100, (1000, 3, 8, 8))
        for number, one in enumerate(noise[: count - start], start):
            label = number % CLASSES
            image = (one + 15 * label).astype(np.uint8).repeat(4, axis=1).repeat(4, axis=2)
            (raw / str(label) / f"{number:07d}.png").write_bytes(png(image))
    os.sync()  # or the system is still writing them while the first step is measured


def epoch() -> None:
    """Read all training images once, in batches in a shuffled order; the median of some turns."""
    *times, own = zip(*(_epoch() for _ in range(TURNS)), strict=True)
    print(json.dumps([*map(statistics.median, times), max(own)]))


def _epoch() -> tuple[float, float, float]:
    # What a turn before mapped is mapped anew, and nothing of it is left in the processor's caches,
    # as behind other work: else a data set that fits into them would look faster than it is.
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
    """Return the MiB in memory that are not pages of a mapped file, which any program may take."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (one for one in status.splitlines() if one.startswith("RssAnon"))
    return int(line.split()[1]) / 1024


def ratios(folder: Path) -> Iterator[dict[str, Any]]:
    """Compare decoding with the bare decoder, a little new with all, batches with a plain read."""
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
    """Time a fresh catalogue of photographs against Pillow's decoder in as many processes."""
    decoder, turns = of_photographs(), iter(range(100))

    def whole() -> None:
        with ours("data.index").open_catalogue(raw.with_name(f"{next(turns)}"), decoder) as one:
            assert one.fill(raw, CORES) == PHOTOGRAPHS

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
    """Time what it takes to read in all photographs, and again when a hundredth more has come."""
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
    """Write what takes as long to decode as photographs do, all of one class."""
    from PIL import Image

    (raw / "a").mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    for number in numbers:
        image = Image.fromarray(np.roll(noise, number, axis=(0, 1))).resize(SHAPE[1::-1])
        image.save(raw / "a" / f"{number:05d}.jpg", quality=90)


def of_photographs() -> Any:
    """Return the project's decoder, set to what photographs become: 64×64 in colour."""
    yours = ours("core.yours").Yours(["data"]).data
    decoder = ours("data.decoder").Decoder.of(
        yours, ours("core.config").read(ours("core.sections").Data)
    )
    settings = replace(decoder.settings, size=64, channels=3)
    return replace(decoder, settings=settings, fields=yours.fields(settings))


def reading(
    folder: Path, fields: Any, name: str, near: float, most: int = READ_BYTES
) -> dict[str, Any]:
    """Time shuffled batches out of the shards against a plain read of them, as much at a time.

    Beside both, what the memory can do: the same batches out of one array of each field, by NumPy.
    That goes up and down with the machine and with what else it does, so the bound is `near` as
    much, and the aim at most.
    """
    module = ours("data.shards")
    count = min(most, READ_BYTES // ours("data.fields").record(fields).itemsize)
    written(folder, fields, count)
    stored = module.open_shards(folder, fields, count)
    whole = [one[:].reshape(count, -1) for one in stored.values()]
    files = [
        (path, BATCH * one[0].nbytes)
        for name, one in zip(fields, whole, strict=True)
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

    # All are work of this process alone, so its own time tells, whatever else the machine does.
    value, memory = in_turns(TURNS, time.process_time, plain, shuffled, bare)
    name = f"an epoch of {name}, shuffled / plain read (memory: {memory:.2f})"
    bound = min(READING, near * memory)
    return {"name": name, "value": value, "bound": bound, "least": True, "aim": READING}


def written(folder: Path, fields: Any, count: int, answer: str = "<i8", top: int = 256) -> str:
    """Write that many examples, whose bytes are noise below `top`; return the hash of all."""
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
    """Return for each of the others the median of how many times as fast it is as the first."""
    found = []
    for _ in range(times + 1):
        seconds = []
        for call in (first, *others):
            start = clock()
            call()
            seconds.append(clock() - start)
        found.append([seconds[0] / one for one in seconds[1:]])
    return [statistics.median(column) for column in zip(*found[1:], strict=True)]


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
