"""Rules about answers that are numbers."""

import math
import sqlite3
from array import array
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.sections import Data
from ..data.features import Seen
from ..data.findings import MOST_PATHS, DataFinding, shown
from ..data.targets import is_number, median, no_number, number, scale_of
from .label_sample import Look, Sampled, folds_of, seen_of

# An answer may lie this many interquartile ranges beyond the quartiles: a normal distribution has
# none so far out in a million million, but answers in another unit lie there.
FENCE = 5
# An answer may be off by this many usual errors of the model. The usual error is the median
# distance from the median, scaled to the standard deviation of a normal distribution.
FAR, USUAL = 8, 1.4826
FEWEST = 20  # answers; with fewer, nothing can be said

# From the features of n examples, answers float64 [n] and folds int64 [n] to answers float64 [n] by
# models that were not trained on the example's fold.
OutOfFold = Callable[[Seen, NDArray[np.float64], NDArray[np.int64]], NDArray[np.float64]]


def answers(database: sqlite3.Connection) -> NDArray[np.float64]:
    """Return the answers that are numbers, in the order of the paths [n]."""
    rows = database.execute("SELECT label FROM examples ORDER BY path")
    numbers = array("d", (number(label) for (label,) in rows if is_number(label)))
    return np.frombuffer(numbers) if numbers else np.zeros(0)


def number_findings(database: sqlite3.Connection, data: Data) -> Iterator[DataFinding]:
    """Yield findings about answers that are not numbers, and about all answers together.

    Args:
        database: that of a catalogue, with the view `examples`.
        data: what is expected.
    """
    yield from _no_numbers(database)
    yield from _differing(database)
    known = answers(database)
    if len(known) < data.least_examples:
        words = (
            f"{len(known)} example(s) with a number, fewer than data.least_examples, "
            f"{data.least_examples}; add some."
        )
        yield DataFinding("few-examples", words)
    elif known.min() == known.max():
        words = (
            f"all {len(known)} answers are {_said(known[0])}, so there is nothing to learn; find "
            "out why they do not differ."
        )
        yield DataFinding("constant-answer", words)
    elif len(known) >= FEWEST:
        yield from _outliers(database, known)


def _no_numbers(database: sqlite3.Connection) -> Iterator[DataFinding]:
    for path, md5, label in database.execute("SELECT path, md5, label FROM examples ORDER BY path"):
        if not is_number(label):
            yield DataFinding("no-number", no_number(path, label), (path,), (md5,))


def _differing(database: sqlite3.Connection) -> Iterator[DataFinding]:
    """A single finding for all: data with few fields has many such rows, and rightly so."""
    query = """SELECT path, md5, label FROM examples
               WHERE md5 IN (SELECT md5 FROM examples GROUP BY md5
                             HAVING count(DISTINCT CAST(label AS REAL)) > 1)
               ORDER BY md5, path"""
    rows = database.execute(query).fetchmany(MOST_PATHS)
    if rows:
        (path, _, label), (other, _, answer), *_ = rows
        words = (
            f"{shown(path)} ({shown(label)}) and {shown(other)} ({shown(answer)}) are the same "
            "except for the answers, and others may be, too; no model can tell them apart."
        )
        paths, hashes, _ = zip(*rows, strict=True)
        yield DataFinding("two-answers", words, paths, hashes)


def _outliers(database: sqlite3.Connection, known: NDArray[np.float64]) -> Iterator[DataFinding]:
    first, third = _quartiles(known)
    low, high = _fence(known)
    count = int(((known < low) | (known > high)).sum())
    if not count:
        return
    paths, hashes, worst = list[str](), list[str](), list[str]()
    for path, md5, label in database.execute("SELECT path, md5, label FROM examples ORDER BY path"):
        if len(paths) < MOST_PATHS and is_number(label) and not low <= number(label) <= high:
            paths.append(path)
            hashes.append(md5)
            worst.append(f"{shown(path)} ({shown(label)})")
    more = f" and {count - 3} more" if count > 3 else ""
    words = (
        f"{', '.join(worst[:3])}{more}: far from the others, of which half lie between "
        f"{_said(first)} and {_said(third)}; check whether the unit is the same, or accept it."
    )
    yield DataFinding("far-answer", words, tuple(paths), tuple(hashes))


def _quartiles(known: NDArray[np.float64]) -> tuple[float, float]:
    ordered = np.sort(known, kind="stable")
    return float(ordered[len(known) // 4]), float(ordered[len(known) * 3 // 4])


def _fence(known: NDArray[np.float64]) -> tuple[float, float]:
    """The bounds of all but far answers; infinite if half of the answers are equal."""
    first, third = _quartiles(known)
    if first == third:
        return -math.inf, math.inf
    return first - FENCE * (third - first), third + FENCE * (third - first)


def doubted_numbers(
    sampled: list[Sampled], look: Look, out_of_fold: OutOfFold, data: Data
) -> Iterator[DataFinding]:
    """Yield a finding for each answer far from a linear model's, the farthest first.

    Args:
        sampled: the examples to check.
        look: returns the arrays at places.
        out_of_fold: the model, fitted once for each fold, on the other folds.
        data: what is expected.
    """
    usable = [entry for entry in sampled if is_number(entry[0].label)]
    truth = np.array([number(example.label) for example, _ in usable])
    # Answers far from all others have a finding already; here they would distort the model.
    low, high = _fence(truth) if len(usable) else (0.0, 0.0)
    usable = [entry for entry, answer in zip(usable, truth, strict=True) if low <= answer <= high]
    truth = truth[(low <= truth) & (truth <= high)]
    folds = folds_of(usable)
    if len(usable) < FEWEST or truth.min() == truth.max() or len(np.unique(folds)) < 2:
        return
    predicted = out_of_fold(seen_of(usable, look), truth, folds)
    errors = truth - predicted
    away = np.abs(errors - median(errors))
    usual = USUAL * median(away)
    # Six decimals, as everywhere: the last bits must not decide.
    far = (away / usual).round(6) if usual > 0 else np.zeros(len(away))
    for row in sorted(np.flatnonzero(far >= FAR).tolist(), key=lambda row: (-far[row], row)):
        example = usable[row][0]
        words = (
            f"{shown(example.path)}: the answer is {shown(example.label)}, but a linear model says "
            f"{_said(predicted[row])}, and is usually off by {_said(usual)}; correct it in "
            "data/corrections.csv, or accept it."
        )
        yield DataFinding("label-error", words, (example.path,), (example.md5,))


def described(database: sqlite3.Connection) -> dict[str, Any]:
    """Return the part of reports/data.json on the answers: their quartiles, mean and deviation."""
    known = answers(database)
    if not len(known):
        return {}
    ordered = np.sort(known, kind="stable")
    middle, spread = scale_of(known.tolist())
    return {
        "quartiles": [float(ordered[(len(known) - 1) * part // 4]) for part in range(5)],
        "mean": middle,
        "deviation": spread,
    }


def _said(number: float) -> str:
    """A number with four significant digits, as people write it."""
    return f"{float(f'{number:.4g}'):,.10g}"
