"""Write reports/error-analysis.csv: the costliest dev mistakes, for people to tag with causes.

Run: samebits errors [--most 100] [--gone]

Existing tags stay with the content of their example. reports/errors.html shows the examples.
"""

import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

from ..console.errors import UserError
from ..core.config import read
from ..core.files import cell, write_bytes, write_csv
from ..core.sections import Evaluation
from ..core.stage_outputs import read_record
from ..core.yours import Yours
from ..data.drawn_masks import FILE as MASKS
from ..data.drawn_masks import read_masks
from ..data.prepared import Index, read_words
from ..data.shards import open_shards
from ..diagnosis.error_tags import FILE, MOST_LISTED, WRONG, TagRow, columns, read_rows, refreshed
from ..diagnosis.errors_by_target import errors_of
from ..diagnosis.words import Words
from ..metrics.prediction_table import read_predictions
from ..metrics.predictions import Predictions
from ..metrics.registry import enter
from ..metrics.scores import find
from ..report.looks import Gallery, drawing
from ..report.sheet import Shown, sheet

EXAMPLES, SHEET = Path("data/prepared/dev"), Path("reports/errors.html")


def main(given: Namespace, yours: Yours) -> None:
    """Write both files, and say what is in them."""
    enter(yours.metrics.METRICS)
    metrics = read_record(Path("reports/metrics.json"), "evaluate", ("metric",))
    answers, predictions = read_predictions(Path("reports/predictions.csv"))
    if "dev" not in predictions:
        raise UserError("reports/predictions.csv has no dev row: run `dvc repro evaluate` first")
    dev = predictions["dev"]
    errors = errors_of(answers, read(Evaluation).target_error)
    known = read_rows(FILE, predictions, errors, given.gone)
    most = given.most or MOST_LISTED
    rows = refreshed(known, dev, errors, find(metrics["metric"]), most)
    arrays = open_shards(EXAMPLES, Index.read(EXAMPLES).fields, len(dev.examples))
    words = read_words(EXAMPLES, len(dev.examples))
    masks = read_masks(MASKS) if answers.target == "mask" else {}
    looks = Gallery(arrays, dev.examples, drawing(yours.show), words, masks)
    page = mistakes_page(rows, dev, looks, errors.words)
    write_csv(FILE, columns(errors), ([*map(cell, astuple(row))] for row in rows))
    write_bytes(SHEET, page.encode())
    sys.stdout.write(f"{said(rows, int(errors.mistakes(dev).sum()))}\n")


def said(rows: Sequence[TagRow], mistakes: int) -> str:
    """Return what is in the file now, and what to do with it."""
    wrong = [row for row in rows if row.now == WRONG]
    tagged = sum(bool(row.causes()) for row in wrong)
    lines = [f"{FILE.as_posix()}: {len(wrong)} of {mistakes} dev mistakes, {tagged} with tags."]
    if len(rows) > len(wrong):
        lines += [f"Tagged and kept, though no longer a mistake: {len(rows) - len(wrong)}."]
    if len(wrong) > tagged:
        lines += [
            f"Look at the examples in {SHEET.as_posix()}, write causes into the column `tags` (as "
            "`blurry; cut off`), then run `dvc repro report`."
        ]
    return "\n".join(lines)


def mistakes_page(rows: Sequence[TagRow], dev: Predictions, looks: Gallery, words: Words) -> str:
    """Return a page with the examples of the rows that are mistakes, in their order."""
    at = {example.md5: row for row, example in enumerate(dev.examples)}
    shown = [
        Shown(looks[at[row.md5]], _title(row, words), row.path) for row in rows if row.now == WRONG
    ]
    lead = f"In the order of {FILE.as_posix()}: what costs most comes first."
    heading = f"True {words.answer} → predicted {words.answer}"
    return sheet("Mistakes on dev", lead, [(heading, len(shown), shown)])


def _title(row: TagRow, words: Words) -> str:
    tags = f" – {'; '.join(row.causes())}" if row.causes() else ""
    return f"{row.label} → {row.prediction}, {words.far(row.detail)}{tags}"
