"""Say the one number to decide by, on dev and on test.

Run: samebits score      (`make reproduce` ends with it)
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core.config import read
from ..core.sections import Task
from ..core.stage_outputs import read_record
from ..diagnosis.words import WORDS, Words

METRICS, REPORT = Path("reports/metrics.json"), Path("reports/report.html")


def main() -> None:
    """Print it in one line, with what to open."""
    metrics = read_record(METRICS, "evaluate", ("metric", "accepted", "dev", "test"))
    sys.stdout.write(f"{told(metrics, WORDS[read(Task).target])}\n")


def told(metrics: Mapping[str, Any], words: Words) -> str:
    """Return the metric that decides on both splits, with 95 % intervals, as one line."""
    figures = ", ".join(_figure(metrics, split, words) for split in ("dev", "test"))
    missed = "" if metrics["accepted"] else "a constraint is missed, so the model is not accepted; "
    return f"{metrics['metric']} {figures}, with 95 % intervals; {missed}open {REPORT.as_posix()}"


def _figure(metrics: Mapping[str, Any], split: str, words: Words) -> str:
    key, known = metrics["metric"], metrics[split]
    ends = next(ends for name, *ends in known["intervals"] if name == key)
    low, high = map(words.score, ends)
    return f"on {split} {words.score(known[key])} ({low} to {high})"
