"""Columns of rows that tell nothing, hardly anything, or the answer itself."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.fields import Arrays
from ..data.findings import MOST_PATHS, Finding, shown
from ..data.index import Place
from ..data.targets import is_number
from .sampled import CHUNK, Sampled

MISSING = "missing"  # the field that says which cells of the columns of another are not there
MUCH = 0.2  # of the cells of a column: more that are missing are told
TELLS, SEVERAL = 0.95, 5  # of the examples; and examples that have a value, for it to tell a thing
ALIKE = 0.9999  # correlation of a column with the answers: one is made of the other

Values = NDArray[Any]
Columns = Mapping[str, tuple[Values, NDArray[np.bool_]]]  # by name: values, and where there are any


def columns_of(
    sampled: Sequence[Sampled],
    look: Callable[[Sequence[Place]], Arrays],
    columns: Mapping[str, Sequence[str]],
) -> Columns:
    """Return each column's values [n], and where they are not missing [n].

    Args:
        sampled: the examples to look at, n of them.
        look: gives their arrays, as `decode` made them.
        columns: the names of the columns, by the field [columns] that holds them.
    """
    if not columns or not sampled:
        return {}
    places = [place for _, place in sampled]
    chunks = [look(places[start : start + CHUNK]) for start in range(0, len(places), CHUNK)]
    arrays = {field: np.concatenate([chunk[field] for chunk in chunks]) for field in columns}
    absent = dict(zip(columns.get(MISSING, ()), arrays.get(MISSING, np.empty(0)).T, strict=True))
    return {
        name: (values, ~absent[name] if name in absent else np.ones(len(values), dtype=bool))
        for field in columns
        if field != MISSING
        for name, values in zip(columns[field], arrays[field].T, strict=True)
    }


def column_findings(
    columns: Columns, answers: Sequence[str], splits: Sequence[str], paths: Sequence[str]
) -> Iterator[Finding]:
    """Yield a finding for each column that is always the same, often missing, or tells the answer.

    And for each that has categories in dev or test which no training example has.

    Args:
        columns: as `columns_of` gives them.
        answers: of the same examples.
        splits: they are in.
        paths: of them.
    """
    yield from _unseen(columns, np.array(splits), paths)
    if len(set(answers)) < 2:
        return
    numbers = np.array([float(one) for one in answers]) if all(map(is_number, answers)) else None
    for name, (values, there) in columns.items():
        yield from _of_column(name, values, there, answers, numbers)


def _unseen(columns: Columns, splits: NDArray[np.str_], paths: Sequence[str]) -> Iterator[Finding]:
    train, judged = splits == "train", (splits == "dev") | (splits == "test")
    for name, (values, _) in columns.items():
        # Whole numbers that hardly come again are no categories.
        if values.dtype.kind != "i" or SEVERAL * len(np.unique(values)) > len(values):
            continue
        rows = np.flatnonzero(judged & ~np.isin(values, values[train]))
        if len(rows):
            words = (
                f"column {shown(name)}: {len(rows)} examples in dev or test have a category that "
                f"no training example looked at has, as {shown(paths[rows[0]])}; a model takes it "
                "as unknown, so see whether it is spelt alike, or add training examples."
            )
            some = tuple(paths[row] for row in rows[:MOST_PATHS].tolist())
            yield Finding("unseen-category", words, some)


def _of_column(
    name: str,
    values: Values,
    there: NDArray[np.bool_],
    answers: Sequence[str],
    numbers: NDArray[np.float64] | None,
) -> Iterator[Finding]:
    absent = 1 - float(there.mean())
    if absent > MUCH:
        words = f"column {shown(name)} is missing in {100 * absent:.0f} % of the examples looked at"
        cure = "see whether it is collected as it should be, or leave it out"
        yield Finding("missing-column", f"{words}; {cure}.")
    if not there.any() or (values[there] == values[there][0]).all():
        words = f"column {shown(name)} is the same in all examples looked at, or missing"
        yield Finding("constant-column", f"{words}; leave it out, for it tells nothing.")
    elif _tells(values[there], [answers[row] for row in np.flatnonzero(there).tolist()]) or (
        numbers is not None and _alike(values[there].astype(np.float64), numbers[there])
    ):
        words = f"column {shown(name)} tells the answer of nearly every example by itself"
        cure = "leave it out, if it is not known yet when the answer is wanted"
        yield Finding("leaking-column", f"{words}; {cure}.")


def _tells(values: Values, answers: Sequence[str]) -> bool:
    """Whether values that several examples have go with one answer each, in nearly all examples."""
    pairs = Counter(zip(values.tolist(), answers, strict=True))
    counts = Counter(values.tolist())
    sure = [pairs[value, answer] for value, answer in pairs if counts[value] >= SEVERAL]
    certain = sum(pairs[pair] for pair in pairs if pairs[pair] == counts[pair[0]] >= SEVERAL)
    return len(sure) > 1 and certain > TELLS * len(answers)


def _alike(values: NDArray[np.float64], numbers: NDArray[np.float64]) -> bool:
    """Whether one is the other times a number, and moved."""
    one, other = (part - part.mean() for part in (values, numbers))
    spread = float(np.sqrt(np.square(one).sum()) * np.sqrt(np.square(other).sum()))
    return spread > 0 and abs(float((one * other).sum())) > ALIKE * spread
