"""Rules about answers that are several classes each."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.sections import Data
from ..data.features import Seen
from ..data.findings import DataFinding, shown
from ..data.targets import NONE, SIGN, classes_of, marked, unfit_classes
from .class_rules import Named, findings_of_classes
from .label_errors import doubted
from .label_sample import Look, Sampled, folds_of, seen_of

FEWEST = 20  # examples; with fewer, nothing can be said

# From what is seen of n examples, 1 for each class that one has uint8 [n, k] and folds int64 [n] to
# probabilities float32 [n, k] by models that have not seen the example's fold.
OutOfFold = Callable[[Seen, NDArray[np.uint8], NDArray[np.int64]], NDArray[np.float32]]


def names_in(label: str) -> list[str]:
    """Return the classes that an answer names; [] if it is malformed."""
    return [] if unfit_classes(label) else classes_of(label)


def counts_of(database: sqlite3.Connection) -> tuple[Counter[str], Counter[str]]:
    """Return how many examples have each answer, and how many have each class."""
    query = "SELECT label, count(DISTINCT md5) FROM examples GROUP BY label"
    answers = Counter[str](dict(database.execute(query)))
    classes = Counter[str]()
    for label, count in answers.items():
        classes.update(dict.fromkeys(names_in(label), count))
    return answers, classes


def class_set_findings(database: sqlite3.Connection, data: Data) -> Iterator[DataFinding]:
    """Yield findings about classes, and about a declared target that the data contradict.

    Args:
        database: that of a catalogue, with the view `examples`.
        data: what is expected.
    """
    answers, counts = counts_of(database)
    there = _names(database, "SELECT label FROM classes")
    moved = _names(database, "SELECT DISTINCT old FROM corrected")
    yield from findings_of_classes(Named(sorted(there), counts, moved), data)
    yield from _single(answers)
    for name in sorted(counts):
        yield from _constant(name, answers.total() - counts[name], data)


def _names(database: sqlite3.Connection, query: str) -> set[str]:
    return {name for (label,) in database.execute(query) for name in names_in(label)}


def _single(answers: Counter[str]) -> Iterator[DataFinding]:
    """Doubt that examples can have several classes if all have exactly one."""
    if answers.total() < FEWEST or NONE in answers or any(SIGN in label for label in answers):
        return
    words = (
        f"each of {answers.total()} examples has exactly one class; set task.target to class, or "
        "accept it if examples with other numbers of classes may come."
    )
    yield DataFinding("single-classes", words)


def _constant(name: str, without: int, data: Data) -> Iterator[DataFinding]:
    if not without:
        words = f"{shown(name)} is in every example, so nothing can be learned about it; "
    elif without < data.least_examples:
        words = (
            f"only {without} example(s) lack {shown(name)}, fewer than data.least_examples, "
            f"{data.least_examples}; "
        )
    else:
        return
    words += "add examples without it, or leave the class out."
    yield DataFinding("constant-class", words, classes=(name,))


def doubted_classes(
    sampled: list[Sampled], look: Look, out_of_fold: OutOfFold, data: Data
) -> Iterator[DataFinding]:
    """Yield a finding for each doubtful class of an example, the most doubtful first.

    Args:
        sampled: the examples to look at.
        look: gives the arrays at some places.
        out_of_fold: the model, fitted on all folds but one, for each.
        data: how sure the model must be.
    """
    usable = [entry for entry in sampled if not unfit_classes(entry[0].label)]
    classes = sorted({name for example, _ in usable for name in classes_of(example.label)})
    folds = folds_of(usable)
    if not classes or len(usable) < FEWEST or len(np.unique(folds)) < 2:
        return
    numbers = {name: at for at, name in enumerate(classes)}
    labels = np.array([marked(example.label, numbers) for example, _ in usable])
    probabilities = out_of_fold(seen_of(usable, look), labels, folds)
    # Six decimals, as everywhere: the last bits must not decide.
    there = probabilities.astype(np.float64).round(6)
    for wrong, row, at in sorted(_doubts(labels, there, data.label_error)):
        example, known = usable[row][0], labels[row, at] == 1
        words = (
            f"{shown(example.path)}: labelled {shown(example.label)}, but a model is "
            f"{-100 * wrong:.1f} % sure that {shown(classes[at])} is {'not ' if known else ''}"
            "there; correct it in data/corrections.csv, or accept it."
        )
        yield DataFinding("label-error", words, (example.path,), (example.md5,))


def _doubts(
    labels: NDArray[np.uint8], there: NDArray[np.float64], least: float
) -> Iterator[tuple[float, int, int]]:
    """Yield (minus the probability that it is wrong, row, class) for each doubtful answer."""
    for at in range(labels.shape[1]):
        own = labels[:, at].astype(np.int64)
        if own.all() or not own.any():
            continue
        both = np.stack([1 - there[:, at], there[:, at]], axis=1)
        for row in doubted(own, both):
            if both[row, 1 - own[row]] >= least:
                yield -float(both[row, 1 - own[row]]), row, at


def unfit(label: str, answers: Collection[str]) -> str:
    """Return why a corrected answer is invalid, "" if it is valid; `answers` are the known ones."""
    if problem := unfit_classes(label):
        return f"{shown(label)} {problem}; correct the line"
    known = {name for answer in answers for name in names_in(answer)}
    unknown = [name for name in classes_of(label) if name not in known]
    return f"there is no class {shown(unknown[0])}; correct the line or add it" if unknown else ""


def described(database: sqlite3.Connection) -> dict[str, Any]:
    """Return the part of reports/data.json on answers: the examples of each class and of none."""
    query = "SELECT label, count(*) FROM examples GROUP BY 1"
    counts = Counter[str]()
    for label, count in database.execute(query).fetchall():
        counts.update(dict.fromkeys(names_in(label) or [NONE], count))
    return {"classes": dict(sorted(counts.items()))}
