"""Write reports/error-analysis.csv: the dev mistakes worth most, in which people tag causes.

Run: python -m samebits errors [--most 100] [--gone]

Tags that are there stay, by the content of the picture. The pictures stand in reports/errors.html.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

from ..console.errors import UserError
from ..core.files import cell, write_bytes, write_csv
from ..core.records import read_record
from ..core.yours import Yours
from ..data.shards import Index, open_shards
from ..diagnosis.error_tags import COLUMNS, FILE, MOST_LISTED, WRONG, Row, read_rows, refreshed
from ..metrics.class_predictions import ClassPredictions
from ..metrics.prediction_table import read_predictions
from ..metrics.registry import enter
from ..metrics.scores import find
from ..report.pictures import Gallery, drawing
from ..report.sheet import Shown, sheet

PICTURES, SHEET = Path("data/prepared/dev"), Path("reports/errors.html")


def main(yours: Yours) -> None:
    """Write both, and say what is in them."""
    enter(yours.metrics.METRICS)
    parser = argparse.ArgumentParser(description="Write the dev mistakes, for people to tag.")
    parser.add_argument(
        "--most", type=int, default=MOST_LISTED, help=f"mistakes without a tag ({MOST_LISTED})"
    )
    parser.add_argument("--gone", action="store_true", help="mark pictures that are gone")
    given = parser.parse_args()
    if given.most < 1:
        raise UserError(f"{given.most} is no number of mistakes to list; give one of at least 1.")
    metrics = read_record(Path("reports/metrics.json"), "evaluate", ("metric",))
    answers, predictions = read_predictions(Path("reports/predictions.csv"))
    classes = answers.classes
    if "dev" not in predictions:
        raise UserError("reports/predictions.csv has no dev row: run `dvc repro evaluate` first")
    dev = predictions["dev"]
    rows = read_rows(FILE, predictions, classes, given.gone)
    found = refreshed(rows, dev, classes, find(metrics["metric"]), given.most)
    arrays = open_shards(PICTURES, Index.read(PICTURES).fields, len(dev.labels))
    shown = Gallery(arrays, dev.examples, drawing(yours.show))
    pictures = pictured(found, dev, shown)
    write_csv(FILE, COLUMNS, ([*map(cell, astuple(one))] for one in found))
    write_bytes(SHEET, pictures.encode())
    sys.stdout.write(f"{said(found, int((dev.answers != dev.labels).sum()))}\n")


def said(rows: Sequence[Row], mistakes: int) -> str:
    """Return what the file now holds, and what to do with it."""
    wrong = [row for row in rows if row.now == WRONG]
    tagged = sum(bool(row.causes()) for row in wrong)
    lines = [f"{FILE.as_posix()}: {len(wrong)} of {mistakes} dev mistakes, {tagged} with tags."]
    if len(rows) > len(wrong):
        lines += [f"Tagged and kept, though no mistake now: {len(rows) - len(wrong)}."]
    if len(wrong) > tagged:
        lines += [
            f"Look at the pictures in {SHEET.as_posix()}, write causes into the column `tags` (as "
            "`blurry; cut off`), then run `dvc repro report`."
        ]
    return "\n".join(lines)


def pictured(rows: Sequence[Row], dev: ClassPredictions, pictures: Gallery) -> str:
    """Return a page with the pictures of the rows that are mistakes, in their order."""
    at = {one.md5: row for row, one in enumerate(dev.examples)}
    shown = [
        Shown(pictures[at[row.md5]], _title(row), row.path) for row in rows if row.now == WRONG
    ]
    lead = f"In the order of {FILE.as_posix()}: what costs most comes first."
    return sheet("Mistakes on dev", lead, [("True class → predicted class", len(shown), shown)])


def _title(row: Row) -> str:
    sure = f"{100 * float(row.confidence):.1f} % sure"
    tags = f" – {'; '.join(row.causes())}" if row.causes() else ""
    return f"{row.label} → {row.prediction}, {sure}{tags}"
