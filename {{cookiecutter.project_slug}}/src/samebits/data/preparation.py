"""From files to arrays of one shape, split by content into train, train-dev, dev and test."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..console.errors import UserError
from ..console.progress import progress
from ..core.files import read_json
from ..core.sections import Data, Task
from .corrections import AS_THEY_STAND, Labels
from .coverage import coverage_findings
from .decode_cache import DamagedBlock, DecodeCache
from .decoder import Decoder
from .example import WORDS
from .fields import Fields, check_answer, fields_of, record
from .findings import RULES
from .fitting import Fitted
from .index import Catalogue, Catalogued, Place
from .prepared import Example, Index
from .shard_writer import SHARD_BYTES, Writer
from .splits import LEFT_OUT, SPLITS, Cut, split_of
from .targets import TARGETS

FITTED_ON = "train"
Item = TypeVar("Item")
CHUNK = 512  # examples at a time
UNSHOWN = ("lost", "more", "used")  # facts that only validate needs


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

    image-*.npy: the array of that name [n, ...] in shards, and likewise for each field; labels.npy:
    int64 [n], positions in the index's "classes", or uint8 [n, classes] for class sets, or float64
    [n] for numbers; no labels.npy if the answer is an array of the example, such as a mask;
    examples.csv: an `Example` per row; index.json: an `Index`.

    Args:
        catalogue: the examples; it is filled first, which is quick after `validate`.
        raw: the folder of the examples.
        prepared: the folder for the splits.
        data: the fractions of the splits.
        task: names the target.
        version: DVC's hash of the raw data.
        workers: processes that decode; their number changes no byte.
        shard_bytes: of the arrays of a shard, together, at most.
        labels: the corrected labels.

    Returns:
        How many examples had to be decoded.

    Raises:
        UserError: a split would be empty, a class would have no example to learn from, an answer is
            not valid, or all answers are the same.
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
    target, cut, total = TARGETS[task.target](data.classes), catalogue.cut(data), 0
    for row in _labelled(catalogue, labels):
        total += 1
        target.see(row.path, row.label, _split(row, data, cut))
    for finding in coverage_findings(target.counts, data, cut is not None, catalogue.grouped):
        if not RULES[finding.rule].acceptable:
            raise UserError(finding.message)
    classes, scale = target.classes, target.scale
    cache = DecodeCache(catalogue)
    fitted = _fitted(catalogue, data, cache)
    fields = fitted.fields(catalogue.decoder.fields)
    labelled, shape = "" if target.field else target.dtype, target.shape(classes)
    if target.field:
        check_answer(fields, target.field, target.dtype, len(shape))
    with ExitStack() as stack:
        writers = {
            split: stack.enter_context(
                Writer(prepared / split, fields, shard_bytes, labelled, shape)
            )
            for split in SPLITS
        }
        rows = progress(_labelled(catalogue, labels), desc="prepare", total=total, unit=" examples")
        for chunk in _chunks(rows):
            kept = [(row, _split(row, data, cut)) for row in chunk]
            kept = [(row, split) for row, split in kept if split != LEFT_OUT]
            stored = _rows([row.place for row, _ in kept], cache, fitted, fields)
            for (row, split), content in zip(kept, stored, strict=True):
                facts = read_json(row.facts)
                example = Example(row.path, row.label, row.md5, row.group, _shown(facts))
                writers[split].add(example, target.stored(row.label), content, facts.get(WORDS))
        shapes = {name: array.shape for name, array in fitted.arrays.items()}
        for split, writer in writers.items():
            checksum = writer.close()
            known = (version, checksum, task.target, classes, fields, scale, shapes)
            Index(*known, _given(catalogue.decoder, task)).write(prepared / split)
        fitted.write(prepared / FITTED_ON)


def _given(decoder: Decoder, task: Task) -> dict[str, Any]:
    """Return the `input` of an `Index`."""
    return {
        "reader": task.reader,
        "answer": task.answer,
        "bits": decoder.data.bits,
        "megapixels": decoder.data.megapixels,
        "fields": decoder.fields,
        "settings": asdict(decoder.settings),
    }


def _fitted(catalogue: Catalogue, data: Data, cache: DecodeCache) -> Fitted:
    """Return what the project learns from the training examples."""
    fitting = catalogue.decoder.fitting
    if fitting is None:
        return Fitted({}, None)
    cut = catalogue.cut(data)
    places = (row.place for row in catalogue.examples() if _split(row, data, cut) == FITTED_ON)
    return fitting.learn(cache(chunk) for chunk in _chunks(places))


def _rows(places: list[Place], cache: DecodeCache, fitted: Fitted, fields: Fields) -> list[bytes]:
    """Return the stored bytes of examples, each a row of type `fields.record`."""
    if fitted.fitting is None or not places:
        return [*map(cache.row, places)]
    arrays = fitted(cache(places))
    if fields_of(arrays) != fields:
        raise UserError(
            f"data.py: `transform` returned {fields_of(arrays)} for some examples, but {fields} "
            "for a blank one; it must return the same arrays, types and shapes for all."
        )
    rows = np.empty(len(places), record(fields))
    for name, array in arrays.items():
        rows[name] = array
    return [row.tobytes() for row in rows]


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while chunk := [*islice(rest, CHUNK)]:
        yield chunk


def _labelled(catalogue: Catalogue, labels: Labels) -> Iterator[Catalogued]:
    for row in catalogue.examples():
        yield row._replace(label=labels.get((row.md5, row.label), row.label))


def _split(row: Catalogued, data: Data, cut: Cut | None) -> str:
    return split_of(row.path, row.md5, row.group, data, row.time, cut)


def _shown(facts: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: value
        for name, value in facts.items()
        if name not in UNSHOWN and isinstance(value, int | float)
    }
