"""Columns of tables that carry no information, little, or the answer itself."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.fields import Arrays
from ..data.findings import MOST_PATHS, DataFinding, shown
from ..data.index import Place
from ..data.targets import is_number
from .label_sample import CHUNK, Sampled

MISSING = "missing"  # the field that says which cells of the other columns are missing
MUCH = 0.2  # of a column's cells: more missing ones are reported
TELLS, SEVERAL = 0.95, 5  # of the examples; and how many must share a value for it to count
ALIKE = 0.9999  # correlation with the answers: the column is computed from them, or they from it

Values = NDArray[Any]
Columns = Mapping[str, tuple[Values, NDArray[np.bool_]]]  # by name: values, and where there are any


def columns_of(
    sampled: Sequence[Sampled],
    look: Callable[[Sequence[Place]], Arrays],
    columns: Mapping[str, Sequence[str]],
) -> Columns:
    """Return each column's values [n], and which of them are present [n].

    Args:
        sampled: the examples to look at, n of them.
        look: gives their arrays, as `decode` made them.
        columns: the names of the columns, by the field that holds them.
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
) -> Iterator[DataFinding]:
    """Yield a finding for each column that is constant, often missing, or gives away the answer.

    Also for each with categories in dev or test that no training example has.

    Args:
        columns: as `columns_of` returns them.
        answers: of the same examples.
        splits: of the same examples.
        paths: of the same examples.
    """
    yield from _unseen(columns, np.array(splits), paths)
    if len(set(answers)) < 2:
        return
    numbers = (
        np.array([float(answer) for answer in answers]) if all(map(is_number, answers)) else None
    )
    for name, (values, there) in columns.items():
        yield from _of_column(name, values, there, answers, numbers)


def _unseen(
    columns: Columns, splits: NDArray[np.str_], paths: Sequence[str]
) -> Iterator[DataFinding]:
    train, judged = splits == "train", (splits == "dev") | (splits == "test")
    for name, (values, _) in columns.items():
        # Whole numbers that hardly recur are not categories.
        if values.dtype.kind != "i" or SEVERAL * len(np.unique(values)) > len(values):
            continue
        rows = np.flatnonzero(judged & ~np.isin(values, values[train]))
        if len(rows):
            words = (
                f"column {shown(name)}: {len(rows)} examples in dev or test have a category that "
                f"no sampled training example has, such as {shown(paths[rows[0]])}; a model treats "
                "it as unknown, so check its spelling, or add training examples."
            )
            some = tuple(paths[row] for row in rows[:MOST_PATHS].tolist())
            yield DataFinding("unseen-category", words, some)


def _of_column(
    name: str,
    values: Values,
    there: NDArray[np.bool_],
    answers: Sequence[str],
    numbers: NDArray[np.float64] | None,
) -> Iterator[DataFinding]:
    absent = 1 - float(there.mean())
    if absent > MUCH:
        words = f"column {shown(name)} is missing in {100 * absent:.0f} % of the sampled examples"
        cure = "check how it is collected, or leave it out"
        yield DataFinding("missing-column", f"{words}; {cure}.")
    if not there.any() or (values[there] == values[there][0]).all():
        words = f"column {shown(name)} is the same, or missing, in all sampled examples"
        yield DataFinding(
            "constant-column", f"{words}; leave it out, because it carries no information."
        )
    elif _tells(values[there], [answers[row] for row in np.flatnonzero(there).tolist()]) or (
        numbers is not None and _alike(values[there].astype(np.float64), numbers[there])
    ):
        words = f"column {shown(name)} alone gives away the answer of nearly every example"
        cure = "leave it out if it is unknown when the model is used"
        yield DataFinding("leaking-column", f"{words}; {cure}.")


def _tells(values: Values, answers: Sequence[str]) -> bool:
    """Whether values shared by several examples determine the answer of nearly all examples."""
    pairs = Counter(zip(values.tolist(), answers, strict=True))
    counts = Counter(values.tolist())
    sure = [pairs[value, answer] for value, answer in pairs if counts[value] >= SEVERAL]
    certain = sum(pairs[pair] for pair in pairs if pairs[pair] == counts[pair[0]] >= SEVERAL)
    return len(sure) > 1 and certain > TELLS * len(answers)


def _alike(values: NDArray[np.float64], numbers: NDArray[np.float64]) -> bool:
    """Whether the values are a linear function of the numbers."""
    centered, others = values - values.mean(), numbers - numbers.mean()
    spread = float(np.sqrt(np.square(centered).sum()) * np.sqrt(np.square(others).sum()))
    return spread > 0 and abs(float((centered * others).sum())) > ALIKE * spread
