"""reports/, data/prepared → reports/report.html: the results on one page."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from ..console.errors import UserError
from ..core.files import write_bytes
from ..core.seals import Seal
from ..core.stage_outputs import read_curves, read_record
from ..core.yours import Yours
from ..data.drawn_masks import FILE as MASKS
from ..data.drawn_masks import read_masks
from ..data.prepared import Index, read_words
from ..data.shards import open_shards
from ..diagnosis.error_tags import FILE, read_rows
from ..diagnosis.errors_by_target import errors_of
from ..metrics.prediction_table import read_predictions
from ..metrics.predictions import Predictions
from ..metrics.registry import enter
from ..report.data_findings import shown_paths
from ..report.inputs import Inputs
from ..report.looks import Gallery, Image, Look, Show, drawing
from ..report.page import page

KEYS = (
    *("score", "metric", "interval", "accepted", "constraints", "slices", "baselines"),
    *("test", "data"),
)
DIAGNOSIS_KEYS = ("state", "link", "sentence", "chain", "gaps", "ideas")
DATA_KEYS = (
    *("version", "examples", "classes", "sizes", "modes", "statistics", "compared_with"),
    *("labels_examined", "corrections", "found", "accepted", "findings"),
)


def main(yours: Yours, seal: Seal) -> None:
    """Write reports/report.html from the results of earlier stages."""
    enter(yours.metrics.METRICS)
    metrics = read_record(Path("reports/metrics.json"), "evaluate", KEYS)
    diagnosis = read_record(Path("reports/diagnosis.json"), "diagnose", DIAGNOSIS_KEYS)
    answers, predictions = read_predictions(Path("reports/predictions.csv"))
    for split in ("dev", "test"):
        if split not in predictions:
            raise UserError(
                f"reports/predictions.csv has no {split} row: run `dvc repro evaluate` first"
            )
    data = read_record(Path("reports/data.json"), "validate", DATA_KEYS)
    identity = read_record(
        Path("models/identity.json"), "train", ("code", "data", "lock", "params")
    )
    curves = read_curves(Path("reports/learning-curves.csv"), "train")
    show = drawing(yours.show)
    said = read_masks(MASKS) if answers.target == "mask" else {}
    looks = _gallery("dev", predictions, show, said)
    odd = _odd(set(shown_paths(data)), predictions, show)
    errors = errors_of(answers, diagnosis["chain"][0]["error"])
    tags = {row.md5: row.causes() for row in read_rows(FILE, predictions, errors)}
    records = (metrics, diagnosis, data, identity)
    inputs = Inputs(*records, curves, errors, predictions, looks, odd, tags)
    content = page(inputs).encode()
    seal.check()
    write_bytes(Path("reports/report.html"), content)
    seal.write()


def _gallery(
    split: str,
    predictions: dict[str, Predictions],
    show: Show,
    said: Mapping[int, Image] = MappingProxyType({}),
) -> Gallery:
    folder, examples = Path("data/prepared") / split, predictions[split].examples
    arrays = open_shards(folder, Index.read(folder).fields, len(examples))
    return Gallery(arrays, examples, show, read_words(folder, len(examples)), said)


def _odd(wanted: set[str], predictions: dict[str, Predictions], show: Show) -> dict[str, Look]:
    """Return the looks of those paths that are in a split."""
    by_path: dict[str, Look] = {}
    for split, known in predictions.items():
        rows = [row for row, example in enumerate(known.examples) if example.path in wanted]
        if rows:
            looks = _gallery(split, predictions, show)
            by_path |= {known.examples[row].path: looks[row] for row in rows}
    return by_path
