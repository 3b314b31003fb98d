"""From files to arrays of one shape, split by content into train, train-dev, dev and test."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from ..console.errors import UserError
from ..console.progress import progress
from ..core.files import read_json
from ..core.sections import Data, Task
from .coverage import coverage_findings
from .decode_cache import DamagedBlock, DecodeCache
from .findings import RULES
from .index import Catalogue, Row
from .labels import AS_THEY_STAND, Labels
from .shards import SHARD_BYTES, Example, Index, Writer
from .splits import LEFT_OUT, SPLITS, group_of, split_of

UNSHOWN = ("lost", "more", "used")  # facts that validate alone asks for


def prepare(
    catalogue: Catalogue,
    raw: Path,
    prepared: Path,
    data: Data,
    task: Task,
    version: str,
    workers: int = 0,
    shard_bytes: int = SHARD_BYTES,
    labels: Labels = AS_THEY_STAND,
) -> int:
    """Write prepared/<split>/{image-00000.npy …, labels.npy, examples.csv, index.json}.

    image-*.npy: the array of that name [n, ...] in shards, and so for each field; labels.npy:
    int64 [n], positions in the index's "classes"; examples.csv: an `Example` a row; index.json: an
    `Index`.

    Args:
        catalogue: the examples; it is filled first, which costs little where `validate` did it.
        raw: where the examples stand.
        prepared: where the splits go.
        data: the fractions of the splits.
        task: what an answer is.
        version: DVC's hash of the raw data.
        workers: processes that decode; moves no byte.
        shard_bytes: of the arrays that are cut at one place, at most.
        labels: the right labels of pictures that stand in a wrong folder.

    Returns:
        How many pictures had to be decoded.

    Raises:
        UserError: a split would be empty, or a class would have no example to learn from.
    """
    decoded = catalogue.fill(raw, workers)
    try:
        _assemble(catalogue, prepared, data, task, version, labels, shard_bytes)
    except DamagedBlock as damaged:
        catalogue.forget([str(damaged)])
        return decoded + prepare(
            catalogue, raw, prepared, data, task, version, workers, shard_bytes, labels
        )
    return decoded


def _assemble(
    catalogue: Catalogue,
    prepared: Path,
    data: Data,
    task: Task,
    version: str,
    labels: Labels,
    shard_bytes: int,
) -> None:
    known, cut = _labelled(catalogue, labels), catalogue.cut(data)
    counts = Counter(
        (split_of(path, md5, data, time, cut), label) for path, label, md5, _, time, _ in known
    )
    classes = sorted({label for _, label in counts})
    for one in coverage_findings(counts, data, cut is not None):
        if not RULES[one.rule].acceptable:
            raise UserError(one.message)
    numbers = {name: number for number, name in enumerate(classes)}
    cache = DecodeCache(catalogue)
    fields = catalogue.decoder.fields
    with ExitStack() as stack:
        writers = {
            split: stack.enter_context(Writer(prepared / split, fields, shard_bytes))
            for split in SPLITS
        }
        total = sum(counts.values())
        rows = progress(_labelled(catalogue, labels), desc="prepare", total=total, unit=" pictures")
        for path, label, md5, facts, time, place in rows:
            split = split_of(path, md5, data, time, cut)
            if split == LEFT_OUT:
                continue
            example = Example(path, label, md5, group_of(path, data), _shown(facts))
            writers[split].add(example, numbers[label], cache.row(place))
        for split, writer in writers.items():
            Index(version, writer.close(), task.target, classes, fields).write(prepared / split)


def _labelled(catalogue: Catalogue, labels: Labels) -> Iterator[Row]:
    for path, label, md5, facts, time, place in catalogue.pictures():
        yield path, labels.get((md5, label), label), md5, facts, time, place


def _shown(facts: str) -> dict[str, float]:
    return {
        name: value
        for name, value in read_json(facts).items()
        if name not in UNSHOWN and isinstance(value, int | float)
    }
