"""Prepared examples with a table of labels, or in rows: shared by the tests of readers."""

import csv
from dataclasses import replace
from pathlib import Path

from catalogues import TASK, decoder

from samebits.core.sections import Data
from samebits.data.corrections import read_labels
from samebits.data.decoder import Decoder
from samebits.data.index import open_catalogue
from samebits.data.preparation import prepare
from samebits.data.readers import Reader
from samebits.data.splits import SPLITS

HEADER = "path,kind\n"


def below(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def beside(raw: Path) -> Path:
    """Move examples out of their classes into meaningless folders; a table has the classes."""
    rows = []
    for number, path in enumerate(sorted(raw.rglob("*.png"))):
        name = f"{number % 5}/scans/{number:03d}.png"
        rows.append(f"{name},{path.parent.name}\n")
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        path.rename(raw / name)
    for name in ("circle", "square", "tree"):
        (raw / name).rmdir()
    (raw / "labels.csv").write_text(HEADER + "".join(reversed(rows)), encoding="utf-8")
    return raw


def prepared(
    raw: Path, reader: Reader, data: Data, given: Decoder, corrections: Path | None = None
) -> tuple[dict[str, bytes], int]:
    folder = raw.with_name("prepared")
    labels = read_labels(corrections or raw.with_name("none.csv"))
    with open_catalogue(raw.with_name("decoded"), given, reader) as catalogue:
        new = prepare(catalogue, raw, folder, data, TASK, "version", labels=labels)
    return below(folder), new


def examples(prepared_files: dict[str, bytes]) -> dict[str, tuple[str, str]]:
    """Split and label of each path."""
    return {
        row["path"]: (split, row["label"])
        for split in SPLITS
        for row in csv.DictReader(prepared_files[f"{split}/examples.csv"].decode().splitlines())
    }


DATA = replace(
    decoder().data, train_dev_fraction=0.1, dev_fraction=0.25, test_fraction=0.25, least_examples=3
)
